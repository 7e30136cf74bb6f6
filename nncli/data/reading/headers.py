"""Headers: whether the first rows of a text table name its columns, and what else they say."""

from collections.abc import Sequence
from dataclasses import field

from nncli.data.reading.column_names import nfc
from nncli.data.reading.number_cells import is_number
from nncli.data.reading.orange_header import Orange, orange_of
from nncli.data.reading.text_encodings import LINE_BREAK
from nncli.data.reading.text_format import MISSING
from nncli.frozen import frozen


@frozen
class Header:
    """The first rows of a text table.

    names: of the columns; those without one go by their number.  rows: how many rows it takes.
    unnamed: columns that stand without a name where row labels do.  orange: what it says of
    columns beside their names.
    """

    names: tuple[str, ...]
    rows: int
    unnamed: frozenset[str] = frozenset()
    orange: Orange = field(default_factory=Orange)


def read_header(
    rows: Sequence[Sequence[str]], told: bool | None, decimal: str, *, is_tab: bool
) -> Header:
    """The header of a table's first rows; `told` says whether there is one."""
    first = [nfc(LINE_BREAK.sub(" ", cell.strip())) for cell in rows[0]]
    numbered = tuple(f"column_{number}" for number in range(1, len(first) + 1))
    orange = orange_of(first, rows[1:], is_tab=is_tab) if told is not False else Orange()
    has_names = is_header(first, rows[1:], decimal) if told is None else told
    if not (has_names or orange.rows):
        return Header(numbered, 0)
    cells = orange.names or first
    names = tuple(cell or number for cell, number in zip(cells, numbered, strict=True))
    unnamed = frozenset(names[:1] if not cells[0] else ())
    return Header(names, orange.rows or 1, unnamed, orange)


def with_labels(rows: list[list[str]]) -> list[list[str]]:
    """The rows with a nameless first column, where the first row has a name too few for them.

    R's write.table has no name for row labels, which differ from row to row.
    """
    first, others = rows[0], rows[1:]
    labels = {row[0] for row in others}
    are_labelled = {*map(len, others)} == {len(first) + 1} and len(labels) == len(others)
    return [["", *first], *others] if are_labelled else rows


def is_header(first: Sequence[str], rows: Sequence[Sequence[str]], decimal: str = ".") -> bool:
    """Whether the first row names the columns.

    It does if it has no number, if its numbers just count the columns, or if a column goes on
    with numbers under a text.
    """
    numbers = [is_number(cell, decimal) for cell in first]
    if not any(numbers):
        return True
    names = first if first[0] else first[1:]  # an index is often written without a name
    counting = [[str(start + i) for i in range(len(names))] for start in (0, 1)]
    if len(names) > 2 and list(names) in counting:
        return True
    for index, is_numeric in enumerate(numbers):
        if not is_numeric and first[index] not in MISSING:
            below = [row[index].strip() for row in rows if len(row) == len(first)]
            present = [cell for cell in below if cell not in MISSING]
            if present and all(is_number(cell, decimal) for cell in present):
                return True
    return False


def looks_like_data(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether texts of the first row stand below it as well, each in its own column.

    >>> looks_like_data(["p", "x"], [["e", "x"], ["p", "b"]])
    True
    >>> looks_like_data(["cap", "shape"], [["e", "x"], ["p", "b"]])
    False
    """
    columns = [*zip(*(row for row in rows if len(row) == len(first)), strict=True)]
    again = [
        bool(cell) and cell in map(str.strip, column)
        for cell, column in zip(first, columns, strict=False)
    ]
    return len(again) > 1 and 2 * sum(again) > len(again)
