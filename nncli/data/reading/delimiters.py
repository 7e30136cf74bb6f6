"""Delimiters: infers the delimiter of a text table from its first lines."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import field
from functools import cached_property

from nncli.data.reading.row_reader import parse_rows
from nncli.frozen import frozen

DELIMITERS = (",", ";", "\t", "|")
MAX_CELLS = 1 << 12
EVEN_SHARE = 0.8  # of rows that have the same width: the others may be errors of the file


@frozen
class SplitLines:
    """Lines split at a delimiter, without blank lines.

    widths: the number of cells of each row.  lines: the line each row begins on, from 0.
    rows: the first rows, up to `MAX_CELLS` cells.
    """

    delimiter: str
    widths: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    @cached_property
    def width(self) -> int:
        """The most frequent number of cells in a row; the largest of a tie."""
        counts = Counter(self.widths)
        return max(counts, key=lambda width: (counts[width], width), default=0)

    @cached_property
    def first(self) -> int:
        """The index of the first row of `width` cells."""
        return self.widths.index(self.width) if self.widths else 0

    @property
    def is_even(self) -> bool:
        """Whether nearly all rows from `first` on have `width` cells."""
        widths = self.widths[self.first :]
        return bool(widths) and widths.count(self.width) >= EVEN_SHARE * len(widths)


def split_lines(lines: Sequence[str], delimiter: str, comment: str | None = None) -> SplitLines:
    """Split lines at a delimiter; misplaced quotes are no errors."""
    reader, found, start = (
        parse_rows(lines, delimiter, comment, strict=False),
        SplitLines(delimiter),
        0,
    )
    kept = 0
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                found.widths.append(len(row))
                found.lines.append(start)
                if kept < MAX_CELLS:
                    found.rows.append(row)
                kept += len(row)
            start = reader.line_num
    except csv.Error:  # a cell that is too long: an error where rows are read
        return SplitLines(delimiter)
    return found


def sniff_delimiter(
    lines: Sequence[str], decimal: str = ".", comment: str | None = None
) -> SplitLines:
    """Split lines at the delimiter that gives rows of even width from the earliest line on.

    Of several, the one that gives most cells is taken; for a table of one column, a comma.
    """
    best: SplitLines | None = None
    for delimiter in DELIMITERS:
        if delimiter != decimal:
            found = split_lines(lines, delimiter, comment)
            if best is None or _rank(found) > _rank(best):
                best = found
    assert best is not None
    return best


def _rank(found: SplitLines) -> tuple[bool, int, int]:
    """A sort key, greatest for the likeliest delimiter."""
    fits = found.is_even and found.width > 1
    return (True, -found.first, found.width) if fits else (False, 0, 0)
