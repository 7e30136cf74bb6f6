"""Bounded reader: reads a file or unpacks a .gz, with a limit on the bytes of one row.

An incomplete row stays in memory: a row without an end would fill it, and a few MB of gzip data
can unpack to GBs of such a row.
"""

import gzip
import io
from pathlib import Path
from typing import Any

from nncli.untrusted_files.opening import open_regular

MAX_ROW_BYTES = 1 << 24


class RowTooLong(Exception):
    """A row has more than `MAX_ROW_BYTES` bytes."""


class BoundedFile(io.RawIOBase):
    """An open file that raises RowTooLong after `MAX_ROW_BYTES` bytes without `renew_limit`.

    count: the bytes read so far.  Raises Unfit for anything but a regular file.
    """

    def __init__(self, path: Path) -> None:
        self.count = self._allowed = 0
        self._packed = open_regular(path)
        self._file: Any = self._packed
        if path.suffix == ".gz":
            self._file = gzip.GzipFile(fileobj=self._packed)
        self.renew_limit()

    def renew_limit(self) -> None:
        """Allow `MAX_ROW_BYTES` more, once the rows read so far are complete."""
        self._allowed = self.count + MAX_ROW_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size: int = self._file.readinto(buffer)
        self.count += size
        if self.count > self._allowed:
            raise RowTooLong
        return size

    def close(self) -> None:
        if not self.closed:
            self._file.close()
            self._packed.close()
        super().close()
