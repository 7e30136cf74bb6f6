"""Layer: what every layer has, and what it may leave out."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from nncli.parts.arrays import Array, LayerBuffers, Shapes
from nncli.parts.initializers import Initializer
from nncli.registry import Part


class Layer(Part):
    """y = f(x), with a backward pass.

    is_random: whether a training pass draws random numbers.
    equivalents: scikit-learn: anything, where the estimators have it; keras: a layer; pytorch: a
    module of {inputs} columns.
    """

    kind = "layer"
    is_random: ClassVar[bool] = False

    def outputs(self, inputs: int) -> int:
        """Columns of y, given the columns of x."""
        return inputs

    def param_shapes(self, inputs: int) -> Shapes:
        """Parameters that training moves along a gradient."""
        return {}

    def state_shapes(self, inputs: int) -> Shapes:
        """Numbers that a training pass updates by itself."""
        return {}

    def saved_shapes(self, batch: int, inputs: int) -> Shapes:
        """Arrays kept from forward to backward, and scratch."""
        return {}

    def initializers(self) -> Mapping[str, Initializer]:
        """How each parameter and state starts."""
        return {}

    def forward(self, v: LayerBuffers) -> None:
        """Write y (and saved arrays) from x and the parameters."""
        raise NotImplementedError

    def backward(self, v: LayerBuffers) -> None:
        """Write the gradients present in v, and dx unless it is None."""
        raise NotImplementedError

    def penalty(self, params: Mapping[str, Array]) -> float:
        """What this layer's regularizers add to the loss."""
        return 0.0

    def penalty_backward(self, v: LayerBuffers) -> None:
        """Add the penalty's gradient to the gradients present in v."""

    def kinks(self, v: LayerBuffers) -> Iterable[tuple[Array, float]]:
        """Each array that goes through a function with a kink, and where that function has it."""
        return ()

    def penalty_kinks(self, params: Mapping[str, Array]) -> Iterable[tuple[Array, float]]:
        """The same of the penalty."""
        return ()

    @property
    def is_trainable(self) -> bool:
        """Whether gradients move this layer's parameters."""
        return True

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
