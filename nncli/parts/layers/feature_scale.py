"""Feature scale: a trained factor for each input."""

from collections.abc import Mapping
from typing import Annotated

import numpy as np

from nncli.constraints import Positive
from nncli.equivalent import unsupported
from nncli.parts.arrays import LayerBuffers, Shape, Shapes
from nncli.parts.initializers import Initializer, Zeros
from nncli.parts.layers.layer import Layer
from nncli.registry import part


@part("feature_scale")
class FeatureScale(Layer):
    """y = x * (1 + rate * w): a factor for each input, which starts at 1.

    An optimizer whose step size doesn't depend on the gradient's, such as adam, moves the factors
    `rate` times as fast as weights; weight decay draws them to 1. In front of the first layer,
    where it belongs, it scales an input up or down sooner than the input's weights can.
    Source: Holzmueller, Grinsztajn and Steinwart (2024), Better by default: RealMLP's scaling
    layer, whose learning rate is 6 times that of the others.
    """

    input_axes = 1

    rate: Annotated[
        Positive, "learning rate of the factors relative to that of the weights, with adam"
    ] = 6.0
    equivalents = {library: unsupported("feature_scale") for library in ("scikit-learn", "keras")}
    equivalents["pytorch"] = unsupported("feature_scale")

    def output_shape(self, input_shape: Shape) -> Shape:
        self.refuse_axes(input_shape)
        return input_shape

    def param_shapes(self, input_shape: Shape) -> Shapes:
        return {"w": input_shape}

    def saved_shapes(self, batch: int, input_shape: Shape) -> Shapes:
        return {"factor": input_shape, "scratch": (batch, *input_shape)}

    def initializers(self) -> Mapping[str, Initializer]:
        return {"w": Zeros()}

    def forward(self, buffers: LayerBuffers) -> None:
        factor = buffers.saved["factor"]
        np.multiply(buffers.params["w"], self.rate, out=factor)
        np.add(factor, 1.0, out=factor)
        np.multiply(buffers.x, factor, out=buffers.y)

    def backward(self, buffers: LayerBuffers) -> None:
        assert buffers.dy is not None
        if "w" in buffers.grads:
            scratch, slope = buffers.saved["scratch"], buffers.grads["w"]
            np.multiply(buffers.dy, buffers.x, out=scratch)
            np.dot(buffers.ones, scratch, out=slope)
            np.multiply(slope, self.rate, out=slope)
        if buffers.dx is not None:
            np.multiply(buffers.dy, buffers.saved["factor"], out=buffers.dx)

    def formulas(self) -> dict[str, str]:
        return {"factor": self.fill("1 + {rate} * {w}"), "a": "{x} * {factor}"}

    def backward_formulas(self) -> dict[str, str]:
        return {
            "dw": self.fill("(sum of {da} * {x} over rows) * {rate}"),
            "dx": "{da} * {factor}",
        }
