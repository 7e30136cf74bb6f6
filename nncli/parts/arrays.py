"""The types that all kernels use: arrays, shapes, and the buffers of one layer; indexing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[tuple[Any, ...], np.dtype[Any]]
Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]


@dataclass
class LayerBuffers:
    """The arrays of one layer in a plan; a kernel reads and writes only these.

    x: (batch, *input shape), the layer's input.     dx: d(loss)/d(x), or None if not needed.
    y: (batch, *output shape), the layer's output.   dy: d(loss)/d(y).
    inputs: the input blocks named in the layer's `reads`, by name; (batch, ...) each.
    params, grads: the parameters of `param_shapes`, and their gradients but for frozen ones.
    state: the arrays of `state_shapes`, which a training pass updates without a gradient.
    saved: the arrays of `saved_shapes`: kept from forward to backward, and scratch.
    ones: a 1 for each line of `lines(x)`: (batch,) if a row is a vector. The product with it is a
        sum over lines.
    uniform: fills an array with uniform draws from [0, 1).
    training: whether the pass belongs to a training step.
    """

    x: Array
    y: Array
    ones: Array
    dx: Array | None = None
    dy: Array | None = None
    inputs: Mapping[str, Array] = field(default_factory=dict)
    params: Mapping[str, Array] = field(default_factory=dict)
    grads: Mapping[str, Array] = field(default_factory=dict)
    state: Mapping[str, Array] = field(default_factory=dict)
    saved: Mapping[str, Array] = field(default_factory=dict)
    uniform: Callable[[Array], None] | None = None
    training: bool = True


def evenly_spaced(count: int, most: int) -> Array:
    """At most `most` of the indices 0, ..., count - 1, including the first and the last."""
    return np.linspace(0, count - 1, min(most, count)).astype(np.intp)


def lines(x: Array) -> Array:
    """x as a matrix, all axes but the last flattened; x itself if it has two axes."""
    return x if x.ndim == 2 else x.reshape(-1, x.shape[-1])
