"""Cut cells: where each cell stands in lines that have no quotes."""

import csv

import numpy as np

from nncli.parts.arrays import Array

LINE_FEED, BLANK, ZERO, NINE = (ord(sign) for sign in "\n 09")
DELIMITERS = ",;\t|:"  # which stand in no number


class CutCells:
    """The cells of some lines of a text table.

    signs: the code of each character.  starts, ends: (rows, columns) where each cell stands in
    `text`, without blanks before it.
    """

    def __init__(self, text: str, signs: Array, ends: Array, delimiter: str) -> None:
        self.text, self.signs, self.delimiter = text, signs, delimiter
        starts = np.zeros(ends.size, ends.dtype)
        np.add(ends.ravel()[:-1], 1, out=starts[1:])
        self.starts, self.ends = starts.reshape(ends.shape), ends
        if f"{delimiter} " in text or "\n " in text or text[0] == " ":
            while (is_blank := (signs[self.starts] == BLANK) & (self.starts < ends)).any():
                self.starts += is_blank
        self.is_empty = self.starts == ends

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def width(self) -> int:
        return int(self.ends.shape[1])

    def only(self, chosen: Array) -> "CutCells":
        """The rows where `chosen` is true."""
        other = object.__new__(CutCells)
        other.__dict__.update(self.__dict__)
        for name in ("starts", "ends", "is_empty"):
            setattr(other, name, getattr(self, name)[chosen])
        return other

    def texts(self, column: int, rows: Array | slice = slice(None)) -> list[str]:
        """The cells of a column, in these rows."""
        starts, ends = self.starts[rows, column].tolist(), self.ends[rows, column].tolist()
        return [self.text[start:end] for start, end in zip(starts, ends, strict=True)]


def cut_cells(text: str, width: int, delimiter: str) -> CutCells | None:
    """Lines, each of so many cells; None if they are for the csv module to cut."""
    if '"' in text or "\0" in text or delimiter not in DELIMITERS:
        return None
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if "\r" in text:
        return None
    text = text if text.endswith("\n") else f"{text}\n"
    signs = signs_of(text)
    ends: Array = np.flatnonzero((signs == LINE_FEED) | (signs == ord(delimiter))).astype(np.int32)
    if len(ends) % width:
        return None
    ends = ends.reshape(-1, width)
    is_line_end = signs[ends] == LINE_FEED
    if is_line_end[:, :-1].any() or not is_line_end[:, -1].all():
        return None
    cells = CutCells(text, signs, ends, delimiter)
    if (ends - cells.starts).max() > csv.field_size_limit():
        return None
    return None if width == 1 and cells.is_empty.any() else cells  # a blank line is no row


def signs_of(text: str) -> Array:
    """The code of each character."""
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), np.uint8)
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)
