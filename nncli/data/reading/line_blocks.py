"""Line blocks: a text, some whole lines at a time."""

import io
from collections.abc import Iterator

import numpy as np

from nncli.data.reading.bounded_reader import MOST_BYTES, BoundedFile, RowTooLong
from nncli.data.reading.cut_cells import LINE_FEED, signs_of

PIECE = 1 << 16  # characters
ENOUGH = 3 << 18  # characters of lines that are taken at a time


class LineBlocks:
    """The lines of an open text.

    has_stopped: whether what follows can't be read here, though it isn't the end.
    """

    def __init__(self, file: BoundedFile, text: io.TextIOBase) -> None:
        self._file, self._text = file, text
        self._rest, self.has_stopped = "", False

    def skip(self, lines: int) -> None:
        """Pass over so many lines."""
        for _ in range(lines):
            self._file.look()
            self._text.readline()

    def take(self, lines: int) -> str:
        """So many lines, or fewer if that is enough; none at the end, or if it can't be read."""
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
            if found and size >= ENOUGH:
                lines = min(lines, found)
            if found >= lines:
                end = int(np.flatnonzero(signs_of(piece) == LINE_FEED)[lines - 1]) + 1
                self._rest = piece[end:]
                yield piece[:end]
                return
            if size > MOST_BYTES:
                raise RowTooLong
            yield piece
            lines -= found
            piece = self._read()

    def _read(self) -> str:
        self._file.look()
        return self._text.read(PIECE)


def count_lines(file: BoundedFile) -> int:
    """How many lines a file may have."""
    feeds = returns = 0
    while piece := file.read(PIECE):
        file.look()
        feeds, returns = feeds + piece.count(b"\n"), returns + piece.count(b"\r")
    return max(feeds, returns) + 1


def looked_at(file: BoundedFile, text: io.TextIOBase) -> Iterator[str]:
    """The lines of an open text, with a look at each."""
    for line in text:
        file.look()
        yield line
