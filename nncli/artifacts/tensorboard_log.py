"""TensorBoard log: a run's rows of metrics as event files, and its config as text.

Those in RUN/train and RUN/val call a metric by the same name, so that TensorBoard draws both into
one chart. Their bytes follow from metrics.csv alone: written live, taken up again or exported
later, they are the same. RUN itself has the config, which may change when a run is taken up.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO

from nncli.artifacts import event_files
from nncli.artifacts.files import make_folder, reporting, write_atomic
from nncli.artifacts.metrics_log import Row
from nncli.artifacts.study_directory import is_study
from nncli.engine.metric_columns import VAL
from nncli.errors import FileFailure

SPLITS = ("train", "val")
NOT_DRAWN = ("epoch", "seconds")  # which are the axes


def name_of(run: Path) -> str:
    """What a run is called there: its folder, below that of its study if it is part of one."""
    run = run.resolve()
    for number, folder in enumerate((run.parent, run.parent.parent), start=1):
        if is_study(folder):
            return "/".join(run.parts[-number - 1 :])
    return run.name


class TensorBoardLog:
    """The event files of a run. began: `2026-03-01T12:00:00Z`.  config: its resolved text."""

    def __init__(self, logs: Path, run: Path, began: str, config: str) -> None:
        self.logs, self.folder = logs, logs / name_of(run)
        self.began, self.config = _moment(began), config
        self._files: dict[str, IO[bytes]] = {}

    @property
    def file_name(self) -> str:
        return f"events.out.tfevents.{self.began:010.0f}.nncli"

    def contents(self, rows: Iterable[Row]) -> dict[str, bytes]:
        """The whole file of each split that has numbers."""
        pieces: dict[str, list[bytes]] = {split: [] for split in SPLITS}
        for row in rows:
            for split, piece in self._pieces(row).items():
                pieces[split].append(piece)
        return {split: self._head() + b"".join(p) for split, p in pieces.items() if p}

    def _head(self) -> bytes:
        return event_files.version(self.began)

    def write_config(self) -> None:
        """Write the config's file. Raises FileFailure."""
        lines = "".join(f"    {line}\n" for line in self.config.splitlines())  # Markdown's code
        if self.logs.exists() and not self.logs.is_dir():
            raise FileFailure(f"{self.logs}: expected a folder for TensorBoard's files")
        content = self._head() + event_files.words(self.began, "config", lines)
        with reporting(self.folder):
            make_folder(self.folder)
        write_atomic(self.folder / self.file_name, content)

    def _pieces(self, row: Row) -> dict[str, bytes]:
        """The record of a row for each split."""
        moment, step = self.began + (row.get("seconds") or 0.0), int(row["epoch"] or 0)
        return {
            split: event_files.scalars(moment, step, values)
            for split, values in _by_split(row).items()
            if values
        }

    def begin(self, rows: Iterable[Row] = ()) -> None:
        """Open the files, with rows of before in them. Raises FileFailure.

        What else they hold, of epochs that a kill has undone, is cut off.
        """
        self.write_config()
        for split, content in self.contents(rows).items():
            self._open(split).write(content)
            with reporting(self.folder):
                self._files[split].truncate()

    def append(self, row: Row) -> None:
        """Add a row. Raises FileFailure."""
        with reporting(self.folder):
            for split, piece in self._pieces(row).items():
                if split not in self._files:
                    self._open(split).write(self._head())
                    self._files[split].truncate()
                self._files[split].write(piece)
                self._files[split].flush()

    def _open(self, split: str) -> IO[bytes]:
        """The file of a split, at its beginning; its bytes stay for whoever is reading them."""
        folder = self.folder / split
        with reporting(folder):
            make_folder(folder)
            path = folder / self.file_name
            path.touch()
            self._files[split] = path.open("r+b")
        return self._files[split]

    def close(self) -> None:
        with reporting(self.folder):
            for file in self._files.values():
                file.close()
        self._files.clear()


def _by_split(row: Row) -> Mapping[str, dict[str, float]]:
    """The numbers of a row by split, under the names that they share."""
    found: dict[str, dict[str, float]] = {split: {} for split in SPLITS}
    for name, value in row.items():
        if name not in NOT_DRAWN and value is not None and not math.isnan(value):
            split = SPLITS[name.startswith(VAL)]
            found[split][name.removeprefix(VAL)] = value
    return found


def _moment(began: str) -> float:
    """Seconds since 1970; 0 for a run that doesn't say."""
    try:
        return datetime.fromisoformat(began).timestamp()
    except ValueError:
        return 0.0
