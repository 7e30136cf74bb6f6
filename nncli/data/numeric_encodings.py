"""Numeric encodings: a number -> network inputs, by the quantiles of the training rows."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from nncli.data.bent_scales import NormalScores, NumericScale, RobustClip
from nncli.data.scaling import ROUNDING
from nncli.parts.arrays import Array

Encode = Literal["none", "piecewise_linear"]
BINS = 16
MOST_BINS = 1024


@dataclass(frozen=True)
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
        edges = np.array(self.edges)
        filled = (values[:, None] - edges[:-1]) / np.diff(edges)
        return np.asarray(np.clip(filled, 0.0, 1.0, out=filled))


Encoding = PiecewiseLinear | NormalScores | RobustClip


def _told_apart(edges: tuple[float, ...]) -> list[str]:
    """Edges in as few digits as leave no two alike, three at least."""
    for digits in range(3, 18):
        texts = [f"{edge:.{digits}g}" for edge in edges]
        if len(set(texts)) == len(texts):
            break
    return texts


def fitting(encode: Encode, bins: int, scale: NumericScale) -> Callable[[Array], Encoding] | None:
    """What fits an encoding to the values of a column; None where shift and scale are all."""
    if encode == "piecewise_linear":
        return lambda values: PiecewiseLinear.fit(values, bins)
    if scale == "quantile":
        return NormalScores.fit
    return RobustClip.fit if scale == "robust_clip" else None
