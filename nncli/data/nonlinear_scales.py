"""Nonlinear scales: transform heavy-tailed features to similar ranges."""

from typing import Literal

import numpy as np

from nncli.data.scaling import ROUNDING, Scale
from nncli.frozen import frozen
from nncli.parts.arrays import Array

NonlinearScale = Literal["quantile", "robust_clip"]
NumericScale = Scale | NonlinearScale
MAX_QUANTILES = 1000
MIN_RANK = 1e-7  # 5.2 standard deviations below the mean of a normal distribution
MAX_ABS = 1e300  # of scaled values, so that their squares stay finite


def linear_scale(scale: NumericScale) -> Scale:
    """The linear scale of dates and targets where numbers have this scale."""
    if scale == "quantile":
        return "standard"
    return "robust" if scale == "robust_clip" else scale


@frozen
class NormalScores:
    """Phi^-1(rank(x)): the rank of a value among the training rows, as a standard normal number.

    rank: 0 up to the minimum, 1 from the maximum on, linear between (at most 1,000) quantiles; a
    value that equals several quantiles gets their mean rank. Ranks are clipped to [1e-7, 1 - 1e-7],
    and so the inputs to +-5.2.
    As scikit-learn's QuantileTransformer(output_distribution="normal"); in networks on tables
    since Gorishniy et al., "Revisiting Deep Learning Models for Tabular Data", 2021.
    """

    quantiles: tuple[float, ...]

    @classmethod
    def fit(cls, values: Array) -> "NormalScores":
        """Fit to values, (rows,), none missing."""
        count = min(MAX_QUANTILES, len(values))
        quantiles = np.quantile(values, np.linspace(0, 1, count))
        if np.ptp(quantiles) <= ROUNDING * np.abs(quantiles).max():
            quantiles = quantiles[:1]
        return cls(tuple(np.maximum.accumulate(quantiles).tolist()))

    @property
    def is_valid(self) -> bool:
        """Whether the fields are consistent."""
        quantiles = np.array(self.quantiles)
        return bool(
            len(quantiles)
            and np.isfinite(quantiles).all()
            and np.isfinite(np.ptp(quantiles))
            and (np.diff(quantiles) >= 0).all()
            and (len(quantiles) == 1 or np.ptp(quantiles) > 0)
        )

    def inputs(self, name: str) -> list[str]:
        return [name]

    def __call__(self, values: Array) -> Array:
        """(rows, 1) inputs."""
        from statistics import NormalDist

        if len(self.quantiles) == 1:
            return np.zeros((len(values), 1))
        ranks = np.clip(self._ranks(values), MIN_RANK, 1 - MIN_RANK)
        inverse = NormalDist().inv_cdf
        return np.array([*map(inverse, ranks.tolist())], dtype=float)[:, None]

    def _ranks(self, values: Array) -> Array:
        """(rows,) the rank of each value, from 0 to 1."""
        quantiles = np.array(self.quantiles)
        last = len(quantiles) - 1
        values = np.clip(values, quantiles[0], quantiles[-1])
        below = np.searchsorted(quantiles, values, "left")
        up_to = np.searchsorted(quantiles, values, "right")
        low = np.clip(up_to - 1, 0, last - 1)
        gap = np.diff(quantiles)[low]
        place = low + (values - quantiles[low]) / np.where(gap > 0, gap, 1.0)
        place = np.where(below < up_to, (below + up_to - 1) / 2, place)
        place = np.where(values == quantiles[0], 0, place)
        return np.asarray(np.where(values == quantiles[-1], last, place) / last)


@frozen
class RobustClip:
    """u / sqrt(1 + (u / 3)^2) of u = (x - median) / IQR: close to u near 0, always within +-3.

    IQR: the interquartile range or, where it is 0, half the range.
    Holzmueller, Grinsztajn and Steinwart, "Better by Default: Strong Pre-Tuned MLPs and Boosted
    Trees on Tabular Data", 2024.
    """

    shift: float
    scale: float  # 0 for a constant column, whose input is always 0

    @classmethod
    def fit(cls, values: Array) -> "RobustClip":
        """Fit to values, (rows,), none missing."""
        low, median, high = np.percentile(values, (25, 50, 75))
        least = ROUNDING * np.abs(values).max()  # a smaller spread is rounding
        spreads = [float(s) for s in (high - low, np.ptp(values) / 2) if not s <= least]
        return cls(float(median), spreads[0] if spreads else 0.0)

    @property
    def is_valid(self) -> bool:
        """Whether the fields are consistent."""
        return bool(np.isfinite([self.shift, self.scale]).all()) and self.scale >= 0

    def inputs(self, name: str) -> list[str]:
        return [name]

    def __call__(self, values: Array) -> Array:
        """(rows, 1) inputs."""
        u = (values - self.shift) / (self.scale or np.inf)
        u = np.clip(u, -MAX_ABS, MAX_ABS)
        return np.asarray(u / np.hypot(1.0, u / 3))[:, None]
