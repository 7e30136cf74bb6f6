"""TensorBoard log: a run's metrics as event files, and its config as text.

RUN/train and RUN/val use the same metric names, so that TensorBoard draws both in one chart. Their
bytes depend on metrics.csv only: written live, after a resume or by an export, they are the same.
RUN itself has the config, which a resume may change.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO

from nncli.artifacts import event_files
from nncli.artifacts.files import make_folder, translating_os_errors, write_atomic
from nncli.artifacts.metrics_log import Row
from nncli.artifacts.study_directory import is_study
from nncli.engine.metric_columns import VAL
from nncli.errors import FileFailure

SPLITS = ("train", "val")
NOT_DRAWN = ("epoch", "seconds")  # they are the axes


def name_of(run: Path) -> str:
    """A run's name in TensorBoard: its folder, below the study's if it is part of one."""
    run = run.resolve()
    for number, folder in enumerate((run.parent, run.parent.parent), start=1):
        if is_study(folder):
            return "/".join(run.parts[-number - 1 :])
    return run.name


class TensorBoardLog:
    """The event files of a run. began: as 2026-03-01T12:00:00Z.  config: the resolved text."""

    def __init__(self, logs: Path, run: Path, began: str, config: str) -> None:
        self.logs, self.folder = logs, logs / name_of(run)
        self.began, self.config = _moment(began), config
        self._files: dict[str, IO[bytes]] = {}

    @property
    def file_name(self) -> str:
        return f"events.out.tfevents.{self.began:010.0f}.nncli"

    def contents(self, rows: Iterable[Row]) -> dict[str, bytes]:
        """The complete event file of each split that has values."""
        pieces: dict[str, list[bytes]] = {split: [] for split in SPLITS}
        for row in rows:
            for split, piece in self._pieces(row).items():
                pieces[split].append(piece)
        return {split: self._head() + b"".join(p) for split, p in pieces.items() if p}

    def _head(self) -> bytes:
        return event_files.version(self.began)

    def write_config(self) -> None:
        """Write the event file of the config. Raises FileFailure."""
        lines = "".join(f"    {line}\n" for line in self.config.splitlines())  # Markdown's code
        if self.logs.exists() and not self.logs.is_dir():
            raise FileFailure(f"{self.logs}: expected a folder for TensorBoard's files")
        content = self._head() + event_files.words(self.began, "config", lines)
        with translating_os_errors(self.folder):
            make_folder(self.folder)
        write_atomic(self.folder / self.file_name, content)

    def _pieces(self, row: Row) -> dict[str, bytes]:
        """A row's record for each split."""
        moment, step = self.began + (row.get("seconds") or 0.0), int(row["epoch"] or 0)
        return {
            split: event_files.scalars(moment, step, values)
            for split, values in _by_split(row).items()
            if values
        }

    def begin(self, rows: Iterable[Row] = ()) -> None:
        """Open the files and write the rows so far. Raises FileFailure.

        Later rows, of epochs that a kill has undone, are cut off.
        """
        self.write_config()
        for split, content in self.contents(rows).items():
            self._open(split).write(content)
            with translating_os_errors(self.folder):
                self._files[split].truncate()

    def append(self, row: Row) -> None:
        """Add a row. Raises FileFailure."""
        with translating_os_errors(self.folder):
            for split, piece in self._pieces(row).items():
                if split not in self._files:
                    self._open(split).write(self._head())
                    self._files[split].truncate()
                self._files[split].write(piece)
                self._files[split].flush()

    def _open(self, split: str) -> IO[bytes]:
        """Open a split's file at its start; TensorBoard may be reading it, so keep its bytes."""
        folder = self.folder / split
        with translating_os_errors(folder):
            make_folder(folder)
            path = folder / self.file_name
            path.touch()
            self._files[split] = path.open("r+b")
        return self._files[split]

    def close(self) -> None:
        with translating_os_errors(self.folder):
            for file in self._files.values():
                file.close()
        self._files.clear()


def _by_split(row: Row) -> Mapping[str, dict[str, float]]:
    """A row's values by split, without the split's prefix."""
    found: dict[str, dict[str, float]] = {split: {} for split in SPLITS}
    for name, value in row.items():
        if name not in NOT_DRAWN and value is not None and not math.isnan(value):
            split = SPLITS[name.startswith(VAL)]
            found[split][name.removeprefix(VAL)] = value
    return found


def _moment(began: str) -> float:
    """Seconds since 1970; 0 if `began` is not a time."""
    try:
        return datetime.fromisoformat(began).timestamp()
    except ValueError:
        return 0.0
