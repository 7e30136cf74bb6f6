"""Network: a sequence of named layers with their shapes, and the loss at its end."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nncli.engine.layout import Layout, Zone
from nncli.frozen import frozen
from nncli.parts.arrays import Array, Shape
from nncli.parts.layers import Dense, Embedding, Layer, placed_layers
from nncli.parts.losses import Loss

EMBEDDING = "embedding"


@frozen
class Node:
    """A layer at its place: `embedding` if there is one, `hidden_1`, `hidden_2`, ..., `output`.

    block: for the end of a residual block, how many layers before it form the block; else 0.
    """

    name: str
    layer: Layer
    input_shape: Shape
    output_shape: Shape
    block: int = 0

    @property
    def inputs(self) -> int:
        """The size of a row of x."""
        return math.prod(self.input_shape)

    @property
    def outputs(self) -> int:
        """The size of a row of y."""
        return math.prod(self.output_shape)

    @property
    def frozen(self) -> str:
        """`frozen` if no parameter is trained, `b frozen` if only b isn't; empty if all are."""
        names = [*self.layer.param_shapes(self.input_shape)]
        still = [name for name in names if not self.layer.trains(name)]
        return f"{'' if still == names else f'{still[0]} '}frozen" if still else ""


class Network:
    """The forward map and the layout of its parameters; it holds no data and no parameter values.

    input_shape: of one row of x.  embedding: in front of the layers, if there is one.
    Raises ShapeError for a layer that can't take its input's shape.
    """

    def __init__(
        self,
        input_shape: Shape,
        hidden: Sequence[Layer],
        output: Dense,
        loss: Loss,
        embedding: Embedding | None = None,
    ) -> None:
        self.input_shape, self.loss, self.output = input_shape, loss, output
        self.hidden = tuple(hidden)
        self.embedding = embedding
        nodes: list[Node] = []
        if embedding is not None:
            nodes.append(
                Node(EMBEDDING, embedding, input_shape, embedding.output_shape(input_shape))
            )
            input_shape = nodes[-1].output_shape
        for each in placed_layers(hidden, input_shape):
            shapes = each.input_shape, each.output_shape
            nodes.append(Node(f"hidden_{each.number}", each.layer, *shapes, each.block))
        input_shape = nodes[-1].output_shape if nodes else input_shape
        nodes.append(Node("output", output, input_shape, output.output_shape(input_shape)))
        self.nodes = tuple(nodes)
        self.block_ends: dict[int, list[int]] = {}  # first node -> last nodes of residual blocks
        for end, node in enumerate(nodes):
            if node.block:
                self.block_ends.setdefault(end - node.block, []).append(end)
        self.layout = Layout(self._tensors())

    @property
    def inputs(self) -> int:
        return self.nodes[0].inputs

    @property
    def outputs(self) -> int:
        return self.nodes[-1].outputs

    @property
    def widest(self) -> int:
        """The size of a row where it is largest."""
        return max(self.inputs, *(node.outputs for node in self.nodes))

    @property
    def is_matched(self) -> bool:
        """Whether the loss is computed from the output's scores z, with a formula for dz."""
        return type(self.output.activation) is self.loss.matched  # a subclass has its own a(z)

    @property
    def is_random(self) -> bool:
        """Whether a training pass draws random numbers."""
        return any(node.layer.is_random for node in self.nodes)

    @property
    def first_trained(self) -> int:
        """The index of the first layer with trainable parameters, where backward passes end."""
        for index, node in enumerate(self.nodes):
            if node.layer.is_trainable and node.layer.param_shapes(node.input_shape):
                return index
        return len(self.nodes)

    def _tensors(self) -> Iterator[tuple[str, Shape, Zone]]:
        for node in self.nodes:
            for name, shape in node.layer.param_shapes(node.input_shape).items():
                zone = Zone.TRAINED if node.layer.trains(name) else Zone.FROZEN
                yield f"{node.name}/{name}", shape, zone
            for name, shape in node.layer.state_shapes(node.input_shape).items():
                yield f"{node.name}/{name}", shape, Zone.STATE

    def initialize(self, random: np.random.Generator, dtype: Any = float) -> Array:
        """The initial theta: layers in order, each layer's tensors in order, drawn in float64."""
        theta = np.empty(self.layout.size, dtype)
        views = self.layout.views(theta)
        for node in self.nodes:
            starts = node.layer.initializers()
            for name in (
                *node.layer.param_shapes(node.input_shape),
                *node.layer.state_shapes(node.input_shape),
            ):
                tensor = views[f"{node.name}/{name}"]
                tensor[...] = starts[name](tensor.shape, random, f"{node.name}/{name}")
        return theta

    def own(
        self, views: Mapping[str, Array], node: Node, names: Mapping[str, Shape]
    ) -> dict[str, Array]:
        """The tensors of one layer by their short names; those that `views` lacks are left out."""
        full = {name: f"{node.name}/{name}" for name in names}
        return {name: views[key] for name, key in full.items() if key in views}

    def penalty(self, views: Mapping[str, Array]) -> float:
        """The sum of the regularizers' penalties."""
        return sum(
            node.layer.penalty(self.own(views, node, node.layer.param_shapes(node.input_shape)))
            for node in self.nodes
        )
