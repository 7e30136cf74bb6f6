"""Delimiters: what parts the cells of a text table, told from its first lines."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import field
from functools import cached_property

from nncli.data.reading.row_reader import rows_of
from nncli.frozen import frozen

DELIMITERS = (",", ";", "\t", "|")
MOST_CELLS = 1 << 12
MOSTLY = 0.8  # of the rows: a ragged one further down is an error, not a reason to think otherwise


@frozen
class Cut:
    """Lines as a delimiter cuts them.

    widths: how many cells each row has that isn't blank.  lines: the line each begins on, from 0.
    rows: the first of them; `MOST_CELLS` are kept.
    """

    delimiter: str
    widths: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    @cached_property
    def width(self) -> int:
        """How many cells most rows have; of equally many, the most cells."""
        counts = Counter(self.widths)
        return max(counts, key=lambda width: (counts[width], width), default=0)

    @cached_property
    def first(self) -> int:
        """The first row that has as many cells as most."""
        return self.widths.index(self.width) if self.widths else 0

    @property
    def is_even(self) -> bool:
        """Whether nearly all rows from there on have as many."""
        widths = self.widths[self.first :]
        return bool(widths) and widths.count(self.width) >= MOSTLY * len(widths)


def cut(lines: Sequence[str], delimiter: str, comment: str | None = None) -> Cut:
    """The rows of some lines, quotes that are misplaced taken as they come."""
    reader, found, start = rows_of(lines, delimiter, comment, strict=False), Cut(delimiter), 0
    kept = 0
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                found.widths.append(len(row))
                found.lines.append(start)
                if kept < MOST_CELLS:
                    found.rows.append(row)
                kept += len(row)
            start = reader.line_num
    except csv.Error:  # a cell that is too long: an error where rows are read
        return Cut(delimiter)
    return found


def sniff_delimiter(lines: Sequence[str], decimal: str = ".", comment: str | None = None) -> Cut:
    """The delimiter that cuts the lines alike: from the first one on, else from the next; of
    several the one that makes most cells.

    A table of one column has none of them; a comma is as good as any.
    """
    best: Cut | None = None
    for delimiter in DELIMITERS:
        if delimiter != decimal:
            found = cut(lines, delimiter, comment)
            if best is None or _rank(found) > _rank(best):
                best = found
    assert best is not None
    return best


def _rank(found: Cut) -> tuple[bool, int, int]:
    """The greater, the likelier is it that a table is cut so."""
    fits = found.is_even and found.width > 1
    return (True, -found.first, found.width) if fits else (False, 0, 0)
