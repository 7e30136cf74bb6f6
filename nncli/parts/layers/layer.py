"""Layer: the base class of all layers."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from nncli.errors import ShapeError
from nncli.parts.arrays import Array, LayerBuffers, Shape, Shapes
from nncli.parts.initializers import Initializer
from nncli.registry import Part


class Layer(Part):
    """y = f(x), with a backward pass.

    Shapes are those of one row, without the batch axis: (features,), or (height, width, channels).
    is_random: whether a training pass draws random numbers.
    of_dx: names of the saved arrays that are written only if there is a dx.
    reads: names of the input blocks that the layer takes beside x, the output of the layer before.
    input_axes: the number of axes that a row must have; None: any.
    equivalents: scikit-learn: any text if the estimators have the layer; keras: a layer; pytorch: a
    module for {inputs} columns.
    """

    kind = "layer"
    is_random: ClassVar[bool] = False
    of_dx: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()
    input_axes: ClassVar[int | None] = None

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of a row of y. Raises ShapeError if the layer can't take the input shape."""
        return input_shape

    def param_shapes(self, input_shape: Shape) -> Shapes:
        """Shapes of the parameters, which are trained by their gradients, by name."""
        return {}

    def state_shapes(self, input_shape: Shape) -> Shapes:
        """Shapes of arrays that a training pass updates without a gradient, by name."""
        return {}

    def saved_shapes(self, batch: int, input_shape: Shape) -> Shapes:
        """Shapes of arrays kept from forward to backward, and of scratch, with the batch axis."""
        return {}

    def initializers(self) -> Mapping[str, Initializer]:
        """The initializer of each parameter and state, by name."""
        return {}

    def forward(self, buffers: LayerBuffers) -> None:
        """Write y (and saved arrays) from x and the parameters."""
        raise NotImplementedError

    def backward(self, buffers: LayerBuffers) -> None:
        """Write the gradients that the buffers have, and dx unless it is None."""
        raise NotImplementedError

    def penalty(self, params: Mapping[str, Array]) -> float:
        """The sum of the penalties of this layer's regularizers."""
        return 0.0

    def penalty_backward(self, buffers: LayerBuffers) -> None:
        """Add the penalty's gradient to the gradients that the buffers have."""

    def kinks(self, buffers: LayerBuffers) -> Iterable[tuple[Array, float]]:
        """(argument, kink) of each function in the layer that has a kink at that value."""
        return ()

    def penalty_kinks(self, params: Mapping[str, Array]) -> Iterable[tuple[Array, float]]:
        """(argument, kink) of each function in the penalty that has a kink at that value."""
        return ()

    @property
    def is_trainable(self) -> bool:
        """Whether any of this layer's parameters is trained."""
        return True

    def trains(self, name: str) -> bool:
        """Whether the parameter `name` is trained."""
        return self.is_trainable

    def formulas(self) -> dict[str, str]:
        """The formulas of a forward pass in training, in order, by name: of saved arrays and of y,
        called a.

        In terms of {x} and the layer's tensors; shown by traces, compared with kernels by tests.
        """
        return {"a": ""}

    def backward_formulas(self) -> dict[str, str]:
        """The formulas of the backward pass, in order: dz, parameters' gradients (dW, db), dx."""
        return {}

    def state_formulas(self) -> dict[str, str]:
        """The formula with which a training pass updates each state, by name."""
        return {}

    def penalty_formula(self) -> str:
        """The formula of the penalty; empty if there is none."""
        return ""

    def refuse_axes(self, input_shape: Shape) -> None:
        """Raises ShapeError unless a row has `input_axes` axes."""
        if self.input_axes in (None, len(input_shape)):
            return
        axes, fix = "(features,)", "flatten turns images into features"
        if self.input_axes == 3:
            axes = "(height, width, channels)"
            fix = "network.input.shape says how features become images, as [8, 8, 1]"
        found = f"({', '.join(map(str, input_shape))}{',' * (len(input_shape) == 1)})"
        raise ShapeError(f"{self.name} expects rows of shape {axes}, found {found}: {fix}")
