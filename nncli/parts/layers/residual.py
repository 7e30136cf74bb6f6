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

SKIP = "skip"  # what `Add` reads: the input of its block
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

    Backward: dx = da + what the block makes of da, so that a gradient reaches what lies before the
    block however small it becomes in it. The block ends in the shape in which it began. In a trace
    its layers are hidden_3_1, hidden_3_2, ..., where it is hidden_3.
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
        """The layers; units become a dense layer."""
        return [Dense(each) if isinstance(each, int) else each for each in self.layers]


@frozen
class Add(Layer):
    """a = x + skip: the end of a residual block, x its last layer's output, skip its input."""

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
    """A layer in the row that a network is.

    number: `3`; of a residual block's own layers `3_1`.  key: its place among the layers, `[2]` or
    `[2].layers[0]`.  block: of an `Add`, how many layers before it are its block.
    """

    number: str
    layer: Layer
    key: str
    block: int
    input_shape: Shape
    output_shape: Shape


def in_a_row(layers: Sequence[Layer], shape: Shape) -> Iterator[Placed]:
    """The layers with those of residual blocks among them, an `Add` at the end of each block.

    shape: of a row that the first one gets. Raises ShapeError, with the key of a layer that can't
    take what it gets, or of a block that doesn't end in the shape in which it began.
    """
    gets: list[Shape] = []
    for number, layer, key, block in _numbered(layers):
        try:
            output = layer.output_shape(shape)
        except ShapeError as error:
            raise ShapeError(str(error), key) from None
        gets.append(shape)
        if output != (begun := gets[-1 - block]) and block:
            begins, ends = (f"({', '.join(map(str, each))})" for each in (begun, output))
            message = f"a residual block ends in the shape of its input, {begins}, found {ends}"
            raise ShapeError(message, key)
        yield Placed(number, layer, key, block, shape, output)
        shape = output


def single_layers(layers: Sequence[Layer]) -> Iterator[Layer]:
    """The layers, with those of residual blocks in the place of the blocks."""
    return (layer for _, layer, *_ in _numbered(layers) if not isinstance(layer, Add))


def _numbered(
    layers: Sequence[Layer], numbers: str = "", key: str = ""
) -> Iterator[tuple[str, Layer, str, int]]:
    """(number, layer, key, block) of each, before anything is known of shapes."""
    for position, layer in enumerate(layers):
        number, own = f"{numbers}{position + 1}", f"{key}[{position}]"
        if isinstance(layer, Residual):
            block = [*_numbered(layer.block, f"{number}_", f"{own}.layers")]
            yield from block
            yield number, Add(), own, len(block)
        else:
            yield number, layer, own, 0
