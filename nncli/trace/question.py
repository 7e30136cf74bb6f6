"""Question: one number of a trace to be worked out, and what it is worked out from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.trace.arithmetic import Index, arithmetic
from nncli.trace.evaluation import Numbered, evaluated
from nncli.trace.tensor import TracedTensor, shown_indices
from nncli.trace.traced_steps import TracedStep

MAX_NUMBERS = 10_000  # in an operand
Found = Iterable[float | None]  # numbers that something may lead to


@frozen
class Question:
    """An element of a tensor that has a formula in numbers.

    operands: as whoever works it out has them.  right: what follows from them.
    before: what an update starts from, of which only the change is the exercise; else 0.
    updated, outdated: parameters by symbol, as this step leaves them and as the one before had
    them; what may be taken by mistake.
    elsewhere: what its formula makes of other places, which questions of one tensor share.
    """

    tensor: TracedTensor
    index: Index
    operands: Mapping[str, Array]
    right: float
    before: float = 0.0
    updated: Mapping[str, Array] = field(default_factory=dict)
    outdated: Mapping[str, Array] = field(default_factory=dict)
    elsewhere: dict[Index, float | None] = field(default_factory=dict)

    @property
    def short(self) -> str:
        """`dz` of `hidden_1/dz`."""
        return self.tensor.name.rpartition("/")[2]

    def value(
        self,
        template: str = "",
        index: Index | None = None,
        others: Mapping[str, Array] | None = None,
    ) -> float | None:
        """By its formula, or by another one, of another place, or of other operands.

        None where nothing follows, and of more numbers than anybody works with by hand.
        """
        if any(each.size > MAX_NUMBERS for each in self.operands.values()):
            return None
        chosen = self.index if index is None else index
        return value(template or self.tensor.template, {**self.operands, **(others or {})}, chosen)

    def value_at(self, place: Index) -> float | None:
        """By its formula, of another place."""
        if place not in self.elsewhere:
            self.elsewhere[place] = self.value(index=place)
        return self.elsewhere[place]


def value(template: str, operands: Mapping[str, Array], index: Index) -> float | None:
    """An element by a formula; None where it doesn't fit these arrays, or has no value."""
    try:
        numbers = Numbered()
        return evaluated(arithmetic(template, operands, index, numbers, 10**9), numbers)
    except (IndexError, KeyError, ValueError):
        return None


def questions(step: TracedStep, earlier: TracedStep | None = None) -> Iterator[Question]:
    """Every number that is computed and shown in a step, with the trace's own operands.

    earlier: the step before it in the trace.
    """
    updated, outdated = parameters_after(step), parameters_before(earlier)
    for tensor in step.tensors:
        if not tensor.template:
            continue
        operands, elsewhere = tensor.arrays, dict[Index, float | None]()
        for index in shown_indices(tensor):
            right, before = float(tensor.shown[index]), starts_from(tensor, operands, index)
            yield Question(tensor, index, operands, right, before, updated, outdated, elsewhere)


def parameters_after(step: TracedStep) -> dict[str, Array]:
    """By symbol."""
    return {it.symbol: it.values for it in step.tensors if it.name.endswith("/after")}


def parameters_before(step: TracedStep | None) -> dict[str, Array]:
    """By symbol."""
    tensors = step.tensors if step else ()
    return {it.symbol: it.values for it in tensors if it.name.endswith("/before")}


def starts_from(tensor: TracedTensor, operands: Mapping[str, Array], index: Index) -> float:
    """What a tensor that goes on from its old value has there; else 0."""
    for name, operand in tensor.operands.items():
        if operand.symbol == tensor.symbol and f"{{{name}}}" in tensor.template:
            return float(operands[name][index])
    return 0.0
