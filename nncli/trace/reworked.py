"""Reworked: the numbers of a worksheet as they follow from the answers before them.

Who slips once and goes on correctly has every later number wrong, and one mistake.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from nncli.parts.arrays import Array
from nncli.trace.arithmetic import Index, arithmetic
from nncli.trace.evaluation import evaluated
from nncli.trace.tensor import TracedTensor, shown_indices
from nncli.trace.traced_steps import TracedStep
from nncli.trace.worksheet import Blank, Worksheet


@dataclass(frozen=True)
class Reworked:
    """One blank, and its tensor with the operands as the answers have them.

    right: what follows from them; the trace's own number where none of them was changed, or
    nothing follows.  before: what an update starts from, there.  is_carried: whether they changed.
    moved: the parameters among the operands as the step leaves them.
    """

    blank: Blank
    tensor: TracedTensor
    operands: Mapping[str, Array]
    right: float
    before: float
    is_carried: bool
    moved: Mapping[str, Array] = field(default_factory=dict)

    def value(self, index: Index, template: str = "") -> float | None:
        """An element by its formula, or by another one of the same operands."""
        return value_of(template or self.tensor.template, self.operands, index)


def as_it_is(step: TracedStep, tensor: TracedTensor, index: Index) -> Reworked:
    """A number of a trace, asked for by itself: what it follows from is as the trace has it."""
    blank = Blank.at(0, step, tensor, index)
    moved = _of(tensor, moved_by(step))
    return Reworked(blank, tensor, tensor.arrays, blank.value, blank.before, False, moved)


def moved_by(step: TracedStep) -> dict[str, Array]:
    """The parameters as a step leaves them, by symbol."""
    return {each.symbol: each.shown for each in step.tensors if each.name.endswith("/after")}


def reworked(worksheet: Worksheet, answers: Mapping[int, Sequence[float]]) -> Iterator[Reworked]:
    """Every blank in order. answers: what each may mean; none where there is none."""
    page = _Page(worksheet, answers)
    for step in worksheet.shown.steps:
        page.moved = moved_by(step)
        for tensor in step.tensors:
            yield from page.tensor(step.number, tensor)


class _Page:
    """The arrays that answers change, by symbol: as the trace has them, and as they are then."""

    def __init__(self, worksheet: Worksheet, answers: Mapping[int, Sequence[float]]) -> None:
        self.worksheet, self.answers = worksheet, answers
        self.blanks = {(each.step, each.tensor, each.index): each for each in worksheet.blanks}
        self.changed: dict[str, tuple[Array, Array]] = {}
        self.moved: dict[str, Array] = {}  # by symbol, at the end of the step

    def _own(self, symbol: str, values: Array) -> Array:
        """An array as the page has it."""
        theirs, own = self.changed.get(symbol, (values, values))
        return own if np.array_equal(theirs, values, equal_nan=True) else values

    def tensor(self, step: int, tensor: TracedTensor) -> Iterator[Reworked]:
        """Its blanks; from then on its symbol stands for what the page has."""
        theirs = tensor.shown
        if not tensor.template:
            self._note(tensor.symbol, theirs, self._own(tensor.symbol, theirs))
            return
        operands = {key: self._own(it.symbol, it.values) for key, it in tensor.operands.items()}
        is_changed = any(operands[key] is not it.values for key, it in tensor.operands.items())
        moved = _of(tensor, self.moved)
        own = np.array(theirs, dtype=float)
        for index in shown_indices(tensor):
            place = step, tensor.name, index
            blank = self.blanks.get(place)
            if blank is None and not (is_changed and place in self.worksheet.withheld):
                continue
            follows = value_of(tensor.template, operands, index) if is_changed else None
            right = float(theirs[index]) if follows is None else follows
            own[index] = right
            if blank is not None:
                before = _before(tensor, operands, index, blank)
                is_carried = follows is not None
                yield Reworked(blank, tensor, operands, right, before, is_carried, moved)
                if meant := self.answers.get(blank.number):
                    own[index] = min(meant, key=lambda value: abs(value - right))
        self._note(tensor.symbol, theirs, own)

    def _note(self, symbol: str, theirs: Array, own: Array) -> None:
        """What a symbol stands for from now on."""
        self.changed.pop(symbol, None)
        if not np.array_equal(own, theirs, equal_nan=True):
            self.changed[symbol] = theirs, own


def _of(tensor: TracedTensor, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Those of its operands' symbols, by the operands' names."""
    if tensor.phase == "update":
        return {}
    named = {key: it.symbol for key, it in tensor.operands.items()}
    return {key: arrays[symbol] for key, symbol in named.items() if symbol in arrays}


def _before(
    tensor: TracedTensor, operands: Mapping[str, Array], index: Index, blank: Blank
) -> float:
    """What an update starts from, on the page; else 0."""
    if not blank.before:
        return 0.0
    own = (key for key, it in tensor.operands.items() if it.symbol == tensor.symbol)
    return float(operands[next(own)][index])


def value_of(template: str, operands: Mapping[str, Array], index: Index) -> float | None:
    """An element of a formula with these operands; None if it has none."""
    try:
        return evaluated(arithmetic(template, operands, index, repr, 10**9))
    except (IndexError, KeyError, ValueError):  # a formula that doesn't fit these arrays
        return None
