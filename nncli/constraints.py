"""Constraints on config values, and descriptions of keys, as annotations of field types.

    rate: Annotated[float, Bounds(ge=0, lt=1), "fraction of units dropped"]

A plain string in the annotation describes the key. The config reader checks constraints; the JSON
Schema and the reference pages are made from both.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from nncli.frozen import frozen

Auto = Literal["auto"]


@frozen
class Bounds:
    """An interval of finite numbers: lower limit gt or ge, upper limit lt or le."""

    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None

    def __contains__(self, value: float) -> bool:
        return (
            math.isfinite(value)
            and (self.gt is None or value > self.gt)
            and (self.ge is None or value >= self.ge)
            and (self.lt is None or value < self.lt)
            and (self.le is None or value <= self.le)
        )

    def __str__(self) -> str:
        limits = ((">", self.gt), (">=", self.ge), ("<", self.lt), ("<=", self.le))
        return " and ".join(f"{sign} {limit:g}" for sign, limit in limits if limit is not None)


@frozen
class Length:
    """The least number of items of a list."""

    least: int


@frozen
class Readable:
    """A text must be readable. read: raises ValueError for a text that isn't."""

    read: Callable[[str], object]


PositiveInt = Annotated[int, Bounds(ge=1)]
Count = Annotated[int, Bounds(ge=0)]
Seed = Annotated[int, Bounds(ge=0)]
Finite = Annotated[float, Bounds()]
Positive = Annotated[float, Bounds(gt=0)]
NonNegative = Annotated[float, Bounds(ge=0)]
Fraction = Annotated[float, Bounds(ge=0, lt=1)]
Share = Annotated[float, Bounds(ge=0, le=1)]
ConfigPath = Annotated[Path, "relative to the config's own folder"]
