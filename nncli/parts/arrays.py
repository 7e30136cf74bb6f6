"""The types that kernels share: arrays, shapes, and the buffers one layer works on."""

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

    x: (batch, *input shape), the layer's input.     dx: alike, or None if nobody needs it.
    y: (batch, *output shape), the layer's output.   dy: alike; d(loss)/d(y).
    inputs: the input blocks that the layer `reads` beside x, by name; (batch, ...) each.
    params, grads: what `param_shapes` declared; a gradient is absent where it isn't trained.
    state: what `state_shapes` declared: numbers that training moves without a gradient.
    saved: what `saved_shapes` declared: kept from forward to backward, and scratch.
    ones: a 1 for each line of x along its last axis: (batch,) where rows are features; sums over
        lines are products with it.
    uniform: fills an array with draws from [0, 1).
    training: whether this pass is one of a training step.
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


def lines(x: Array) -> Array:
    """(lines, numbers along the last axis): the array itself where rows are features."""
    return x if x.ndim == 2 else x.reshape(-1, x.shape[-1])
