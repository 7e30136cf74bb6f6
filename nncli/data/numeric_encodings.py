"""Numeric encodings: encode a number as several inputs, by quantiles of the training rows."""

from collections.abc import Callable
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np

from nncli.data.nonlinear_scales import NormalScores, NumericScale, RobustClip
from nncli.data.scaling import ROUNDING
from nncli.frozen import frozen
from nncli.parts.arrays import Array

Encode = Literal["none", "piecewise_linear"]
BINS = 16
MAX_BINS = 1024


@frozen
class PiecewiseLinear:
    """e_t = clip((x - b_(t-1)) / (b_t - b_(t-1)), 0, 1): one input for each bin t between edges b.

    The bins below a value are 1, its own bin is filled in part; so a linear function of the inputs
    is piecewise linear in x, with one slope a bin, and constant beyond the outer edges. Edges are
    the unique quantiles of the training rows: repeated values give fewer bins. A constant column
    has one input, 0.
    Gorishniy, Rubachev and Babenko, "On Embeddings for Numerical Features in Tabular Deep
    Learning", 2022, whose outer bins aren't clipped.
    """

    edges: tuple[float, ...]

    @classmethod
    def fit(cls, values: Array, bins: int) -> "PiecewiseLinear":
        """Fit to values, (rows,), none missing. bins: the maximum number."""
        ordered = np.sort(values)
        edges = ordered[np.rint(np.linspace(0, len(ordered) - 1, bins + 1)).astype(int)]
        gap = ROUNDING * np.abs(edges).max()
        return cls(tuple(edges[np.diff(edges, prepend=-np.inf) > gap].tolist()))

    @property
    def is_valid(self) -> bool:
        edges = np.array(self.edges)
        widths = np.diff(edges)
        return bool(len(edges) and np.isfinite(edges).all() and np.isfinite(widths).all()) and bool(
            (widths > 0).all()
        )

    def inputs(self, name: str) -> list[str]:
        """Input names with their bins: `age[0.2..1.5]`."""
        if len(self.edges) == 1:
            return [name]
        ends = _distinct_texts(self.edges)
        return [f"{name}[{low}..{high}]" for low, high in pairwise(ends)]

    def __call__(self, values: Array) -> Array:
        """(rows, bins) inputs."""
        if len(self.edges) == 1:
            return np.zeros((len(values), 1))
        lows, widths = self._bins
        filled = values[:, None] - lows
        np.divide(filled, widths, out=filled)
        np.maximum(filled, 0.0, out=filled)
        return np.asarray(np.minimum(filled, 1.0, out=filled))

    @cached_property
    def _bins(self) -> tuple[Array, Array]:
        """(bins,) lower edges and widths."""
        edges = np.array(self.edges)
        return edges[:-1], np.diff(edges)


@frozen
class BinsAndValue:
    """(e_1 / 2, ..., e_T / 2, (x - mean) / sd): piecewise linear bins, then the standardized value.

    With random weights, bins alone give a rough function; the value adds a smooth one, as in
    Holzmueller, Grinsztajn and Steinwart, "Better by Default", 2024. Bins are halved so that they
    don't outweigh the value, which is clipped to the outer edges. A single bin needs no value, and
    there is none if the standard deviation overflows or underflows to 0.
    """

    edges: tuple[float, ...]
    shift: float
    scale: float

    @classmethod
    def fit(cls, values: Array, bins: int) -> "BinsAndValue | PiecewiseLinear":
        """Fit to values, (rows,), none missing. bins: the maximum number."""
        alone = PiecewiseLinear.fit(values, bins)
        mean, deviation = float(values.mean()), float(values.std())
        if len(alone.edges) <= 2 or not 0 < deviation < np.inf:
            return alone
        return cls(alone.edges, mean, deviation)

    @cached_property
    def bins(self) -> PiecewiseLinear:
        return PiecewiseLinear(self.edges)

    @property
    def is_valid(self) -> bool:
        return (
            self.bins.is_valid
            and len(self.edges) > 2
            and bool(np.isfinite([self.shift, self.scale]).all())
            and self.scale > 0
        )

    def inputs(self, name: str) -> list[str]:
        """The names of the bins, then the column's."""
        return [*self.bins.inputs(name), name]

    def __call__(self, values: Array) -> Array:
        """(rows, bins + 1) inputs."""
        found = np.empty((len(values), len(self.edges)))
        np.divide(self.bins(values), 2.0, out=found[:, :-1])
        within = np.minimum(np.maximum(values, self.edges[0]), self.edges[-1])
        np.divide(within - self.shift, self.scale, out=found[:, -1])
        return found


Encoding = PiecewiseLinear | BinsAndValue | NormalScores | RobustClip


def _distinct_texts(edges: tuple[float, ...]) -> list[str]:
    """Edges as texts, with the fewest digits (at least 3) that keep them distinct."""
    for digits in range(3, 18):
        texts = [f"{edge:.{digits}g}" for edge in edges]
        if len(set(texts)) == len(texts):
            break
    return texts


def encoding_fit(
    encode: Encode, bins: int, scale: NumericScale, *, with_value: bool = False
) -> Callable[[Array], Encoding] | None:
    """The function that fits an encoding to a column; None if it is only shifted and scaled."""
    if encode == "piecewise_linear":
        fit = BinsAndValue.fit if with_value else PiecewiseLinear.fit
        return lambda values: fit(values, bins)
    if scale == "quantile":
        return NormalScores.fit
    return RobustClip.fit if scale == "robust_clip" else None
