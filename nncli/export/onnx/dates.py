"""Dates: days since 1970 -> the parts of a date, as nodes.

ONNX has no operator that parses a text, so dates are given as numbers.
"""

import numpy as np

from nncli.data.date_encoding import FULL_TURN, DatePart, FittedDate
from nncli.export.onnx.graph import INT64, Value

FIRST, LAST = -719_162, 2_932_896  # days of the years 1 to 9999, the range of Python's dates
INPUT = "days since 1970-01-01 in UTC, noon is .5; NaN: missing"
ERA, ERA_DAYS = 400, 146_097  # years after which the calendar repeats, and their days
MARCH_0000 = 719_468  # days from 0000-03-01 to 1970-01-01


def is_no_date(days: Value) -> Value:
    """(rows, 1) whether a number isn't in the years 1 to 9999; False for NaN."""
    return days.graph.add("Or", days < float(FIRST), days >= LAST + 1.0, dtype=(days < 0.0).dtype)


def date_inputs(date: FittedDate, days: Value) -> Value:
    """(rows, parts) inputs from (rows, 1) days."""
    months = _months(days.apply("Floor").cast(INT64))
    parts = [_part(name, days, months, date.first) for name in date.parts]
    scale = np.array([[each or np.inf for each in date.scale]])
    return (days.graph.concat(parts) - np.array([date.shift])) / scale


def _remainder(x: Value, divisor: int) -> Value:
    """x mod divisor, for integers that aren't negative."""
    return x - x / divisor * divisor


def _months(days: Value) -> Value:
    """Months since 0000-01 from whole days since 1970.

    Years begin in March here, so that a leap day is the last day of its year. Five months have 153
    days, and day d of a year is in month (5 d + 2) // 153.
    """
    since = days + MARCH_0000
    era, day = since / ERA_DAYS, _remainder(since, ERA_DAYS)
    year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
    day_of_year = day - (year * 365 + year / 4 - year / 100)
    month = (day_of_year * 5 + 2) / 153
    return (year + era * ERA) * 12 + month + 2


def _part(name: DatePart, days: Value, months: Value, first: float) -> Value:
    """(rows, 1) one part of the dates."""
    if name == "days":
        return days - first
    if name == "year":
        return (months / 12).cast(days.dtype)
    function = np.sin if name.endswith("_sin") else np.cos
    if name.startswith("hour"):
        angle = (days - days.apply("Floor")) * FULL_TURN
        return (angle if function is np.sin else angle + FULL_TURN / 4).apply("Sin")
    is_month = name.startswith("month")
    count = 12 if is_month else 7
    # 1970-01-01 was a Thursday, 3 days after a Monday; whole weeks keep the number positive
    turn = months if is_month else days.apply("Floor").cast(INT64) + (3 + 7 * 200_000)
    values = days.graph.constant(function(FULL_TURN * (np.arange(count) / count)))
    index = _remainder(turn, count)
    return days.graph.add("Gather", values, index, dtype=values.dtype, axis=0)
