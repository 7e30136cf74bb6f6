"""Starts: how the tensors of a layer begin, where a changed network needs them anew."""

from typing import Any

import numpy as np

from nncli.parts.initializers import Initializer
from nncli.parts.initializers.rules import Normal, ScaledUniform, Uniform, VarianceScaling
from nncli.parts.layers import Dense, Layer

TRIED = (2, 3)  # a shape, to see whether all numbers are one


def starts(layer: Layer) -> dict[str, Any]:
    """Of each tensor that starts with anything but 0: how, as `start_of`.

    Weights that are written out fit no other network: there the activation's own rule stands in.
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
    """Draws by their kind, a variance by the name of its function; or a number for all."""
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
    except Exception:  # it asks for the tensor's own name and shape
        return None
    same = bool((values == values.flat[0]).all())
    return {"constant": float(values.flat[0])} if same else None
