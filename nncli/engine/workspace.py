"""Workspace: every buffer a network needs for a batch, allocated once."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nncli.engine.network import Network
from nncli.engine.operations import Draw
from nncli.engine.tape import Tape
from nncli.parts.arrays import Array, LayerBuffers, Shape


class Workspace:
    """Buffers for up to `rows` rows, bound to one theta and (for training) one gradient.

    A smaller batch uses the first part of every buffer, so it costs no memory of its own.
    """

    def __init__(
        self,
        network: Network,
        rows: int,
        theta: Array,
        gradient: Array | None = None,
        random: np.random.Generator | None = None,
    ) -> None:
        self.network, self.rows, self.dtype = network, rows, theta.dtype
        self.tensors = network.layout.views(theta)
        self.gradients = network.layout.views(gradient) if gradient is not None else {}
        self.training = gradient is not None
        self.uniform = _filler(random) if random is not None else None
        self._arrays: dict[str, Array] = {}

    def array(self, name: str, shape: Shape, largest: Shape) -> Array:
        """The array called `name`, in this shape; `largest` is its shape for all rows."""
        if name not in self._arrays:
            self._arrays[name] = np.zeros(math.prod(largest), self.dtype)
        return self._arrays[name][: math.prod(shape)].reshape(shape)

    def buffers(self, x: Array) -> list[LayerBuffers]:
        """The buffers of each layer for the batch x, (rows or fewer, inputs)."""
        rows, network = len(x), self.network
        ones = self.array("ones", (rows,), (self.rows,))
        ones[...] = 1.0
        buffers: list[LayerBuffers] = []
        for index, node in enumerate(network.nodes):
            shapes = node.layer.saved_shapes(rows, node.input_shape)
            largest = node.layer.saved_shapes(self.rows, node.input_shape)
            params = node.layer.param_shapes(node.input_shape)
            own = LayerBuffers(
                x=x,
                y=self._of_rows(f"{node.name}/y", rows, node.output_shape),
                ones=ones,
                params=network.own(self.tensors, node, params),
                grads=network.own(self.gradients, node, params),
                state=network.own(self.tensors, node, node.layer.state_shapes(node.input_shape)),
                saved={
                    name: self.array(f"{node.name}/{name}", shape, largest[name])
                    for name, shape in shapes.items()
                },
                uniform=self.uniform,
                training=self.training,
            )
            if self.training and index >= network.first_trained:
                own.dy = self._of_rows(f"{node.name}/dy", rows, node.output_shape)
                own.dx = buffers[-1].dy if buffers else None
            buffers.append(own)
            x = own.y
        return buffers

    def _of_rows(self, name: str, rows: int, shape: Shape) -> Array:
        return self.array(name, (rows, *shape), (self.rows, *shape))


def recorded(buffers: list[LayerBuffers], tape: Tape) -> list[LayerBuffers]:
    """The same buffers with every array wrapped for `tape`; an array shared stays shared."""
    seen: dict[int, Array] = {}

    def wrap(array: Array) -> Array:
        return seen.setdefault(id(array), tape.wrap(array))

    def wrap_all(arrays: Mapping[str, Array]) -> dict[str, Array]:
        return {name: wrap(array) for name, array in arrays.items()}

    wrapped = []
    for own in buffers:
        uniform = own.uniform
        wrapped.append(
            replace(
                own,
                x=wrap(own.x),
                y=wrap(own.y),
                ones=wrap(own.ones),
                dx=None if own.dx is None else wrap(own.dx),
                dy=None if own.dy is None else wrap(own.dy),
                params=wrap_all(own.params),
                grads=wrap_all(own.grads),
                state=wrap_all(own.state),
                saved=wrap_all(own.saved),
                uniform=uniform and _recorded_filler(uniform, tape),
            )
        )
    return wrapped


def _filler(random: np.random.Generator) -> Callable[[Array], None]:
    def fill(out: Array) -> None:
        dtype: Any = out.dtype
        random.random(out=out, dtype=dtype)

    return fill


def _recorded_filler(fill: Callable[[Array], None], tape: Tape) -> Callable[[Array], None]:
    return lambda out: tape.add(Draw(fill, out.view(np.ndarray)))
