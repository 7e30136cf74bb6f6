"""Variant: the same network from other numbers, as short as those one works with by hand."""

import math

import numpy as np

from nncli.artifacts.loaded_network import LoadedNetwork
from nncli.errors import UserError
from nncli.parts.arrays import Array

DRAWN = ("/W", "/b")  # what ends in them; a table of statistics isn't drawn
MAX_RATIO = 5  # the largest number over the smallest that is drawn


def vary(loaded: LoadedNetwork, variant: int) -> None:
    """Draw the weights and biases that a config starts from anew, two digits each.

    Signs and zeros stay, and no number is larger than the largest of its tensor: what was made to
    work by hand still does. One number makes the same variant everywhere.
    Raises UserError where there is nothing to draw.
    """
    if loaded.reader is not None:
        raise UserError(f"--variant: {loaded.path} is a run, whose weights are what it has learnt")
    draw = np.random.default_rng([variant])
    views = loaded.built.job.network.layout.views(loaded.state.theta)
    chosen = [view for name, view in views.items() if name.endswith(DRAWN) and view.any()]
    if not chosen:
        raise UserError("--variant: every weight begins at 0, and nothing would differ")
    for view in chosen:
        view[...] = _anew(view, draw)


def _anew(values: Array, draw: np.random.Generator) -> Array:
    """As many hundredths, say, as from a fifth of the largest to all of it."""
    largest = float(np.abs(values).max())
    decimals = 1 - math.floor(math.log10(largest))
    top = max(round(largest * 10.0**decimals), 1)
    drawn = draw.integers(max(top // MAX_RATIO, 1), top, size=values.shape, endpoint=True)
    sizes = np.round(drawn / 10.0**decimals, max(decimals, 0))
    return np.sign(values) * sizes
