"""Reworked: the right numbers of a worksheet, computed from a student's earlier answers.

A student who slips once and goes on correctly has every later number wrong, but made one mistake.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.trace.question import (
    Question,
    parameters_after,
    parameters_before,
    starts_from,
    value,
)
from nncli.trace.tensor import TracedTensor, shown_indices
from nncli.trace.traced_steps import TracedStep
from nncli.trace.worksheet import Blank, Worksheet


@frozen
class Reworked:
    """A blank, and its question with operands from the student's answers.

    is_carried: whether the answers changed what is right; if not, or if nothing follows from them,
    the trace's own number is right.
    """

    blank: Blank
    question: Question
    is_carried: bool


def reworked(worksheet: Worksheet, answers: Mapping[int, Sequence[float]]) -> Iterator[Reworked]:
    """The blanks in order. answers: by blank, the possible values; none if it has no answer."""
    page = _Page(worksheet, answers)
    for step in worksheet.shown.steps:
        yield from page.step(step)


class _Page:
    """The arrays that answers have changed, by symbol: (the trace's, the student's)."""

    def __init__(self, worksheet: Worksheet, answers: Mapping[int, Sequence[float]]) -> None:
        self.worksheet, self.answers = worksheet, answers
        self.blanks = {(each.step, each.tensor, each.index): each for each in worksheet.blanks}
        self.changed: dict[str, tuple[Array, Array]] = {}
        self.outdated: dict[str, Array] = {}

    def _own(self, symbol: str, values: Array) -> Array:
        """The student's version of an array."""
        traced, own = self.changed.get(symbol, (values, values))
        return own if np.array_equal(traced, values, equal_nan=True) else values

    def step(self, step: TracedStep) -> Iterator[Reworked]:
        """The blanks of a step."""
        updated = parameters_after(step)
        for tensor in step.tensors:
            if tensor.template:
                yield from self._tensor(step.number, tensor, updated)
            else:
                traced = tensor.shown
                self._note(tensor.symbol, traced, self._own(tensor.symbol, traced))
        self.outdated = parameters_before(step)

    def _tensor(
        self, step: int, tensor: TracedTensor, updated: Mapping[str, Array]
    ) -> Iterator[Reworked]:
        """The blanks of a tensor; from then on, its symbol stands for the student's version."""
        traced = tensor.shown
        operands = {key: self._own(it.symbol, it.values) for key, it in tensor.operands.items()}
        is_changed = any(operands[key] is not it.values for key, it in tensor.operands.items())
        own = np.array(traced, dtype=float)
        for index in shown_indices(tensor):
            place = step, tensor.name, index
            blank = self.blanks.get(place)
            if blank is None and not (is_changed and place in self.worksheet.withheld):
                continue
            follows = value(tensor.template, operands, index) if is_changed else None
            right = float(traced[index]) if follows is None else follows
            own[index] = right
            if blank is not None:
                before = starts_from(tensor, operands, index)
                asked = Question(tensor, index, operands, right, before, updated, self.outdated)
                yield Reworked(blank, asked, is_carried=follows is not None)
                if meant := self.answers.get(blank.number):
                    own[index] = min(meant, key=lambda each: abs(each - right))
        self._note(tensor.symbol, traced, own)

    def _note(self, symbol: str, traced: Array, own: Array) -> None:
        """Note the arrays that a symbol stands for from now on."""
        self.changed.pop(symbol, None)
        if not np.array_equal(own, traced, equal_nan=True):
            self.changed[symbol] = traced, own
