"""Elementwise layers: a separate activation, one with trained slopes, and dropout."""

from collections.abc import Iterable, Mapping
from typing import Annotated

import numpy as np

from nncli.constraints import Fraction
from nncli.equivalent import Equivalent, unsupported
from nncli.parts.activations import Activation, Relu
from nncli.parts.arrays import Array, LayerBuffers, Shape, Shapes, lines
from nncli.parts.initializers import Constant, Initializer
from nncli.parts.layers.layer import Layer
from nncli.registry import part


@part("activation")
class ActivationLayer(Layer):
    """a = function(x): an activation by itself, as after batch_norm."""

    function: Activation = Relu()
    equivalents = {"scikit-learn": unsupported("activation layers")}  # in others: the function's

    def saved_shapes(self, batch: int, input_shape: Shape) -> Shapes:
        return self.function.saved_shapes((batch, *input_shape))

    def forward(self, buffers: LayerBuffers) -> None:
        self.function.forward(buffers.x, buffers.y, buffers.saved)

    def backward(self, buffers: LayerBuffers) -> None:
        if buffers.dx is not None:
            assert buffers.dy is not None
            self.function.backward(buffers.dy, buffers.x, buffers.y, buffers.dx, buffers.saved)

    def kinks(self, buffers: LayerBuffers) -> Iterable[tuple[Array, float]]:
        return [(buffers.x, kink) for kink in self.function.kinks]

    def formulas(self) -> dict[str, str]:
        return {"a": self.function.fill(self.function.formula).replace("{z}", "{x}")}

    def backward_formulas(self) -> dict[str, str]:
        backward = self.function.fill(self.function.backward_formula)
        return {"dx": backward.replace("{z}", "{x}")}


@part("prelu")
class PRelu(Layer):
    """a = x where x > 0, else alpha * x, with an alpha for each feature, or channel, that learns.

    Backward: dx = da where x > 0, else alpha * da; dalpha = sum of da * min(x, 0) over rows and
    places.
    Source: He et al. (2015), Delving deep into rectifiers.
    """

    alpha_initializer: Initializer = Constant(0.25)
    trainable: Annotated[bool, "false freezes alpha"] = True
    equivalents = {
        "scikit-learn": unsupported("prelu"),
        "keras": Equivalent("layers.PReLU({more_keys})", "PReLU's alpha starts at 0 by default"),
        "pytorch": "nn.PReLU({inputs})",
    }

    @property
    def is_trainable(self) -> bool:
        return self.trainable

    def param_shapes(self, input_shape: Shape) -> Shapes:
        return {"alpha": input_shape[-1:]}

    def saved_shapes(self, batch: int, input_shape: Shape) -> Shapes:
        return {"below": (batch, *input_shape), "scratch": (batch, *input_shape)}

    def initializers(self) -> Mapping[str, Initializer]:
        return {"alpha": self.alpha_initializer}

    def forward(self, buffers: LayerBuffers) -> None:
        below, scratch = buffers.saved["below"], buffers.saved["scratch"]
        np.minimum(buffers.x, 0.0, out=below)
        np.multiply(below, buffers.params["alpha"], out=scratch)
        np.maximum(buffers.x, 0.0, out=buffers.y)
        np.add(buffers.y, scratch, out=buffers.y)

    def backward(self, buffers: LayerBuffers) -> None:
        assert buffers.dy is not None
        scratch = buffers.saved["scratch"]
        if "alpha" in buffers.grads:
            np.multiply(buffers.dy, buffers.saved["below"], out=scratch)
            np.dot(buffers.ones, lines(scratch), out=buffers.grads["alpha"])
        if buffers.dx is not None:
            np.greater(buffers.x, 0.0, out=scratch)  # the slope: 1 where x > 0, else alpha
            np.subtract(1.0, scratch, out=buffers.dx)
            np.multiply(buffers.dx, buffers.params["alpha"], out=buffers.dx)
            np.add(buffers.dx, scratch, out=buffers.dx)
            np.multiply(buffers.dx, buffers.dy, out=buffers.dx)

    def kinks(self, buffers: LayerBuffers) -> Iterable[tuple[Array, float]]:
        return [(buffers.x, 0.0)]

    def formulas(self) -> dict[str, str]:
        return {"a": "{x} if {x} > 0 else {alpha} * {x}"}

    def backward_formulas(self) -> dict[str, str]:
        return {
            "dalpha": "sum of {da} * min({x}, 0) over rows",
            "dx": "{da} if {x} > 0 else {alpha} * {da}",
        }


@part("dropout")
class Dropout(Layer):
    """y = x * mask / (1 - rate) in training, y = x otherwise (inverted dropout).

    mask is 0 with probability `rate`, else 1, drawn afresh for every unit, row and step.
    Source: Srivastava et al. (2014), Dropout: a simple way to prevent overfitting.
    """

    rate: Annotated[Fraction, "the share of units dropped"] = 0.5
    is_random = True
    equivalents = {
        "scikit-learn": unsupported("dropout"),
        "keras": "layers.Dropout({rate})",
        "pytorch": "nn.Dropout({rate})",
    }

    def saved_shapes(self, batch: int, input_shape: Shape) -> Shapes:
        return {"mask": (batch, *input_shape)}

    def forward(self, buffers: LayerBuffers) -> None:
        if not buffers.training:
            np.copyto(buffers.y, buffers.x)
            return
        assert buffers.uniform is not None
        mask = buffers.saved["mask"]
        buffers.uniform(mask)
        np.greater_equal(mask, self.rate, out=mask)
        np.multiply(mask, 1.0 / (1.0 - self.rate), out=mask)
        np.multiply(buffers.x, mask, out=buffers.y)

    def backward(self, buffers: LayerBuffers) -> None:
        if buffers.dx is not None:
            assert buffers.dy is not None
            np.multiply(buffers.dy, buffers.saved["mask"], out=buffers.dx)

    def formulas(self) -> dict[str, str]:
        return {
            "mask": self.fill("0 with probability {rate}, else 1 / (1 - {rate})"),
            "a": "{x} * {mask}",
        }

    def backward_formulas(self) -> dict[str, str]:
        return {"dx": "{da} * {mask}"}
