"""Workspace: every buffer that a network needs for a batch, allocated once."""

import math
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np

from nncli.engine.arena import Arena
from nncli.engine.network import Network, Node
from nncli.engine.operations import Draw
from nncli.engine.rows import X
from nncli.engine.tape import Tape
from nncli.errors import ShapeError
from nncli.parts.arrays import Array, LayerBuffers, Shape
from nncli.parts.layers import SKIP


class Workspace:
    """Buffers for up to `rows` rows, with views into one theta and (for training) one gradient.

    A smaller batch uses the first part of every buffer, so that it takes no further memory.
    arena: where arrays that every pass fills anew may be placed.
    """

    def __init__(
        self,
        network: Network,
        rows: int,
        theta: Array,
        gradient: Array | None = None,
        random: np.random.Generator | None = None,
        arena: Arena | None = None,
    ) -> None:
        self.network, self.rows, self.dtype, self.arena = network, rows, theta.dtype, arena
        self.tensors = network.layout.views(theta)
        self.gradients = network.layout.views(gradient) if gradient is not None else {}
        self.training = gradient is not None
        self.uniform = _filler(random) if random is not None else None
        self._arrays: dict[str, Array] = {}

    def with_gradient(self, gradient: Array) -> "Workspace":
        """The same buffers with another gradient."""
        other = copy(self)
        other.gradients = self.network.layout.views(gradient)
        return other

    def array(self, name: str, shape: Shape, largest: Shape, dtype: Any = None) -> Array:
        """The buffer `name` in this shape; `largest`: its shape for `rows` rows."""
        if name not in self._arrays:
            self._arrays[name] = self._placed(name, math.prod(largest), dtype or self.dtype)
        return self._arrays[name][: math.prod(shape)].reshape(shape)

    def _placed(self, name: str, size: int, dtype: Any) -> Array:
        """Memory for a buffer; zeros, unless every pass writes all of it before reading."""
        found = None
        if self.arena is not None and _is_written_anew(name):
            found = self.arena.take(size, dtype)
        return np.zeros(size, dtype) if found is None else found

    def of_rows(self, name: str, rows: int, shape: Shape, dtype: Any = None) -> Array:
        """The buffer `name` in shape (rows, *shape)."""
        return self.array(name, (rows, *shape), (self.rows, *shape), dtype)

    def buffers(self, inputs: Mapping[str, Array]) -> list[LayerBuffers]:
        """The buffers of each layer for a batch's input blocks, which have at most `rows` rows."""
        network, rows = self.network, len(inputs[X])
        x = (
            inputs[X].reshape(rows, *network.input_shape)
            if len(network.input_shape) > 1
            else inputs[X]
        )
        ones: dict[int, Array] = {}
        buffers: list[LayerBuffers] = []
        for index, node in enumerate(network.nodes):
            shapes = node.layer.saved_shapes(rows, node.input_shape)
            largest = node.layer.saved_shapes(self.rows, node.input_shape)
            params = node.layer.param_shapes(node.input_shape)
            begin = index - node.block
            skipped = {SKIP: buffers[begin].x} if node.block else {}
            own = LayerBuffers(
                x=x,
                y=self.of_rows(f"{node.name}/y", rows, node.output_shape),
                ones=self._ones(rows, node.input_shape, ones),
                inputs=_read(node, inputs) | skipped,
                params=network.own(self.tensors, node, params),
                grads=network.own(self.gradients, node, params),
                state=network.own(self.tensors, node, node.layer.state_shapes(node.input_shape)),
                saved={
                    name: self.array(f"{node.name}/{name}", shape, largest[name])
                    for name, shape in shapes.items()
                    if self.training or name != "dz"  # only the backward pass uses it
                },
                uniform=self.uniform,
                training=self.training,
            )
            if self.training and index >= network.first_trained:
                own.dy = self.of_rows(f"{node.name}/dy", rows, node.output_shape)
                own.dx = buffers[-1].dy if buffers else None
            buffers.append(own)
            x = own.y
        return buffers

    def _ones(self, rows: int, shape: Shape, known: dict[int, Array]) -> Array:
        """A 1 for each line of x; layers with the same number of lines share them."""
        lines = math.prod(shape[:-1])
        if lines not in known:
            most = max(math.prod(node.input_shape[:-1]) for node in self.network.nodes)
            known[lines] = self.array("ones", (rows * lines,), (self.rows * most,))
            known[lines][...] = 1.0
        return known[lines]


def _is_written_anew(name: str) -> bool:
    """Whether every pass writes all of a buffer: rows of the batch, and what layers compute."""
    owner, _, short = name.rpartition("/")
    return owner == "input" or name == "targets" or short in ("y", "dy", "z", "dz")


def arena_for(network: Network, rows: int, dtype: Any, *, gather: bool) -> Arena:
    """An arena for the buffers that a step of so many rows fills. gather: whether its rows too."""
    numbers = rows * (network.inputs * gather + network.outputs)
    for node in network.nodes:
        saved = node.layer.saved_shapes(rows, node.input_shape)
        numbers += 2 * rows * node.outputs
        numbers += sum(math.prod(saved[name]) for name in ("z", "dz") if name in saved)
    return Arena(numbers, dtype)


def _read(node: Node, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """The blocks that a layer reads beside x. Raises ShapeError if the rows lack one."""
    for name in node.layer.reads:
        if name not in inputs:
            given = ", ".join(inputs)
            raise ShapeError(
                f"{node.name} reads the inputs '{name}', and the data has only {given}"
            )
    return {name: inputs[name] for name in node.layer.reads}


def recorded(buffers: list[LayerBuffers], tape: Tape) -> list[LayerBuffers]:
    """The same buffers with every array wrapped for `tape`; shared arrays stay shared."""
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
                inputs=wrap_all(own.inputs),
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
