"""Layers that change each number by itself: an activation alone, and dropout."""

from collections.abc import Iterable
from typing import Annotated

import numpy as np

from nncli.constraints import Fraction
from nncli.parts.activations import Activation, Relu
from nncli.parts.arrays import Array, LayerBuffers, Shape, Shapes
from nncli.parts.layers.layer import Layer
from nncli.registry import part


@part("activation")
class ActivationLayer(Layer):
    """a = function(x): an activation by itself, as after batch_norm."""

    function: Activation = Relu()

    def saved_shapes(self, batch: int, input_shape: Shape) -> Shapes:
        return self.function.scratch_shapes((batch, *input_shape))

    def forward(self, v: LayerBuffers) -> None:
        self.function.forward(v.x, v.y, v.saved)

    def backward(self, v: LayerBuffers) -> None:
        if v.dx is not None:
            assert v.dy is not None
            self.function.backward(v.dy, v.x, v.y, v.dx, v.saved)

    def kinks(self, v: LayerBuffers) -> Iterable[tuple[Array, float]]:
        return [(v.x, kink) for kink in self.function.kinks]

    def formulas(self) -> dict[str, str]:
        return {"a": self.function.fill(self.function.formula).replace("{z}", "{x}")}

    def backward_formulas(self) -> dict[str, str]:
        backward = self.function.fill(self.function.backward_formula)
        return {"dx": backward.replace("{z}", "{x}")}


@part("dropout")
class Dropout(Layer):
    """y = x * mask / (1 - rate) in training, y = x otherwise (inverted dropout).

    mask is 0 with probability `rate`, else 1, drawn afresh for every unit, row and step.
    Source: Srivastava et al. (2014), Dropout: a simple way to prevent overfitting.
    """

    rate: Annotated[Fraction, "the share of units dropped"] = 0.5
    is_random = True

    def saved_shapes(self, batch: int, input_shape: Shape) -> Shapes:
        return {"mask": (batch, *input_shape)}

    def forward(self, v: LayerBuffers) -> None:
        if not v.training:
            np.copyto(v.y, v.x)
            return
        assert v.uniform is not None
        mask = v.saved["mask"]
        v.uniform(mask)
        np.greater_equal(mask, self.rate, out=mask)
        np.multiply(mask, 1.0 / (1.0 - self.rate), out=mask)
        np.multiply(v.x, mask, out=v.y)

    def backward(self, v: LayerBuffers) -> None:
        if v.dx is not None:
            assert v.dy is not None
            np.multiply(v.dy, v.saved["mask"], out=v.dx)

    def formulas(self) -> dict[str, str]:
        return {
            "mask": self.fill("0 with probability {rate}, else 1 / (1 - {rate})"),
            "a": "{x} * {mask}",
        }

    def backward_formulas(self) -> dict[str, str]:
        return {"dx": "{da} * {mask}"}
