"""Dense: every unit sees every input; hidden layers, the output layer, and the input's check."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from nncli.constraints import Auto, PositiveInt
from nncli.parts.activations import Activation, Identity, Relu
from nncli.parts.arrays import Array, LayerBuffers, Shape, Shapes
from nncli.parts.initializers import Initializer, Zeros
from nncli.parts.layers.layer import Layer
from nncli.parts.regularizers import Regularizer
from nncli.registry import Part, part


@part("input")
class Input(Part):
    """x: one column per feature. A check only: the data decides how many there are."""

    kind = "layer"
    units: PositiveInt


@dataclass(frozen=True)
class Trained:
    """Which tensors of a dense layer training moves."""

    W: bool = True
    b: bool = True


@dataclass(frozen=True)
class DenseKeys(Part):
    """The keys of a dense layer, where units and activation may be left to the data."""

    kind = "layer"
    units: PositiveInt | Auto
    activation: Activation | Auto
    kernel_initializer: Annotated[Initializer | Auto, "auto: what suits the activation"] = "auto"
    bias_initializer: Initializer = Zeros()  # noqa: RUF009 - which is frozen
    kernel_regularizer: Annotated[Regularizer | None, "a penalty on W"] = None
    bias: Annotated[bool, "whether there is a b"] = True
    trainable: Annotated[
        bool | Trained, "false freezes W and b, {b: false} b alone, {W: false} W alone"
    ] = True
    key_aliases = {"use_bias": "bias", "regularizer": "kernel_regularizer"}


@part("dense", "fully_connected", "fullyconn")
class Dense(DenseKeys, Layer):
    """z = x W + b; a = activation(z).

    Backward: dz = da * activation'(z); dW = x^T dz; db = column sums of dz; dx = dz W^T.
    """

    units: PositiveInt
    activation: Activation = Relu()
    equivalents = {
        "scikit-learn": "hidden_layer_sizes",
        "keras": "layers.Dense({units}{more_keys})",
        "pytorch": "nn.Linear({inputs}, {units}{more_keys})",
    }

    @property
    def is_trainable(self) -> bool:
        return self.trains("W") or (self.bias and self.trains("b"))

    def trains(self, name: str) -> bool:
        keys = self.trainable
        return keys if isinstance(keys, bool) else bool(getattr(keys, name))

    def output_shape(self, input_shape: Shape) -> Shape:
        self.refuse_axes(input_shape)
        return (self.units,)

    def param_shapes(self, input_shape: Shape) -> Shapes:
        bias = {"b": (self.units,)} if self.bias else {}
        return {"W": (*input_shape, self.units), **bias}

    def saved_shapes(self, batch: int, input_shape: Shape) -> Shapes:
        scores = (batch, self.units)
        saved = self.activation.saved_shapes(scores)
        if type(self.activation) is not Identity:  # whose z is y and whose dz is dy
            saved = {"z": scores, "dz": scores, **saved}
        if self.kernel_regularizer:
            saved = {**saved, "penalty": (*input_shape, self.units)}
        return saved

    def initializers(self) -> Mapping[str, Initializer]:
        kernel = self.kernel_initializer
        if kernel == "auto":
            kernel = self.activation.initializer
        return {"W": kernel, "b": self.bias_initializer}

    def forward(self, buffers: LayerBuffers) -> None:
        z = buffers.saved.get("z", buffers.y)
        np.dot(buffers.x, buffers.params["W"], out=z)
        if self.bias:
            np.add(z, buffers.params["b"], out=z)
        if z is not buffers.y:
            self.activation.forward(z, buffers.y, buffers.saved)

    def backward(self, buffers: LayerBuffers) -> None:
        assert buffers.dy is not None
        if "dz" in buffers.saved:
            self.activation.backward(
                buffers.dy, buffers.saved["z"], buffers.y, buffers.saved["dz"], buffers.saved
            )
        self.backward_affine(buffers)

    def backward_affine(self, buffers: LayerBuffers) -> None:
        """The backward pass from dz on: a loss that knows dz itself starts here."""
        dz = buffers.saved.get("dz", buffers.dy)
        assert dz is not None
        if "W" in buffers.grads:
            np.dot(buffers.x.T, dz, out=buffers.grads["W"])
        if "b" in buffers.grads:
            np.dot(buffers.ones, dz, out=buffers.grads["b"])
        if buffers.dx is not None:
            np.dot(dz, buffers.params["W"].T, out=buffers.dx)

    def penalty(self, params: Mapping[str, Array]) -> float:
        return self.kernel_regularizer.value(params["W"]) if self.kernel_regularizer else 0.0

    def penalty_backward(self, buffers: LayerBuffers) -> None:
        if self.kernel_regularizer and "W" in buffers.grads:
            self.kernel_regularizer.backward(
                buffers.params["W"], buffers.grads["W"], buffers.saved["penalty"]
            )

    def kinks(self, buffers: LayerBuffers) -> Iterable[tuple[Array, float]]:
        return [(buffers.saved.get("z", buffers.y), kink) for kink in self.activation.kinks]

    def penalty_kinks(self, params: Mapping[str, Array]) -> Iterable[tuple[Array, float]]:
        kinks = self.kernel_regularizer.kinks if self.kernel_regularizer else ()
        return [(params["W"], kink) for kink in kinks]

    def formulas(self) -> dict[str, str]:
        bias = " + {b}" if self.bias else ""
        return {"z": "{x} {W}" + bias, "a": self.activation.fill(self.activation.formula)}

    def backward_formulas(self) -> dict[str, str]:
        penalty = self.kernel_regularizer
        shrink = " + " + penalty.fill(penalty.gradient_formula) if penalty else ""
        return {
            "dz": self.activation.fill(self.activation.backward_formula),
            "dW": "{x}^T {dz}" + shrink,
            "db": "sum of {dz} over rows",
            "dx": "{dz} {W}^T",
        }

    def penalty_formula(self) -> str:
        penalty = self.kernel_regularizer
        return penalty.fill(penalty.formula) if penalty else ""


@part("output")
class Output(DenseKeys):
    """The last dense layer; `auto` follows the data and the task.

    Binary: 1 sigmoid unit; classes: one softmax unit each; regression: one identity unit a target.
    """

    units: PositiveInt | Auto = "auto"
    activation: Activation | Auto = "auto"
