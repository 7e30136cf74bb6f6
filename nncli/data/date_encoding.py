"""Dates as inputs: year, month, day of the week, days since the first training row."""

from dataclasses import replace
from typing import Literal

import numpy as np

from nncli.data.scaling import Scale, Scaling
from nncli.frozen import frozen
from nncli.parts.arrays import Array

DatePart = Literal[
    "year", "month_sin", "month_cos", "weekday_sin", "weekday_cos", "hour_sin", "hour_cos", "days"
]
FULL_TURN = 2 * np.pi
DAYS_TO_1970 = 25_567  # from 1900-01-01


@frozen
class FittedDate:
    """The fitted encoding of dates by their parts, each (value - shift) / scale.

    first: the earliest training date, in days since 1970.  scale: 0 for a part that is constant in
    the training rows, whose input is always 0; else 1 for sine and cosine.
    """

    first: float
    parts: tuple[DatePart, ...]
    shift: tuple[float, ...]
    scale: tuple[float, ...]

    @property
    def is_valid(self) -> bool:
        """Whether the fields are consistent."""
        numbers = [self.first, *self.shift, *self.scale]
        lengths = {len(self.parts), len(self.shift), len(self.scale), len(set(self.parts))}
        return len(lengths) == 1 and bool(self.parts) and bool(np.isfinite(numbers).all())

    @classmethod
    def fit(cls, days: Array, method: Scale, weights: Array | None) -> "FittedDate":
        """Fit to training dates, in days since 1970.

        No weekday is encoded if all are first days of a month, no hour if none has a time of day,
        and no year or month of times of a single day.
        """
        first = float(days.min())
        names: list[DatePart] = []
        if np.ptp(np.floor(days)) > 0:
            names += ["year", "month_sin", "month_cos"]
            if not (_months(days)[1] == np.floor(days)).all():
                names += ["weekday_sin", "weekday_cos"]
        if (days != np.floor(days)).any():
            names += ["hour_sin", "hour_cos"]
        names += ["days"]
        shift, scale = [], []
        for name in names:
            values = _part(name, days, first)
            is_cyclic = name.endswith(("_sin", "_cos"))
            fitted = Scaling.fit("none" if is_cyclic else method, values[:, None], weights)
            is_constant = values.min() == values.max() and method != "none"
            shift.append(float(fitted.shift[0]))
            scale.append(0.0 if is_constant else float(fitted.scale[0]))
        return cls(first, tuple(names), tuple(shift), tuple(scale))

    def in_1970(self) -> "FittedDate":
        """The same encoding, of times of day on 1970-01-01 in place of 1900-01-01."""
        shift = (s + 70 * (name == "year") for name, s in zip(self.parts, self.shift, strict=True))
        return replace(self, first=self.first + DAYS_TO_1970, shift=tuple(shift))

    def __call__(self, days: Array) -> Array:
        """(rows, parts) inputs, of days since 1970."""
        columns = [_part(name, days, self.first) for name in self.parts]
        scale = np.array([factor or np.inf for factor in self.scale])
        return np.asarray((np.column_stack(columns) - np.array(self.shift)) / scale)


def are_times(days: Array) -> bool:
    """Whether all are times of day, on 1970-01-01; NaN aside."""
    return not np.any((days < 0) | (days >= 1))


def _months(days: Array) -> tuple[Array, Array]:
    """(months since 1970, the first day of each month in days since 1970)."""
    months = np.floor(days).astype("datetime64[D]").astype("datetime64[M]")
    return months.astype(int), months.astype("datetime64[D]").astype(float)


def _part(name: DatePart, days: Array, first: float) -> Array:
    """(rows,) one part of each date, unscaled. first: as in FittedDate."""
    if name == "days":
        return days - first
    months = _months(days)[0]
    if name == "year":
        return (1970 + months // 12).astype(float)
    turns = {"month": months % 12 / 12, "weekday": (np.floor(days) + 3) % 7 / 7, "hour": days % 1}
    angle = FULL_TURN * turns[name[:-4]]
    return np.asarray(np.sin(angle) if name.endswith("_sin") else np.cos(angle))
