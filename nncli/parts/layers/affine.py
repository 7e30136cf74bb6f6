"""Affine: what layers with a kernel W and a bias b share: a = activation(z), z linear in x."""

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
    """Which tensors of a layer training moves."""

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
    """a = activation(z), z = affine(x); a subclass has the keys, and says what is affine.

    Backward: dz = da * activation'(z); from there the subclass's dW, db and dx.
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
        """The backward pass from dz on: a loss that knows dz itself starts here."""
        raise NotImplementedError

    def scratch_shapes(self, batch: int, input_shape: Shape) -> Shapes:
        """What `affine` and its backward pass work in."""
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
        if type(self.activation) is not Identity:  # whose z is y and whose dz is dy
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
        """What the penalty adds to dW."""
        penalty = self.kernel_regularizer
        return " + " + penalty.fill(penalty.gradient_formula) if penalty else ""
