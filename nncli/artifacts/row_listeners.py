"""Row listeners: who is told of each row of metrics at once, and not with the next checkpoint."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nncli.artifacts.files import TEMPORARY
from nncli.artifacts.metrics_log import MetricsLog, Row
from nncli.errors import FileFailure

if TYPE_CHECKING:
    from nncli.artifacts.tensorboard_log import TensorBoardLog

LIVE = "live".join(TEMPORARY)  # swept like other temporary files where a run was killed
EVERY = 1.0  # seconds between writes, and how old a run is at the first


class LiveRows:
    """metrics.csv as far as it has got, every second, for whoever watches the run.

    It isn't flushed to the disk and no manifest lists it: a checkpoint is what a run goes on from.
    A run that is over within a second has none.
    """

    def __init__(self, folder: Path, log: MetricsLog) -> None:
        self.path, self.log = folder / LIVE, log
        self._written, self._last = 0, time.monotonic()

    def append(self, row: Row) -> None:
        """Take note of a row that the log has got."""
        if time.monotonic() - self._last >= EVERY:
            with suppress(OSError):  # nobody can watch it then
                self._write()
            self._last = time.monotonic()

    def _write(self) -> None:
        lines = self.log.lines[self._written :]
        if not self._written:
            self.path.unlink(missing_ok=True)
        with self.path.open("r+b" if self._written else "xb") as file:
            file.seek(0, os.SEEK_END)
            file.write("".join(lines).encode())
        self._written += len(lines)

    def close(self) -> None:
        if self._written:
            with suppress(OSError):
                self.path.unlink()


class RowListeners:
    """All of them. warnings: what the run is to say of them in the end."""

    def __init__(self, warnings: list[str]) -> None:
        self.warnings = warnings
        self._listening: list[LiveRows | TensorBoardLog] = []

    def begin(self, folder: Path, log: MetricsLog, board: "TensorBoardLog | None") -> None:
        """Raises FileFailure if TensorBoard's folder can't be written."""
        self._listening = [LiveRows(folder, log)]
        if board is not None:
            board.begin(log.rows())
            self._listening.append(board)

    def append(self, row: Row) -> None:
        """Tell each of a row; one that fails is told of no more."""
        for listener in [*self._listening]:
            try:
                listener.append(row)
            except FileFailure as trouble:
                self._listening.remove(listener)
                _close(listener)
                self.warnings.append(f"TensorBoard has no rows from here on: {trouble}")

    def close(self) -> None:
        for listener in self._listening:
            _close(listener)
        self._listening.clear()


def _close(listener: "LiveRows | TensorBoardLog") -> None:
    with suppress(FileFailure):
        listener.close()
