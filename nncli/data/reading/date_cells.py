"""Date cells: parses dates as days since 1970, and infers their format."""

from collections.abc import Sequence

import numpy as np

from nncli.data.reading.chunks import NumberParser
from nncli.data.reading.column_names import yaml_name
from nncli.data.targets import number_text
from nncli.errors import FormatsFound, printable
from nncli.parts.arrays import Array
from nncli.parts.date_formats import DAY_FIRST, MONTH_FIRST, date_format, likely_order, written
from nncli.parts.dates import days_of


class DateParser(NumberParser):
    """Parses cells as days since 1970, NaN for missing. format_: None for ISO 8601."""

    expected = "a date"

    def __init__(self, missing: Sequence[str], format_: str | None) -> None:
        super().__init__(missing)
        self.format = format_

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


def format_of_dates(name: str, texts: Sequence[str]) -> tuple[bool, str | None]:
    """(whether a column's distinct texts are dates, their format). Raises FormatsFound if the
    first number may be the day or the month."""
    are_dates, format_, open_text = date_format(texts)
    if open_text:
        column, key, example = printable(name), yaml_name(name), printable(open_text)
        formats = [written(open_text, order) for order in (DAY_FIRST, MONTH_FIRST)]
        cures = [f'data.columns: {{{key}: {{type: date, format: "{each}"}}}}' for each in formats]
        problem = (
            f"column '{column}' has dates such as '{example}', and nothing says which number is "
            f'the day: {cures[0]}, or "{formats[1]}" '
            f"(if the column is text, data.columns: {{{key}: categorical}})"
        )
        is_day_first = likely_order(texts) == DAY_FIRST
        first, cure = ("day", cures[1]) if is_day_first else ("month", cures[0])
        guess = f"column '{column}': dates such as '{example}' are taken to begin with the {first}"
        raise FormatsFound(
            [("data.columns", problem)],
            markers=(),
            formats={name: {"type": "date", "format": formats[not is_day_first]}},
            guesses=[f"{guess}; {cure} if they don't"],
        )
    return are_dates, format_
