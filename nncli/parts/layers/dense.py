"""Dense: layers whose units are connected to all inputs; also the keys of input and output."""

import math
from collections.abc import Sequence
from typing import Annotated

import numpy as np

from nncli.constraints import Auto, Length, PositiveInt
from nncli.frozen import frozen
from nncli.parts.activations import Activation, Relu
from nncli.parts.arrays import Array, LayerBuffers, Shape, Shapes
from nncli.parts.initializers import Initializer, Zeros
from nncli.parts.layers.affine import (
    KEY_ALIASES,
    Affine,
    HasBias,
    KernelPenalty,
    KernelStart,
    Trainable,
)
from nncli.registry import Part, part


@part("input")
class Input(Part):
    """x: the features of a row, as the first layer gets them.

    The data decides how many there are: `units` is a check. `shape` lays them out, as images for
    conv2d: [height, width, channels], line by line, in each line place by place.
    """

    kind = "layer"
    units: Annotated[PositiveInt | Auto, "how many; only a check"] = "auto"
    shape: Annotated[
        Annotated[Sequence[PositiveInt], Length(1)] | Auto,
        "shape of a row; auto: that of the images if the first layer takes images, else [features]",
    ] = "auto"

    def __post_init__(self) -> None:
        if self.shape != "auto" and self.units not in ("auto", math.prod(self.shape)):
            raise ValueError(
                f"shape holds {math.prod(self.shape)} numbers, and units says otherwise"
            )


@frozen
class DenseKeys(Part):
    """The keys of a dense layer; units and activation may be `auto`, to follow the data."""

    kind = "layer"
    units: PositiveInt | Auto
    activation: Activation | Auto
    kernel_initializer: KernelStart = "auto"
    bias_initializer: Initializer = Zeros()
    kernel_regularizer: KernelPenalty = None
    bias: HasBias = True
    trainable: Trainable = True
    key_aliases = KEY_ALIASES


@part("dense", "fully_connected", "fullyconn")
class Dense(DenseKeys, Affine):
    """z = x W + b; a = activation(z).

    Backward: dz = da * activation'(z); dW = x^T dz; db = column sums of dz; dx = dz W^T.
    """

    input_axes = 1

    units: PositiveInt
    activation: Activation = Relu()
    equivalents = {
        "scikit-learn": "hidden_layer_sizes",
        "keras": "layers.Dense({units}{more_keys})",
        "pytorch": "nn.Linear({inputs}, {units}{more_keys})",
    }

    def output_shape(self, input_shape: Shape) -> Shape:
        self.refuse_axes(input_shape)
        return (self.units,)

    def param_shapes(self, input_shape: Shape) -> Shapes:
        bias = {"b": (self.units,)} if self.bias else {}
        return {"W": (*input_shape, self.units), **bias}

    def affine(self, buffers: LayerBuffers, z: Array) -> None:
        np.dot(buffers.x, buffers.params["W"], out=z)
        if self.bias:
            np.add(z, buffers.params["b"], out=z)

    def backward_affine(self, buffers: LayerBuffers) -> None:
        dz = buffers.saved.get("dz", buffers.dy)
        assert dz is not None
        if "W" in buffers.grads:
            np.dot(buffers.x.T, dz, out=buffers.grads["W"])
        if "b" in buffers.grads:
            np.dot(buffers.ones, dz, out=buffers.grads["b"])
        if buffers.dx is not None:
            np.dot(dz, buffers.params["W"].T, out=buffers.dx)

    def formulas(self) -> dict[str, str]:
        bias = " + {b}" if self.bias else ""
        return {"z": "{x} {W}" + bias, "a": self.activation.fill(self.activation.formula)}

    def backward_formulas(self) -> dict[str, str]:
        return {
            "dz": self.activation.fill(self.activation.backward_formula),
            "dW": "{x}^T {dz}" + self.shrink_formula(),
            "db": "sum of {dz} over rows",
            "dx": "{dz} {W}^T",
        }


@part("output")
class Output(DenseKeys):
    """The last dense layer; `auto` follows the data and the task.

    Binary: 1 sigmoid unit; classes: one softmax unit each; regression: one identity unit a target.
    """

    units: PositiveInt | Auto = "auto"
    activation: Activation | Auto = "auto"
