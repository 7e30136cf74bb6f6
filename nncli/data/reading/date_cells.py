"""Date cells: the cells of a column of dates -> days since 1970."""

from collections.abc import Sequence

import numpy as np

from nncli.data.reading.chunks import NumberParser
from nncli.data.reading.column_names import yaml_name
from nncli.data.targets import label
from nncli.errors import DataError, printable
from nncli.parts.arrays import Array
from nncli.parts.date_formats import DAY_FIRST, MONTH_FIRST, date_format, written
from nncli.parts.dates import days_of


class DateParser(NumberParser):
    """Cells -> days since 1970; what is missing becomes NaN. form: None for ISO 8601."""

    expected = "a date"

    def __init__(self, missing: Sequence[str], form: str | None) -> None:
        super().__init__(missing)
        self.form = form

    def read_before(self, cells: Sequence[str]) -> Array | None:
        """None: what looks like a number isn't meant as one."""
        return None

    def __call__(self, cells: Sequence[str] | Array) -> tuple[Array, list[int]]:
        """(days, indices of the cells that are neither dates nor missing)."""
        if isinstance(cells, np.ndarray):
            cells = ["" if value != value else label(value) for value in cells.tolist()]
        days = {cell: self._days(cell.strip()) for cell in set(cells)}
        values = np.array([days[cell] for cell in cells], dtype=float)
        return values, np.flatnonzero(np.isinf(values)).tolist()

    def _days(self, text: str) -> float:
        if text in self.missing:
            return np.nan
        days = days_of(text, self.form)
        return np.inf if days is None else days


def format_of_dates(name: str, texts: Sequence[str]) -> tuple[bool, str | None]:
    """(whether a column's different texts are dates, their format). Raises DataError if the first
    number may be the day or the month."""
    are_dates, form, open_text = date_format(texts)
    if open_text:
        first, second = (written(open_text, order) for order in (DAY_FIRST, MONTH_FIRST))
        said = yaml_name(name)
        raise DataError(
            f"column '{printable(name)}' has dates such as '{printable(open_text)}', and nothing "
            f"says which number is the day: data.columns: {{{said}: {{type: date, format: "
            f'"{first}"}}}}, or "{second}" '
            f"(if the column is text, data.columns: {{{said}: categorical}})",
            key="data.columns",
        )
    return are_dates, form
