"""Residual: a block of layers whose output is added to its input."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import numpy as np

from nncli.constraints import Length, PositiveInt
from nncli.equivalent import unsupported
from nncli.errors import ShapeError
from nncli.frozen import frozen
from nncli.parts.arrays import LayerBuffers, Shape
from nncli.parts.layers.dense import Dense
from nncli.parts.layers.layer import Layer
from nncli.registry import part

SKIP = "skip"  # the input block that `Add` reads: the input of its residual block
RESIDUAL_MODULE = '''\
class Residual(nn.Module):
    """x plus what the layers make of it."""

    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.layers(x)'''


@part("residual")
class Residual(Layer):
    """a = f(x) + x, where f are the `layers` of the block, one after the other.

    Backward: dx = da + (df/dx)^T da, so that a gradient reaches the layers before the block however
    small it becomes within. Input and output have the same shape. In a trace the layers of block
    hidden_3 are hidden_3_1, hidden_3_2, ...
    Source: He et al. (2016), Deep residual learning for image recognition.
    """

    layers: Annotated[
        Sequence[PositiveInt | Layer],
        Length(1),
        "the block, layers or just their units, which ends in the shape of its input",
    ]
    equivalents = {
        "scikit-learn": unsupported("residual blocks"),
        "keras": "layers.Add()",
        "pytorch": "Residual()",
    }

    @property
    def block(self) -> list[Layer]:
        """The layers; a number of units stands for a dense layer."""
        return [Dense(each) if isinstance(each, int) else each for each in self.layers]


@frozen
class Add(Layer):
    """a = x + skip: the end of a residual block; x is its last layer's output, skip its input."""

    name = "add"
    equivalents = Residual.equivalents

    def forward(self, buffers: LayerBuffers) -> None:
        np.add(buffers.x, buffers.inputs[SKIP], out=buffers.y)

    def backward(self, buffers: LayerBuffers) -> None:
        if buffers.dx is not None:
            assert buffers.dy is not None
            np.copyto(buffers.dx, buffers.dy)

    def formulas(self) -> dict[str, str]:
        return {"a": "{x} + {skip}"}

    def backward_formulas(self) -> dict[str, str]:
        return {"dx": "{da}"}


@frozen
class Placed:
    """A layer at its place in a network's sequence of layers.

    number: `3`, or `3_1` within a residual block.  key: the place in the config, `[2]` or
    `[2].layers[0]`.  block: for an `Add`, how many layers before it form its block; else 0.
    """

    number: str
    layer: Layer
    key: str
    block: int
    input_shape: Shape
    output_shape: Shape


def placed_layers(layers: Sequence[Layer], shape: Shape) -> Iterator[Placed]:
    """The layers as one sequence: residual blocks as their own layers and an `Add`.

    shape: of an input row. Raises ShapeError, with the key of a layer that can't take its input's
    shape, or of a block whose output hasn't its input's shape.
    """
    inputs: list[Shape] = []
    for number, layer, key, block in _numbered(layers):
        try:
            output = layer.output_shape(shape)
        except ShapeError as error:
            raise ShapeError(str(error), key) from None
        inputs.append(shape)
        if output != (begin := inputs[-1 - block]) and block:
            expected, found = (f"({', '.join(map(str, each))})" for each in (begin, output))
            message = f"a residual block ends in the shape of its input, {expected}, found {found}"
            raise ShapeError(message, key)
        yield Placed(number, layer, key, block, shape, output)
        shape = output


def single_layers(layers: Sequence[Layer]) -> Iterator[Layer]:
    """The layers, with each residual block replaced by its own layers, without an `Add`."""
    return (layer for _, layer, *_ in _numbered(layers) if not isinstance(layer, Add))


def _numbered(
    layers: Sequence[Layer], numbers: str = "", key: str = ""
) -> Iterator[tuple[str, Layer, str, int]]:
    """(number, layer, key, block) of each `Placed` layer; the shapes aren't known yet."""
    for position, layer in enumerate(layers):
        number, own = f"{numbers}{position + 1}", f"{key}[{position}]"
        if isinstance(layer, Residual):
            block = [*_numbered(layer.block, f"{number}_", f"{own}.layers")]
            yield from block
            yield number, Add(), own, len(block)
        else:
            yield number, layer, own, 0
