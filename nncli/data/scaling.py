"""Scaling: shifts and scales columns to similar ranges, and back."""

from typing import Literal

import numpy as np

from nncli.data.target_transforms import Transform, transformed, untransformed
from nncli.frozen import frozen
from nncli.parts.arrays import Array

Scale = Literal["standard", "minmax", "robust", "none"]
ROUNDING = 10 * np.finfo(float).eps  # relative: a column with a smaller spread is constant


@frozen
class Scaling:
    """scaled = (transform(x) - shift) / scale, column by column.

    standard: mean and (population) standard deviation; minmax: minimum and range;
    robust: median and interquartile range. A constant column is only shifted.
    Row weights affect the mean and the standard deviation, not the other statistics.
    """

    method: Scale
    shift: list[float]
    scale: list[float]
    fitted_rows: int
    transform: Transform = "none"

    @classmethod
    def fit(
        cls,
        method: Scale,
        x: Array,
        weights: Array | None = None,
        transform: Transform = "none",
    ) -> "Scaling":
        """Fit to x, (rows, columns). weights: (rows,)."""
        x = transformed(transform, x)
        columns = x.shape[1]
        shift, scale = np.zeros(columns), np.ones(columns)
        if method == "standard" and weights is not None:
            shift = np.average(x, axis=0, weights=weights)
            scale = np.sqrt(np.average(np.square(x - shift), axis=0, weights=weights))
        elif method == "standard":
            shift, scale = x.mean(axis=0), x.std(axis=0)
        elif method == "minmax":
            shift, scale = x.min(axis=0), np.ptp(x, axis=0)
        elif method == "robust":
            low, shift, high = np.percentile(x, (25, 50, 75), axis=0)
            scale = high - low
        flat = scale <= ROUNDING * np.abs(x).max(axis=0)
        return cls(method, shift.tolist(), np.where(flat, 1.0, scale).tolist(), len(x), transform)

    def apply(self, x: Array) -> Array:
        """Return (transform(x) - shift) / scale."""
        x = transformed(self.transform, x)
        if self.method == "none":
            return x
        return np.asarray((x - np.array(self.shift)) / np.array(self.scale))

    def undo(self, scaled: Array) -> Array:
        """The inverse of `apply`."""
        if self.method != "none":
            scaled = np.asarray(scaled * np.array(self.scale) + np.array(self.shift))
        return untransformed(self.transform, scaled)

    @property
    def is_identity(self) -> bool:
        """Whether values are neither scaled nor transformed."""
        return self.method == "none" == self.transform
