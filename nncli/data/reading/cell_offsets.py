"""Cell offsets: where each cell of lines without quotes starts and ends."""

import csv

import numpy as np

from nncli.parts.arrays import Array

LINE_FEED, BLANK, ZERO, NINE = map(ord, "\n 09")
DELIMITERS = ",;\t|:"  # that no number contains


class CellOffsets:
    """The cells of some lines of a text table.

    codes: the code of each character.  starts, ends: (rows, columns) offsets into `text` of each
    cell, without leading blanks.
    """

    def __init__(self, text: str, codes: Array, ends: Array, delimiter: str) -> None:
        self.text, self.codes, self.delimiter = text, codes, delimiter
        starts = np.zeros(ends.size, ends.dtype)
        np.add(ends.ravel()[:-1], 1, out=starts[1:])
        self.starts, self.ends = starts.reshape(ends.shape), ends
        if f"{delimiter} " in text or "\n " in text or text[0] == " ":
            while (is_blank := (codes[self.starts] == BLANK) & (self.starts < ends)).any():
                self.starts += is_blank
        self.is_empty = self.starts == ends

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def width(self) -> int:
        return int(self.ends.shape[1])

    def only(self, chosen: Array) -> "CellOffsets":
        """The rows where `chosen` is true."""
        other = object.__new__(CellOffsets)
        other.__dict__.update(self.__dict__)
        for name in ("starts", "ends", "is_empty"):
            setattr(other, name, getattr(self, name)[chosen])
        return other

    def texts(self, column: int, rows: Array | slice = slice(None)) -> list[str]:
        """The cells of a column in the given rows."""
        starts, ends = self.starts[rows, column].tolist(), self.ends[rows, column].tolist()
        return [self.text[start:end] for start, end in zip(starts, ends, strict=True)]


def locate_cells(text: str, width: int, delimiter: str) -> CellOffsets | None:
    """Locate the cells of lines of `width` cells; None if they need the csv module."""
    if '"' in text or "\0" in text or delimiter not in DELIMITERS:
        return None
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if "\r" in text:
        return None
    text = text if text.endswith("\n") else f"{text}\n"
    codes = char_codes(text)
    ends: Array = np.flatnonzero((codes == LINE_FEED) | (codes == ord(delimiter))).astype(np.int32)
    if len(ends) % width:
        return None
    ends = ends.reshape(-1, width)
    is_line_end = codes[ends] == LINE_FEED
    if is_line_end[:, :-1].any() or not is_line_end[:, -1].all():
        return None
    cells = CellOffsets(text, codes, ends, delimiter)
    if (ends - cells.starts).max() > csv.field_size_limit():
        return None
    return None if width == 1 and cells.is_empty.any() else cells  # a blank line is no row


def char_codes(text: str) -> Array:
    """The code of each character."""
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), np.uint8)
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)
