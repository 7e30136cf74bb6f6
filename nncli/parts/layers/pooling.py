"""Pooling, flatten and reshape: images of lower resolution, and rows in another shape."""

import math
from typing import Annotated

import numpy as np

from nncli.constraints import Auto, Length, PositiveInt
from nncli.equivalent import Equivalent, unsupported
from nncli.errors import ShapeError
from nncli.frozen import frozen
from nncli.parts.arrays import Array, LayerBuffers, Shape, Shapes
from nncli.parts.layers.convolution import CHANNELS_FIRST, Sides, pair
from nncli.parts.layers.layer import Layer
from nncli.parts.windows import (
    Padding,
    Pair,
    Windows,
    average_pool,
    average_pool_gradient,
    max_pool,
    max_pool_gradient,
)
from nncli.registry import part


@frozen
class Pooling(Layer):
    """One number for each window and channel."""

    pool_size: Annotated[Sides, "height and width of a window, or one number for both"] = 2
    strides: Annotated[Sides | Auto, "from a window to the next; auto: pool_size"] = "auto"
    padding: Annotated[Padding, "same: windows that reach over the edge count, too"] = "valid"
    input_axes = 3

    def __post_init__(self) -> None:
        pair("pool_size", self.pool_size)
        if self.strides != "auto":
            pair("strides", self.strides)

    @property
    def sides(self) -> tuple[Pair, Pair]:
        """(pool_size, strides), (height, width) each."""
        size = pair("", self.pool_size)
        return size, size if self.strides == "auto" else pair("", self.strides)

    def equivalent(self, library: str, **names: object) -> Equivalent:
        size, steps = self.sides
        found = super().equivalent(library, size=size, stride=steps, **names)
        if library == "pytorch" and self.padding == "same":
            return found + Equivalent("", "padding: same is nn.functional.pad there, before it")
        return found

    def windows(self, input_shape: Shape) -> Windows:
        """The windows pooled. Raises ShapeError for rows that aren't images, or too small."""
        self.refuse_axes(input_shape)
        return Windows.over(input_shape, *self.sides, self.padding)

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*self.windows(input_shape).output, input_shape[2])


@part("max_pool2d", "max_pooling2d")
class MaxPool2D(Pooling):
    """a = the greatest number of each window. Backward: da goes to the first that is greatest."""

    of_dx = ("free", "chosen")
    equivalents = {
        "scikit-learn": unsupported("pooling"),
        "keras": 'layers.MaxPooling2D({size}, strides={stride}, padding="{padding}")',
        "pytorch": Equivalent("nn.MaxPool2d({size}, {stride})", CHANNELS_FIRST),
    }

    def saved_shapes(self, batch: int, input_shape: Shape) -> Shapes:
        output = (batch, *self.output_shape(input_shape))
        return {"greatest": output, "free": output, "chosen": output}

    def forward(self, buffers: LayerBuffers) -> None:
        max_pool(buffers.x, self.windows(buffers.x.shape[1:]), out=buffers.y)
        if buffers.training:  # kept, as backward compares x with it exactly and y may be perturbed
            np.copyto(buffers.saved["greatest"], buffers.y)

    def backward(self, buffers: LayerBuffers) -> None:
        if buffers.dx is not None:
            assert buffers.dy is not None
            max_pool_gradient(
                buffers.x,
                buffers.saved["greatest"],
                buffers.dy,
                self.windows(buffers.x.shape[1:]),
                out=buffers.dx,
                free=buffers.saved["free"],
                chosen=buffers.saved["chosen"],
            )

    def formulas(self) -> dict[str, str]:
        return {"a": "greatest of {x} in its window"}

    def backward_formulas(self) -> dict[str, str]:
        return {"dx": "sum of {da} over the windows whose greatest it is"}


@part("avg_pool2d", "average_pooling2d")
class AveragePool2D(Pooling):
    """a = the mean of each window. Backward: da, shared out evenly."""

    of_dx = ("part",)
    equivalents = {
        "scikit-learn": unsupported("pooling"),
        "keras": 'layers.AveragePooling2D({size}, strides={stride}, padding="{padding}")',
        "pytorch": Equivalent("nn.AvgPool2d({size}, {stride})", CHANNELS_FIRST),
    }

    def saved_shapes(self, batch: int, input_shape: Shape) -> Shapes:
        return {"part": (batch, *self.output_shape(input_shape))}

    def _shares(self, buffers: LayerBuffers) -> tuple[Windows, Array]:
        """The windows, and 1 / the count of numbers in each; the padding doesn't count."""
        windows = self.windows(buffers.x.shape[1:])
        counts = windows.counts()
        if (counts == counts.flat[0]).all():
            counts = counts.flat[0]
        return windows, np.asarray(1.0 / counts, buffers.x.dtype)

    def forward(self, buffers: LayerBuffers) -> None:
        average_pool(buffers.x, *self._shares(buffers), out=buffers.y)

    def backward(self, buffers: LayerBuffers) -> None:
        if buffers.dx is not None:
            assert buffers.dy is not None
            average_pool_gradient(
                buffers.dy, *self._shares(buffers), out=buffers.dx, part=buffers.saved["part"]
            )

    def formulas(self) -> dict[str, str]:
        return {"a": "mean of {x} in its window"}

    def backward_formulas(self) -> dict[str, str]:
        return {"dx": "sum of {da} / {n} over the windows that see it"}


class InPlace(Layer):
    """a = x in another shape, its numbers in the same order."""

    def forward(self, buffers: LayerBuffers) -> None:
        np.copyto(buffers.y, buffers.x.reshape(buffers.y.shape))

    def backward(self, buffers: LayerBuffers) -> None:
        if buffers.dx is not None:
            assert buffers.dy is not None
            np.copyto(buffers.dx, buffers.dy.reshape(buffers.dx.shape))

    def formulas(self) -> dict[str, str]:
        return {"a": "{x_in_place}"}

    def backward_formulas(self) -> dict[str, str]:
        return {"dx": "{da_in_place}"}


@part("flatten")
class Flatten(InPlace):
    """a = x as a row of features: line by line, in each line place by place, channels innermost."""

    equivalents = {
        "scikit-learn": unsupported("flatten"),
        "keras": "layers.Flatten()",
        "pytorch": Equivalent(
            "nn.Flatten()",
            "Flatten goes channel by channel there: weights behind it stand in another order",
        ),
    }

    def output_shape(self, input_shape: Shape) -> Shape:
        return (math.prod(input_shape),)


@part("reshape")
class Reshape(InPlace):
    """a = x with rows of another shape, the numbers in the same order: the inverse of flatten.

    Maxout (Goodfellow et al., 2013) of 8 units with 2 pieces each is a dense layer of 16 identity
    units, this to [2, 1, 8], max_pool2d with pool_size [2, 1], and flatten.
    """

    shape: Annotated[list[PositiveInt], Length(1), "of a row: [height, width, channels], say"]
    equivalents = {
        "scikit-learn": unsupported("reshape"),
        "keras": "layers.Reshape({axes})",
        "pytorch": Equivalent("nn.Unflatten(1, {axes})", CHANNELS_FIRST),
    }

    def equivalent(self, library: str, **names: object) -> Equivalent:
        return super().equivalent(library, axes=tuple(self.shape), **names)

    def output_shape(self, input_shape: Shape) -> Shape:
        if math.prod(input_shape) != math.prod(self.shape):
            size = " x ".join(map(str, self.shape))
            found = f"{math.prod(input_shape)} numbers a row"
            raise ShapeError(f"{size} is {math.prod(self.shape)} numbers, found {found}", "shape")
        return tuple(self.shape)
