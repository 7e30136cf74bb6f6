"""Line blocks: reads a text stream in blocks of complete lines."""

import io
from collections.abc import Iterator

import numpy as np

from nncli.data.reading.bounded_reader import MAX_ROW_BYTES, BoundedFile, RowTooLong
from nncli.data.reading.cell_offsets import LINE_FEED, char_codes

READ_SIZE = 1 << 16  # characters, or bytes
BLOCK_SIZE = 3 << 18  # characters; a block ends at the next line end


class LineBlocks:
    """A reader of the lines of a text stream.

    has_stopped: whether reading stopped before the end, at a line too long or not decodable.
    """

    def __init__(self, file: BoundedFile, text: io.TextIOBase) -> None:
        self._file, self._text = file, text
        self._rest, self.has_stopped = "", False

    def skip(self, lines: int) -> None:
        """Skip `lines` lines."""
        for _ in range(lines):
            self._file.renew_limit()
            self._text.readline()

    def take(self, lines: int) -> str:
        """Return `lines` lines, fewer if they fill a block; empty at the end and once stopped."""
        try:
            return "".join(self._pieces(lines))
        except (RowTooLong, UnicodeDecodeError):
            self.has_stopped = True
            return ""

    def _pieces(self, lines: int) -> Iterator[str]:
        piece, self._rest = self._rest or self._read(), ""
        size = 0
        while piece:
            found, size = piece.count("\n"), size + len(piece)
            if found and size >= BLOCK_SIZE:
                lines = min(lines, found)
            if found >= lines:
                end = int(np.flatnonzero(char_codes(piece) == LINE_FEED)[lines - 1]) + 1
                self._rest = piece[end:]
                yield piece[:end]
                return
            if size > MAX_ROW_BYTES:
                raise RowTooLong
            yield piece
            lines -= found
            piece = self._read()

    def _read(self) -> str:
        self._file.renew_limit()
        return self._text.read(READ_SIZE)


def count_lines(file: BoundedFile) -> int:
    """An upper bound on the number of lines."""
    feeds = returns = 0
    while piece := file.read(READ_SIZE):
        file.renew_limit()
        feeds, returns = feeds + piece.count(b"\n"), returns + piece.count(b"\r")
    return max(feeds, returns) + 1


def guarded_lines(file: BoundedFile, text: io.TextIOBase) -> Iterator[str]:
    """Yield the lines of a text stream, renewing the byte limit after each."""
    for line in text:
        file.renew_limit()
        yield line
