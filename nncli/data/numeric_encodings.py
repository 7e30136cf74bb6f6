"""Numeric encodings: a number -> network inputs, by the quantiles of the training rows."""

from collections.abc import Callable
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np

from nncli.data.bent_scales import NormalScores, NumericScale, RobustClip
from nncli.data.scaling import ROUNDING
from nncli.frozen import frozen
from nncli.parts.arrays import Array

Encode = Literal["none", "piecewise_linear"]
BINS = 16
MOST_BINS = 1024


@frozen
class PiecewiseLinear:
    """e_t = clip((x - b_(t-1)) / (b_t - b_(t-1)), 0, 1): an input for each bin t, b its edges.

    So a value fills the bins below it, 1 each, and its own in part; the first layer's weights are
    slopes, one a bin, and sum up to a function that bends at every edge. Beyond the outer edges it
    stays as it is at them: no new value leads farther than training did. Edges are values of the
    training rows, their quantiles, each once: where values repeat there are fewer bins. A column
    that never varies has one input, of 0.
    Gorishniy, Rubachev and Babenko, "On Embeddings for Numerical Features in Tabular Deep
    Learning", 2022, where the outer bins go on instead.
    """

    edges: tuple[float, ...]

    @classmethod
    def fit(cls, values: Array, bins: int) -> "PiecewiseLinear":
        """values: (rows,), none of them missing. bins: the most there may be."""
        ordered = np.sort(values)
        edges = ordered[np.rint(np.linspace(0, len(ordered) - 1, bins + 1)).astype(int)]
        gap = ROUNDING * np.abs(edges).max()
        return cls(tuple(edges[np.diff(edges, prepend=-np.inf) > gap].tolist()))

    @property
    def is_sound(self) -> bool:
        edges = np.array(self.edges)
        widths = np.diff(edges)
        return bool(len(edges) and np.isfinite(edges).all() and np.isfinite(widths).all()) and bool(
            (widths > 0).all()
        )

    def inputs(self, name: str) -> list[str]:
        """`age[0.2..1.5]`: the bin that each input is of."""
        if len(self.edges) == 1:
            return [name]
        ends = _told_apart(self.edges)
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
        """(bins,) where each begins, and how wide it is."""
        edges = np.array(self.edges)
        return edges[:-1], np.diff(edges)


@frozen
class BinsAndValue:
    """(e_1 / 2, ..., e_T / 2, (x - mean) / sd): piecewise linear bins, and the value after them.

    Bins alone begin as a rough function: at random, the slopes of neighbours have nothing to do
    with each other. The value lends what is smooth, as in the encodings of Holzmueller, Grinsztajn
    and Steinwart, "Better by Default", 2024, which have it too; halved, T bins don't outweigh it.
    It too stays as it is beyond the outer edges. Of two edges, the bin says all.
    """

    edges: tuple[float, ...]
    shift: float
    scale: float

    @classmethod
    def fit(cls, values: Array, bins: int) -> "BinsAndValue | PiecewiseLinear":
        """values: (rows,), none of them missing. bins: the most there may be."""
        alone = PiecewiseLinear.fit(values, bins)
        if len(alone.edges) <= 2:
            return alone
        return cls(alone.edges, float(values.mean()), float(values.std()))

    @cached_property
    def bins(self) -> PiecewiseLinear:
        return PiecewiseLinear(self.edges)

    @property
    def is_sound(self) -> bool:
        return (
            self.bins.is_sound
            and len(self.edges) > 2
            and bool(np.isfinite([self.shift, self.scale]).all())
            and self.scale > 0
        )

    def inputs(self, name: str) -> list[str]:
        """Those of the bins, and the name itself."""
        return [*self.bins.inputs(name), name]

    def __call__(self, values: Array) -> Array:
        """(rows, bins + 1) inputs."""
        found = np.empty((len(values), len(self.edges)))
        np.divide(self.bins(values), 2.0, out=found[:, :-1])
        within = np.minimum(np.maximum(values, self.edges[0]), self.edges[-1])
        np.divide(within - self.shift, self.scale, out=found[:, -1])
        return found


Encoding = PiecewiseLinear | BinsAndValue | NormalScores | RobustClip


def _told_apart(edges: tuple[float, ...]) -> list[str]:
    """Edges in as few digits as leave no two alike, three at least."""
    for digits in range(3, 18):
        texts = [f"{edge:.{digits}g}" for edge in edges]
        if len(set(texts)) == len(texts):
            break
    return texts


def fitting(
    encode: Encode, bins: int, scale: NumericScale, *, with_value: bool = False
) -> Callable[[Array], Encoding] | None:
    """What fits an encoding to the values of a column; None where shift and scale are all."""
    if encode == "piecewise_linear":
        fit = BinsAndValue.fit if with_value else PiecewiseLinear.fit
        return lambda values: fit(values, bins)
    if scale == "quantile":
        return NormalScores.fit
    return RobustClip.fit if scale == "robust_clip" else None
