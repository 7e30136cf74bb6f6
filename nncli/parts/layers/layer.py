"""Layer: what every layer has, and what it may leave out."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from nncli.errors import ShapeError
from nncli.parts.arrays import Array, LayerBuffers, Shape, Shapes
from nncli.parts.initializers import Initializer
from nncli.registry import Part


class Layer(Part):
    """y = f(x), with a backward pass.

    Shapes are those of one row, without the batch axis: (features,), or (height, width, channels).
    input_axes: how many a row has to have; None: any will do.
    is_random: whether a training pass draws random numbers.
    of_dx: names of the saved arrays that nobody writes where there is no dx.
    reads: names of the input blocks that it takes beside x, the rows of the layer before.
    equivalents: scikit-learn: anything, where the estimators have it; keras: a layer; pytorch: a
    module of {inputs} columns.
    """

    kind = "layer"
    is_random: ClassVar[bool] = False
    of_dx: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()
    input_axes: ClassVar[int | None] = None

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of a row of y, given that of x. Raises ShapeError for one it can't take."""
        return input_shape

    def param_shapes(self, input_shape: Shape) -> Shapes:
        """Parameters that training moves along a gradient."""
        return {}

    def state_shapes(self, input_shape: Shape) -> Shapes:
        """Numbers that a training pass updates by itself."""
        return {}

    def saved_shapes(self, batch: int, input_shape: Shape) -> Shapes:
        """Arrays kept from forward to backward, and scratch, in their full shapes."""
        return {}

    def initializers(self) -> Mapping[str, Initializer]:
        """How each parameter and state starts."""
        return {}

    def forward(self, buffers: LayerBuffers) -> None:
        """Write y (and saved arrays) from x and the parameters."""
        raise NotImplementedError

    def backward(self, buffers: LayerBuffers) -> None:
        """Write the gradients present in the buffers, and dx unless it is None."""
        raise NotImplementedError

    def penalty(self, params: Mapping[str, Array]) -> float:
        """What this layer's regularizers add to the loss."""
        return 0.0

    def penalty_backward(self, buffers: LayerBuffers) -> None:
        """Add the penalty's gradient to the gradients present in the buffers."""

    def kinks(self, buffers: LayerBuffers) -> Iterable[tuple[Array, float]]:
        """Each array that goes through a function with a kink, and where that function has it."""
        return ()

    def penalty_kinks(self, params: Mapping[str, Array]) -> Iterable[tuple[Array, float]]:
        """The same of the penalty."""
        return ()

    @property
    def is_trainable(self) -> bool:
        """Whether gradients move any of this layer's parameters."""
        return True

    def trains(self, name: str) -> bool:
        """Whether they move the parameter called so."""
        return self.is_trainable

    def formulas(self) -> dict[str, str]:
        """What a training pass sets, in order, as a teacher writes it: a for y, or saved arrays.

        Of {x} and of the layer's tensors by name; for traces, held against the kernels by tests.
        """
        return {"a": ""}

    def backward_formulas(self) -> dict[str, str]:
        """The same backwards: dz, a gradient for each parameter (dW, db), dx."""
        return {}

    def state_formulas(self) -> dict[str, str]:
        """What becomes of each state in a training pass."""
        return {}

    def penalty_formula(self) -> str:
        """The penalty, if there is one."""
        return ""

    def refuse_axes(self, input_shape: Shape) -> None:
        """Raises ShapeError unless a row has the axes that the layer asks for."""
        if self.input_axes in (None, len(input_shape)):
            return
        axes, cure = "(features,)", "flatten turns images into features"
        if self.input_axes == 3:
            axes = "(height, width, channels)"
            cure = "network.input.shape says how features become images, as [8, 8, 1]"
        found = f"({', '.join(map(str, input_shape))}{',' * (len(input_shape) == 1)})"
        raise ShapeError(f"{self.name} expects rows of shape {axes}, found {found}: {cure}")
