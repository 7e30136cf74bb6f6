"""Date cells: parses dates as days since 1970, and infers their format."""

from collections.abc import Mapping, Sequence

import numpy as np

from nncli.data.column_names import column_fix, yaml_name
from nncli.data.reading.chunks import NumberParser
from nncli.data.targets import number_text
from nncli.errors import FormatsFound, printable
from nncli.parts.arrays import Array
from nncli.parts.date_formats import (
    DAY_FIRST,
    MONTH_FIRST,
    date_format,
    likely_order,
    order_of,
    written,
)
from nncli.parts.dates import days_of


class DateParser(NumberParser):
    """A parser of cells as days since 1970, NaN for missing. format_: None for ISO 8601."""

    def __init__(self, missing: Sequence[str], format_: str | None) -> None:
        super().__init__(missing)
        self.format = format_
        self.expected = f"a date as {format_}" if format_ else "a date such as 2026-03-01"

    def preparsed(self, cells: Sequence[str]) -> Array | None:
        """None: a cell such as 20260301 is a date, not a number."""
        return None

    def __call__(self, cells: Sequence[str] | Array) -> tuple[Array, list[int]]:
        """(days, indices of the cells that are neither dates nor missing)."""
        if isinstance(cells, np.ndarray):
            cells = ["" if value != value else number_text(value) for value in cells.tolist()]
        days = {cell: self._days(cell.strip()) for cell in set(cells)}
        values = np.array([days[cell] for cell in cells], dtype=float)
        return values, np.flatnonzero(np.isinf(values)).tolist()

    def _days(self, text: str) -> float:
        if text in self.missing:
            return np.nan
        days = days_of(text, self.format)
        return np.inf if days is None else days


def formats_of_dates(columns: Mapping[str, Sequence[str]]) -> dict[str, str | None]:
    """The formats of the columns that hold dates. columns: the distinct texts of each.

    Raises FormatsFound if the first number of some dates may be the day or the month.
    """
    found = {name: date_format(texts) for name, texts in columns.items()}
    orders = {order_of(each.form) for each in found.values() if each.form} - {None}
    common = orders.pop() if len(orders) == 1 else None  # a file's dates are written alike
    trouble, formats, guesses = [], {}, []
    for name, text in ((name, each.open) for name, each in found.items() if each.open):
        column, said, example = printable(name), yaml_name(name), printable(text)
        forms = {order: written(text, order) for order in (DAY_FIRST, MONTH_FIRST)}
        fixes = {
            order: column_fix(name, {"type": "date", "format": form})
            for order, form in forms.items()
        }
        problem = (
            f"column '{column}' has dates such as '{example}', and nothing says which number is "
            f'the day: {fixes[DAY_FIRST]}, or "{forms[MONTH_FIRST]}" '
            f"(if the column is text, data.columns: {{{said}: categorical}})"
        )
        trouble.append(("data.columns", problem))
        order = common or likely_order(columns[name])
        first, other = ("day", MONTH_FIRST) if order == DAY_FIRST else ("month", DAY_FIRST)
        guess = f"column '{column}': dates such as '{example}' are taken to begin with the {first}"
        guesses.append(f"{guess}; {fixes[other]} if they don't")
        formats[name] = {"type": "date", "format": forms[order]}
    if trouble:
        raise FormatsFound(trouble, markers=(), formats=formats, guesses=guesses)
    return {name: each.form for name, each in found.items() if each.are_dates}
