"""Affine: the base class of layers with kernel W and bias b: a = activation(z), z affine in x."""

from collections.abc import Iterable, Mapping
from typing import Annotated

from nncli.constraints import Auto
from nncli.frozen import frozen
from nncli.parts.activations import Activation, Identity
from nncli.parts.arrays import Array, LayerBuffers, Shape, Shapes
from nncli.parts.initializers import Initializer
from nncli.parts.layers.layer import Layer
from nncli.parts.regularizers import Regularizer


@frozen
class Trained:
    """Which tensors of a layer are trained."""

    W: bool = True
    b: bool = True


KernelStart = Annotated[
    Initializer | Auto, "auto: he_normal, glorot_uniform or lecun_normal, by activation"
]
KernelPenalty = Annotated[Regularizer | None, "a penalty on W"]
HasBias = Annotated[bool, "whether the layer has a bias b"]
Trainable = Annotated[
    bool | Trained, "false freezes W and b, {b: false} b alone, {W: false} W alone"
]
KEY_ALIASES = {"use_bias": "bias", "regularizer": "kernel_regularizer"}


class Affine(Layer):
    """a = activation(z), z = affine(x); a subclass defines the keys and the affine map.

    Backward: dz = da * activation'(z); the subclass computes dW, db and dx from dz.
    """

    activation: Activation
    kernel_initializer: Initializer | Auto
    bias_initializer: Initializer
    kernel_regularizer: Regularizer | None
    bias: bool
    trainable: bool | Trained

    def affine(self, buffers: LayerBuffers, z: Array) -> None:
        """Write z."""
        raise NotImplementedError

    def backward_affine(self, buffers: LayerBuffers) -> None:
        """Write dW, db and dx from dz; a matched loss writes dz itself, and starts here."""
        raise NotImplementedError

    def scratch_shapes(self, batch: int, input_shape: Shape) -> Shapes:
        """Shapes of the scratch arrays of `affine` and `backward_affine`, by name."""
        return {}

    @property
    def is_trainable(self) -> bool:
        return self.trains("W") or (self.bias and self.trains("b"))

    def trains(self, name: str) -> bool:
        keys = self.trainable
        return keys if isinstance(keys, bool) else bool(getattr(keys, name))

    def saved_shapes(self, batch: int, input_shape: Shape) -> Shapes:
        scores = (batch, *self.output_shape(input_shape))
        saved = self.activation.saved_shapes(scores)
        if type(self.activation) is not Identity:  # with which y serves as z, and dy as dz
            saved = {"z": scores, "dz": scores, **saved}
        if self.kernel_regularizer:
            saved = {**saved, "penalty": self.param_shapes(input_shape)["W"]}
        return {**saved, **self.scratch_shapes(batch, input_shape)}

    def initializers(self) -> Mapping[str, Initializer]:
        kernel = self.kernel_initializer
        if kernel == "auto":
            kernel = self.activation.initializer
        return {"W": kernel, "b": self.bias_initializer}

    def forward(self, buffers: LayerBuffers) -> None:
        z = buffers.saved.get("z", buffers.y)
        self.affine(buffers, z)
        if z is not buffers.y:
            self.activation.forward(z, buffers.y, buffers.saved)

    def backward(self, buffers: LayerBuffers) -> None:
        assert buffers.dy is not None
        if "dz" in buffers.saved:
            self.activation.backward(
                buffers.dy, buffers.saved["z"], buffers.y, buffers.saved["dz"], buffers.saved
            )
        self.backward_affine(buffers)

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

    def penalty_formula(self) -> str:
        penalty = self.kernel_regularizer
        return penalty.fill(penalty.formula) if penalty else ""

    def shrink_formula(self) -> str:
        """The term that the penalty adds to the formula of dW; empty without a penalty."""
        penalty = self.kernel_regularizer
        return " + " + penalty.fill(penalty.gradient_formula) if penalty else ""
