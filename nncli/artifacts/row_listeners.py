"""Row listeners: get each row of metrics at once, not with the next checkpoint."""

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

LIVE = "live".join(TEMPORARY)  # after a kill it is removed like other temporary files
WRITE_SECONDS = 1.0  # between writes, and before the first


class LiveRows:
    """Writes the rows so far every second, for `nncli watch`.

    The file is not flushed and not in the manifest: a resume uses checkpoints only. A run that ends
    within a second has none.
    """

    def __init__(self, folder: Path, log: MetricsLog) -> None:
        self.path, self.log = folder / LIVE, log
        self._written, self._last = 0, time.monotonic()

    def append(self, row: Row) -> None:
        """Note that the log has a new row."""
        if time.monotonic() - self._last >= WRITE_SECONDS:
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
    """All listeners of a run. warnings: to show at the end of the run."""

    def __init__(self, warnings: list[str]) -> None:
        self.warnings = warnings
        self._listening: list[LiveRows | TensorBoardLog] = []

    def begin(self, folder: Path, log: MetricsLog, board: "TensorBoardLog | None") -> None:
        """Start the listeners. Raises FileFailure if TensorBoard's folder can't be written."""
        self._listening = [LiveRows(folder, log)]
        if board is not None:
            board.begin(log.rows())
            self._listening.append(board)

    def append(self, row: Row) -> None:
        """Pass a row to each listener; one that fails is dropped."""
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
