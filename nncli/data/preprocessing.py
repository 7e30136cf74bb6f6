"""Preprocessing: columns -> what a network learns from. Statistics come from training rows only."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from nncli.parts.arrays import Array

Scale = Literal["standard", "minmax", "robust", "none"]


@dataclass(frozen=True)
class Scaling:
    """scaled = (x - shift) / scale, a column at a time.

    standard: mean and (population) standard deviation; minmax: minimum and range;
    robust: median and interquartile range. A column without spread is only shifted.
    """

    method: Scale
    shift: list[float]
    scale: list[float]
    fitted_rows: int

    @classmethod
    def fit(cls, method: Scale, x: Array) -> "Scaling":
        """Take the statistics of x, (rows, columns)."""
        columns = x.shape[1]
        shift, scale = np.zeros(columns), np.ones(columns)
        if method == "standard":
            shift, scale = x.mean(axis=0), x.std(axis=0)
        elif method == "minmax":
            shift, scale = x.min(axis=0), np.ptp(x, axis=0)
        elif method == "robust":
            low, shift, high = np.percentile(x, (25, 50, 75), axis=0)
            scale = high - low
        # the spread that rounding leaves in a constant column isn't a spread
        flat = scale <= 10 * np.finfo(float).eps * np.abs(x).max(axis=0)
        return cls(method, shift.tolist(), np.where(flat, 1.0, scale).tolist(), len(x))

    def apply(self, x: Array) -> Array:
        """Scaled values."""
        if self.method == "none":
            return x
        return np.asarray((x - np.array(self.shift)) / np.array(self.scale))

    def undo(self, scaled: Array) -> Array:
        """The values in their own units."""
        if self.method == "none":
            return scaled
        return np.asarray(scaled * np.array(self.scale) + np.array(self.shift))


@dataclass(frozen=True)
class Preprocessing:
    """Everything fitted on the training rows: what `preprocessing.json` holds."""

    features: Scaling
    target: Scaling

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, text: dict[str, Any]) -> "Preprocessing":
        return cls(Scaling(**text["features"]), Scaling(**text["target"]))
