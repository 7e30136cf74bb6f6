"""Headers: decides whether the first rows of a text table name its columns."""

from collections.abc import Sequence
from dataclasses import field

from nncli.data.column_names import nfc
from nncli.data.number_cells import is_number
from nncli.data.reading.orange_header import OrangeHeader, read_orange_header
from nncli.data.reading.text_encodings import LINE_BREAK
from nncli.data.reading.text_format import MISSING_MARKERS
from nncli.frozen import frozen


@frozen
class Header:
    """The header of a text table.

    names: the column names, such as `column_3` for an empty one.  rows: the number of header rows.
    unnamed: the first column if it has no name, as a column of row labels.  orange: the types and
    roles of an Orange header.
    """

    names: tuple[str, ...]
    rows: int
    unnamed: frozenset[str] = frozenset()
    orange: OrangeHeader = field(default_factory=OrangeHeader)


def read_header(
    rows: Sequence[Sequence[str]], has_header: bool | None, decimal: str, *, is_tab: bool
) -> Header:
    """The header among a table's first rows. has_header: None: inferred."""
    first = [nfc(LINE_BREAK.sub(" ", cell.strip())) for cell in rows[0]]
    numbered = tuple(f"column_{number}" for number in range(1, len(first) + 1))
    orange = (
        read_orange_header(first, rows[1:], is_tab=is_tab)
        if has_header is not False
        else OrangeHeader()
    )
    has_names = is_header(first, rows[1:], decimal) if has_header is None else has_header
    if not (has_names or orange.rows):
        return Header(numbered, 0)
    cells = orange.names or first
    names = tuple(cell or number for cell, number in zip(cells, numbered, strict=True))
    unnamed = frozenset(names[:1] if not cells[0] else ())
    return Header(names, orange.rows or 1, unnamed, orange)


def with_label_column(rows: list[list[str]]) -> list[list[str]]:
    """Add an empty first name if the header is one name short and the first column is unique.

    R's write.table writes such a column of row labels.
    """
    first, others = rows[0], rows[1:]
    labels = {row[0] for row in others}
    are_labelled = {*map(len, others)} == {len(first) + 1} and len(labels) == len(others)
    return [["", *first], *others] if are_labelled else rows


def is_header(first: Sequence[str], rows: Sequence[Sequence[str]], decimal: str = ".") -> bool:
    """Whether the first row names the columns.

    It does if it holds no number, if its numbers count the columns, or if some column is a text
    above only numbers.
    """
    numbers = [is_number(cell, decimal) for cell in first]
    if not any(numbers):
        return True
    names = first if first[0] else first[1:]  # an index is often written without a name
    counting = [[str(start + i) for i in range(len(names))] for start in (0, 1)]
    if len(names) > 2 and list(names) in counting:
        return True
    for index, is_numeric in enumerate(numbers):
        if not is_numeric and first[index] not in MISSING_MARKERS:
            below = [row[index].strip() for row in rows if len(row) == len(first)]
            present = [cell for cell in below if cell not in MISSING_MARKERS]
            if present and all(is_number(cell, decimal) for cell in present):
                return True
    return False


def looks_like_data(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether most texts of the first row occur again below it, in the same column.

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
