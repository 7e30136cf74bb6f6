"""Number checks: warn of numeric features that look like ids, dates or missing markers."""

from collections.abc import Iterator

import numpy as np

from nncli.data.column_names import column_fix, yaml_name
from nncli.data.column_types import is_id_name
from nncli.errors import printable
from nncli.parts.arrays import Array

SENTINELS = tuple(sign * number for number in (99, 999, 9999, 99999, 999999) for sign in (-1, 1))
MIN_SENTINEL_SHARE = 0.01  # of the values: fewer may be genuine
MIN_DISTINCT_DATES = 10  # fewer may look like dates by chance


def number_warnings(name: str, values: Array) -> Iterator[str]:
    """Warn of an id, of dates as integers, and of numbers such as -999 that mean missing."""
    present = values[~np.isnan(values)]
    if not len(present):
        return
    if is_id_name(name) and (present == np.floor(present)).all():
        yield _id_as_amount(name)
    elif format_ := _date_format(present):
        yield (
            f"column '{printable(name)}' looks like dates such as {present[0]:.0f}, learnt as "
            f"amounts: {column_fix(name, {'type': 'date', 'format': format_})}"
        )
    for number in _sentinels(present):
        count = int(np.count_nonzero(present == number))
        yield (
            f"column '{printable(name)}' has {number:g} {count:,} times, far from its other "
            "numbers: if it stands for no value, add it to data.missing"
            f" (nncli init: --missing {number:g})"
        )


def too_large(what: str, values: Array, verb: str) -> str:
    """The message for finite values, one or more, whose statistics overflow."""
    largest = values[np.abs(values).argmax()]
    return (
        f"{what} has values too large to {verb}, such as {largest:g}: write them in a larger unit, "
        "or, where they stand for no value, leave their cells empty"
    )


def _id_as_amount(name: str) -> str:
    """The warning for an id that many rows share."""
    shown = yaml_name(name)
    return (
        f"column '{printable(name)}' looks like an id, whose numbers are learnt as amounts: "
        f"data.columns: {{{shown}: categorical}}, data.features: {{exclude: [{shown}]}}, or, to "
        f"keep the rows of each together, data.split: {{type: group, column: {shown}}}"
    )


def _date_format(present: Array) -> str:
    """The format of integers that are all dates, as 20260301 or 202603; else empty."""
    for format_, low, high in (("%Y%m%d", 19000101, 21001231), ("%Y%m", 190001, 210012)):
        if not (present.min() >= low and present.max() <= high):
            continue
        months = present if format_ == "%Y%m" else np.floor(present / 100)
        days = present - 100 * months if format_ == "%Y%m%d" else np.ones(1)
        fit = (present == np.floor(present)).all() and _within(months % 100, 12)
        if fit and _within(days, 31) and len(np.unique(present)) >= MIN_DISTINCT_DATES:
            return format_
    return ""


def _within(numbers: Array, most: int) -> bool:
    return bool(numbers.min() >= 1 and numbers.max() <= most)


def _sentinels(present: Array) -> Iterator[float]:
    """Sentinels such as -9999: extremes whose gap to the others exceeds the range of these."""
    for number in (present.min(), present.max()):
        if number in SENTINELS:
            others = present[present != number]
            share = 1 - len(others) / len(present)
            if len(others) and share >= MIN_SENTINEL_SHARE and len(present) - len(others) > 1:
                gap = np.abs(others - number).min()
                if gap > max(np.ptp(others), 1):
                    yield float(number)
