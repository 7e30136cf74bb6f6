"""Quoted cells: what the quotes in a text table tell of the texts that often mean no value."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from nncli.data.reading.number_cells import is_number
from nncli.data.reading.row_reader import rows_of
from nncli.data.reading.text_format import MISSING, WHITESPACE
from nncli.frozen import frozen

QUOTED = "\x01"  # set behind a cell that stands in quotes
LOOKED_AT = 20_000  # rows: who writes them quotes all in one way
AT_ONCE = 1000
MISSING_TEXTS = frozenset(MISSING)
NAMES_OF_NOTHING = ("NA", "N/A", "n/a", "null", "NULL", "Null")


@frozen
class QuotedMarkers:
    """Of the texts that often mean no value, those that are values, and those that are none."""

    values: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()


@dataclass
class Quotes:
    """One column's quotes.

    quoted, bare: its texts of `MISSING` with quotes, and without.  texts: whether all others have
    them; None as long as no other was seen.  has_numbers: whether the first without is a number.
    """

    quoted: set[str] = field(default_factory=set)
    bare: set[str] = field(default_factory=set)
    texts: bool | None = None
    has_numbers: bool = False

    def add(self, cells: Iterable[str]) -> None:
        """Some different cells."""
        for cell in cells:
            is_quoted = cell.endswith(QUOTED)
            if (text := cell.removesuffix(QUOTED).strip()) in MISSING_TEXTS:
                (self.quoted if is_quoted else self.bare).add(text)
            elif self.texts is not False:
                self.texts = is_quoted
                self.has_numbers = not is_quoted and is_number(text)


def _by_quotes(columns: Sequence[Quotes]) -> list[QuotedMarkers]:
    """What quotes tell of each column.

    They tell where all other texts of the column have them and numbers have none. That NA is a
    value is told only if a missing cell without quotes shows that the writer makes a difference.
    """
    has_bare_numbers = any(column.has_numbers for column in columns)
    has_bare_markers = any(column.bare for column in columns)
    found = []
    for column in columns:
        if column.texts is not True or not (has_bare_numbers or has_bare_markers):
            found.append(QuotedMarkers())
            continue
        quoted, bare = frozenset(column.quoted), frozenset(column.bare)
        values = quoted - bare if has_bare_markers else quoted.difference(NAMES_OF_NOTHING)
        found.append(QuotedMarkers(values, bare - quoted))
    return found


def quoted_markers(
    lines: Iterable[str], delimiter: str, comment: str | None, width: int, header: int
) -> list[QuotedMarkers]:
    """What quotes tell of each column, from the first lines; so many rows are the header.

    >>> lines = ['"t","x"\\n', '"a",1\\n', '"None",2\\n', 'NA,3\\n']
    >>> [(*each.values, *each.missing) for each in quoted_markers(lines, ",", None, 2, 1)]
    [('None', 'NA'), ()]
    """
    columns = [Quotes() for _ in range(width)]
    rows = rows_of(_marked(lines, delimiter), delimiter, comment)
    try:
        whole = (row for row in islice(rows, LOOKED_AT) if len(row) == width)
        deque(islice(whole, header), maxlen=0)
        while block := list(islice(whole, AT_ONCE)):
            for column, cells in zip(columns, zip(*block, strict=True), strict=True):
                column.add(set(cells))
    except csv.Error:
        pass  # the reader of the rows says what is wrong, and where
    return _by_quotes(columns)


def _marked(lines: Iterable[str], delimiter: str) -> Iterator[str]:
    """Lines with a sign in each quoted cell: a quote that others follow stands in none of them."""
    sign = r" \t" if delimiter == WHITESPACE else re.escape(delimiter)
    cell = re.compile(rf'(^|[{sign}])([ \t]*)"([^"{sign}\r\n]+)"(?=[{sign}\r\n]|$)')
    for line in lines:
        yield cell.sub(rf'\1\2"\3{QUOTED}"', line) if '"' in line else line
