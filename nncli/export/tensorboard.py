"""TensorBoard: a run's metrics as its event files."""

from pathlib import Path
from typing import NamedTuple

from nncli.artifacts.files import make_folder, translating_os_errors, write_atomic
from nncli.artifacts.run_directory import RESOLVED
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.tensorboard_log import TensorBoardLog


class Written(NamedTuple):
    """folder: of the run in the logs.  rows: number of epochs written."""

    folder: Path
    rows: int


def tensorboard(reader: RunReader, logs: Path) -> Written:
    """Write a run to `RUN/train` and `RUN/val` in the folder `logs`, with its config as text.

    Raises FileFailure, and CorruptRun for a damaged run.
    """
    columns = reader.columns()
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    config = reader.run.read(RESOLVED).decode("utf-8", "replace")
    log = TensorBoardLog(logs, reader.run.path, str(reader.environment().get("began")), config)
    log.write_config()
    for split, content in log.contents(rows).items():
        folder = log.folder / split
        with translating_os_errors(folder):
            make_folder(folder)
        write_atomic(folder / log.file_name, content)
    return Written(log.folder, len(rows))
