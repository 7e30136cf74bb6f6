"""Result: the outcome of a gradient check, tensor by tensor."""

import math

import numpy as np

from nncli.frozen import frozen
from nncli.gradcheck.gradient_comparison import Element, Outcome
from nncli.parts.arrays import Shape


@frozen
class TensorCheck:
    """The check of one tensor's gradient, of the data loss or of the penalty.

    name: as in a trace, hidden_1/dW.  part: `data loss` or `penalty`.
    start: the tensor's first index in theta.  elements: the compared ones.
    kinks: how many of them are at a kink; these were compared with slightly moved weights.
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
        """The number of elements with this outcome."""
        return sum(element.outcome is outcome for element in self.elements)

    @property
    def checked(self) -> int:
        """The number of elements that agree or differ."""
        return self.count(Outcome.AGREES) + self.count(Outcome.DIFFERS)

    @property
    def is_right(self) -> bool | None:
        """Whether no element differs; None if none could be checked."""
        return self.count(Outcome.DIFFERS) == 0 if self.checked else None

    @property
    def is_unused(self) -> bool:
        """Whether both gradients are 0 everywhere."""
        return not any(each.backpropagation or each.numeric for each in self.elements)

    @property
    def worst(self) -> Element:
        """The element with the largest error."""
        return max(self.elements, key=lambda each: each.severity)

    def place(self, element: Element) -> list[int]:
        """An element's index in its tensor."""
        return [int(i) for i in np.unravel_index(element.index - self.start, self.shape)]


@frozen
class GradientCheck:
    """loss: data loss plus penalty of `rows` rows, out of the `step_rows` of a step."""

    loss: float
    rows: int
    step_rows: int
    tensors: tuple[TensorCheck, ...]

    @property
    def wrong(self) -> list[TensorCheck]:
        """The tensors with a wrong gradient, in the order of the network."""
        return [each for each in self.tensors if each.is_right is False]

    @property
    def undecided(self) -> list[TensorCheck]:
        """The tensors without any element that could be checked."""
        return [each for each in self.tensors if each.is_right is None]

    @property
    def checked(self) -> int:
        """The number of elements that agree or differ."""
        return sum(each.checked for each in self.tensors)

    @property
    def is_right(self) -> bool:
        """Whether no element differs, and at least one was checked."""
        return self.checked > 0 and not self.wrong

    @property
    def relative_error(self) -> float:
        """The largest error of a checked element."""
        return max(
            (each.worst.relative_error for each in self.tensors if each.checked), default=0.0
        )

    def count(self, outcome: Outcome) -> int:
        """The number of elements with this outcome."""
        return sum(each.count(outcome) for each in self.tensors)
