"""Result: what a gradient check found, tensor by tensor."""

import math

import numpy as np

from nncli.frozen import frozen
from nncli.gradcheck.gradient_comparison import Element, Outcome
from nncli.parts.arrays import Shape


@frozen
class TensorCheck:
    """One tensor's gradient of the data loss or of the penalty.

    name: as a trace has it, hidden_1/dW.  part: `data loss` or `penalty`.
    start: where the tensor begins in theta.  elements: those compared.
    kinks: how many of them sit at a kink; these were compared at weights moved a little.
    """

    name: str
    part: str
    shape: Shape
    start: int
    elements: tuple[Element, ...]
    kinks: int

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def count(self, outcome: Outcome) -> int:
        """How many elements came out so."""
        return sum(element.outcome is outcome for element in self.elements)

    @property
    def checked(self) -> int:
        """How many elements could be told right from wrong."""
        return self.count(Outcome.AGREES) + self.count(Outcome.DIFFERS)

    @property
    def is_right(self) -> bool | None:
        """None if no element could be told."""
        return self.count(Outcome.DIFFERS) == 0 if self.checked else None

    @property
    def is_unused(self) -> bool:
        """Whether nothing depends on the tensor, by either way."""
        return not any(each.backpropagation or each.numeric for each in self.elements)

    @property
    def worst(self) -> Element:
        """The one whose two values are furthest apart, of those that differ if any does."""
        return max(self.elements, key=lambda each: each.severity)

    def place(self, element: Element) -> list[int]:
        """An element's index in its tensor."""
        return [int(i) for i in np.unravel_index(element.index - self.start, self.shape)]


@frozen
class GradientCheck:
    """loss: data loss plus penalty of `rows` rows, out of `step_rows` that a step takes."""

    loss: float
    rows: int
    step_rows: int
    tensors: tuple[TensorCheck, ...]

    @property
    def wrong(self) -> list[TensorCheck]:
        """In the order of the network."""
        return [each for each in self.tensors if each.is_right is False]

    @property
    def undecided(self) -> list[TensorCheck]:
        """Tensors of which no element could be checked."""
        return [each for each in self.tensors if each.is_right is None]

    @property
    def checked(self) -> int:
        """Elements told right from wrong."""
        return sum(each.checked for each in self.tensors)

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong, and something could be checked."""
        return self.checked > 0 and not self.wrong

    @property
    def relative_error(self) -> float:
        """The greatest of any element checked."""
        return max(
            (each.worst.relative_error for each in self.tensors if each.checked), default=0.0
        )

    def count(self, outcome: Outcome) -> int:
        """How many elements came out so."""
        return sum(each.count(outcome) for each in self.tensors)
