"""Quoted cells: infers from quotes which missing markers are values, as `"NA"` beside a bare NA."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from nncli.data.number_cells import is_number
from nncli.data.reading.row_reader import parse_rows
from nncli.data.reading.text_format import MISSING_MARKERS, WHITESPACE
from nncli.frozen import frozen

QUOTED_SUFFIX = "\x01"  # appended to a quoted cell
SAMPLED_ROWS = 20_000  # a program quotes all rows in the same way
ROWS_AT_ONCE = 1000
MARKERS = frozenset(MISSING_MARKERS)
NULL_NAMES = ("NA", "N/A", "n/a", "null", "NULL", "Null")


@frozen
class QuotedMarkers:
    """The missing markers that are values, and that mean missing, by the quotes of a column."""

    values: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()


@dataclass
class Quotes:
    """The quotes of one column.

    quoted, bare: its missing markers with quotes, and without.  quotes_texts: whether all its other
    cells are quoted; None before the first.  has_numbers: whether the first bare one is a number.
    """

    quoted: set[str] = field(default_factory=set)
    bare: set[str] = field(default_factory=set)
    quotes_texts: bool | None = None
    has_numbers: bool = False

    def add(self, cells: Iterable[str]) -> None:
        """Update the fields by some distinct cells."""
        for cell in cells:
            is_quoted = cell.endswith(QUOTED_SUFFIX)
            if (text := cell.removesuffix(QUOTED_SUFFIX).strip()) in MARKERS:
                (self.quoted if is_quoted else self.bare).add(text)
            elif self.quotes_texts is not False:
                self.quotes_texts = is_quoted
                self.has_numbers = not is_quoted and is_number(text)


def _by_quotes(columns: Sequence[Quotes]) -> list[QuotedMarkers]:
    """What the quotes of each column tell.

    They tell something if all other texts of the column are quoted, and numbers or some markers are
    not. A quoted NA is a value only if a bare marker shows that the writer tells them apart.
    """
    has_bare_numbers = any(column.has_numbers for column in columns)
    has_bare_markers = any(column.bare for column in columns)
    found = []
    for column in columns:
        if column.quotes_texts is not True or not (has_bare_numbers or has_bare_markers):
            found.append(QuotedMarkers())
            continue
        quoted, bare = frozenset(column.quoted), frozenset(column.bare)
        values = quoted - bare if has_bare_markers else quoted.difference(NULL_NAMES)
        found.append(QuotedMarkers(values, bare - quoted))
    return found


def quoted_markers(
    lines: Iterable[str], delimiter: str, comment: str | None, width: int, header: int
) -> list[QuotedMarkers]:
    """What the quotes of each column tell, in the first rows. header: the number of header rows.

    >>> lines = ['"t","x"\\n', '"a",1\\n', '"None",2\\n', 'NA,3\\n']
    >>> [(*column.values, *column.missing) for column in quoted_markers(lines, ",", None, 2, 1)]
    [('None', 'NA'), ()]
    """
    columns = [Quotes() for _ in range(width)]
    rows = parse_rows(_marked(lines, delimiter), delimiter, comment)
    try:
        whole = (row for row in islice(rows, SAMPLED_ROWS) if len(row) == width)
        deque(islice(whole, header), maxlen=0)
        while block := list(islice(whole, ROWS_AT_ONCE)):
            for column, cells in zip(columns, zip(*block, strict=True), strict=True):
                column.add(set(cells))
    except csv.Error:
        pass  # the same error is raised with its line where the rows are read
    return _by_quotes(columns)


def _marked(lines: Iterable[str], delimiter: str) -> Iterator[str]:
    """Append `QUOTED_SUFFIX` to each quoted cell, unless it has quotes inside."""
    sign = r" \t" if delimiter == WHITESPACE else re.escape(delimiter)
    cell = re.compile(rf'(^|[{sign}])([ \t]*)"([^"{sign}\r\n]+)"(?=[{sign}\r\n]|$)')
    for line in lines:
        yield cell.sub(rf'\1\2"\3{QUOTED_SUFFIX}"', line) if '"' in line else line
