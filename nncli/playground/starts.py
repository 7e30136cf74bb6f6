"""Starts: how to initialize a layer's tensors, when the page changes the network."""

from typing import Any

import numpy as np

from nncli.parts.initializers import Initializer
from nncli.parts.initializers.rules import Normal, ScaledUniform, Uniform, VarianceScaling
from nncli.parts.layers import Dense, Layer

TRIED = (2, 3)  # a shape for trying whether all numbers are equal


def starts(layer: Layer) -> dict[str, Any]:
    """`start_of` each tensor that doesn't start at 0.

    Weights that are given one by one don't fit a changed network: it uses the activation's default.
    """
    found: dict[str, Any] = {}
    for name, initializer in layer.initializers().items():
        how = start_of(initializer)
        if how is None and isinstance(layer, Dense) and name == "W":
            how = start_of(layer.activation.initializer)
        if how and how != {"constant": 0.0}:
            found[name] = how
    return found


def start_of(initializer: Initializer) -> dict[str, Any] | None:
    """A distribution with its numbers, or the name of its variance's function; or a constant."""
    match initializer:
        case VarianceScaling():
            kind = "uniform" if isinstance(initializer, ScaledUniform) else "normal"
            return {kind: initializer.name}
        case Normal():
            return {"normal": [initializer.mean, initializer.std]}
        case Uniform():
            return {"uniform": [initializer.low, initializer.high]}
    try:
        values = initializer(TRIED, np.random.default_rng(0), "")
    except Exception:  # it needs the tensor's own name and shape
        return None
    same = bool((values == values.flat[0]).all())
    return {"constant": float(values.flat[0])} if same else None
