"""Bounded reader: a file's bytes, unpacked from a .gz, no more between two looks than allowed.

Bytes that make no whole row stay in memory: a line or a row without an end would fill it, and a
few MB of gzip data can unpack to GBs of that.
"""

import gzip
import io
from pathlib import Path
from typing import Any

from nncli.untrusted_files.opening import open_regular

MOST_BYTES = 1 << 24  # between two looks, and so of a row


class RowTooLong(Exception):
    """More bytes than allowed, and still no row."""


class BoundedFile(io.RawIOBase):
    """An open file that raises RowTooLong once `MOST_BYTES` were read without a look.

    count: bytes read so far.  Raises Unfit for what isn't a regular file.
    """

    def __init__(self, path: Path) -> None:
        self.count = self._allowed = 0
        self._packed = open_regular(path)
        self._file: Any = self._packed
        if path.suffix == ".gz":
            self._file = gzip.GzipFile(fileobj=self._packed)
        self.look()

    def look(self) -> None:
        """What was read so far is dealt with."""
        self._allowed = self.count + MOST_BYTES

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
