"""Dates as inputs: year, month, day of the week, days since the first training row."""

from typing import Literal

import numpy as np

from nncli.data.scaling import Scale, Scaling
from nncli.frozen import frozen
from nncli.parts.arrays import Array

DatePart = Literal[
    "year", "month_sin", "month_cos", "weekday_sin", "weekday_cos", "hour_sin", "hour_cos", "days"
]
FULL_TURN = 2 * np.pi
WORDS: dict[DatePart, str] = {
    "year": "year",
    "month_sin": "month",
    "weekday_sin": "day of the week",
    "hour_sin": "time of day",
}


@frozen
class FittedDate:
    """How dates become inputs: each part (value - shift) / scale; sine and cosine as they are.

    first: the earliest training row's, in days since 1970.  scale is 0 for a part that never
    varies in the training rows, whose input is always 0.
    """

    first: float
    parts: tuple[DatePart, ...]
    shift: tuple[float, ...]
    scale: tuple[float, ...]

    @property
    def is_sound(self) -> bool:
        """Whether the parts fit together."""
        numbers = [self.first, *self.shift, *self.scale]
        lengths = {len(self.parts), len(self.shift), len(self.scale), len(set(self.parts))}
        return len(lengths) == 1 and bool(self.parts) and bool(np.isfinite(numbers).all())

    @classmethod
    def fit(cls, days: Array, how: Scale, weights: Array | None) -> "FittedDate":
        """Of the training rows. Months alone have no day of the week, and dates no hour."""
        first = float(days.min())
        names: list[DatePart] = ["year", "month_sin", "month_cos"]
        if not (_months(days)[1] == np.floor(days)).all():
            names += ["weekday_sin", "weekday_cos"]
        if (days != np.floor(days)).any():
            names += ["hour_sin", "hour_cos"]
        names += ["days"]
        shift, scale = [], []
        for name in names:
            values = _part(name, days, first)
            is_cyclic = name.endswith(("_sin", "_cos"))
            fitted = Scaling.fit("none" if is_cyclic else how, values[:, None], weights)
            is_constant = values.min() == values.max() and how != "none"
            shift.append(float(fitted.shift[0]))
            scale.append(0.0 if is_constant else float(fitted.scale[0]))
        return cls(first, tuple(names), tuple(shift), tuple(scale))

    def __call__(self, days: Array) -> Array:
        """(rows, parts) inputs."""
        columns = [_part(name, days, self.first) for name in self.parts]
        scale = np.array([each or np.inf for each in self.scale])
        return np.asarray((np.column_stack(columns) - np.array(self.shift)) / scale)


def _months(days: Array) -> tuple[Array, Array]:
    """(months since 1970, the day that each begins on)."""
    months = np.floor(days).astype("datetime64[D]").astype("datetime64[M]")
    return months.astype(int), months.astype("datetime64[D]").astype(float)


def _part(name: DatePart, days: Array, first: float) -> Array:
    """(rows,) one part of dates."""
    if name == "days":
        return days - first
    months = _months(days)[0]
    if name == "year":
        return (1970 + months // 12).astype(float)
    turns = {"month": months % 12 / 12, "weekday": (np.floor(days) + 3) % 7 / 7, "hour": days % 1}
    angle = FULL_TURN * turns[name[:-4]]
    return np.asarray(np.sin(angle) if name.endswith("_sin") else np.cos(angle))


def date_in_words(days: Array) -> str:
    """What such dates become.

    >>> date_in_words(np.array([0.0, 31.0]))
    'year, month and days since the first training row'
    >>> date_in_words(np.array([0.5, 1.0])).split(", ")[2:]
    ['day of the week', 'time of day and days since the first training row']
    """
    parts = FittedDate.fit(days, "none", None).parts
    said = ", ".join(words for part, words in WORDS.items() if part in parts)
    return f"{said} and days since the first training row"
