"""Constraints: bounds and descriptions of config values, attached to field types.

    rate: Annotated[float, Bounds(ge=0, lt=1), "fraction of units dropped"]

A plain string in the annotation describes the key. The config reader checks `Bounds`; the JSON
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
    """An interval for a number: gt/ge below, lt/le above. Every bounded number is finite."""

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
    """The minimum number of items in a list."""

    least: int


@frozen
class Readable:
    """A text that can be parsed. read: parses it, or raises ValueError."""

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
