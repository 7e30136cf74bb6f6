"""Variant: the same network with other initial weights, short enough for work by hand."""

import math

import numpy as np

from nncli.artifacts.loaded_network import LoadedNetwork
from nncli.errors import UserError
from nncli.parts.arrays import Array

DRAWN = ("/W", "/b")  # the ends of the names of tensors to draw
MAX_RATIO = 5  # the largest magnitude drawn over the smallest


def vary(loaded: LoadedNetwork, variant: int) -> None:
    """Redraw the initial weights and biases of a config, with two digits each.

    Signs and zeros stay, and no magnitude exceeds the largest of its tensor, so that the numbers
    stay suitable for work by hand. A variant is the same on every machine.
    Raises UserError if there is nothing to draw.
    """
    if loaded.reader is not None:
        raise UserError(f"--variant: {loaded.path} is a run, whose weights are what it has learnt")
    draw = np.random.default_rng([variant])
    views = loaded.built.job.network.layout.views(loaded.state.theta)
    chosen = [view for name, view in views.items() if name.endswith(DRAWN) and view.any()]
    if not chosen:
        raise UserError("--variant: every weight begins at 0, and nothing would differ")
    for view in chosen:
        view[...] = _redrawn(view, draw)


def _redrawn(values: Array, draw: np.random.Generator) -> Array:
    """The same signs, with magnitudes of two digits from a fifth of the largest to the largest."""
    largest = float(np.abs(values).max())
    decimals = 1 - math.floor(math.log10(largest))
    top = max(round(largest * 10.0**decimals), 1)
    drawn = draw.integers(max(top // MAX_RATIO, 1), top, size=values.shape, endpoint=True)
    sizes = np.round(drawn / 10.0**decimals, max(decimals, 0))
    return np.sign(values) * sizes
