"""Question: one number of a trace that is asked for, and what it is computed from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.trace.arithmetic import Index, arithmetic
from nncli.trace.evaluation import Numbered, evaluated
from nncli.trace.tensor import TracedTensor, shown_indices
from nncli.trace.traced_steps import TracedStep

MAX_NUMBERS = 10_000  # of an operand, up to which formulas are evaluated
Found = Iterable[float | None]  # results of a slip; None where there is none


@frozen
class Question:
    """An element of a tensor that has a formula.

    operands: the arrays as the student has them.  right: the number that follows from them.
    before: the old value in an update, of which only the change is asked for; else 0.
    updated, outdated: the parameters by symbol after this step and before the previous one, which
    could be used by mistake.
    elsewhere: a cache of the formula's values at other indices, shared by a tensor's questions.
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
        """The last part of the tensor's name: `dz` of `hidden_1/dz`."""
        return self.tensor.name.rpartition("/")[2]

    def value(
        self,
        template: str = "",
        index: Index | None = None,
        others: Mapping[str, Array] | None = None,
    ) -> float | None:
        """The value of the formula, or of another template, at another index, of other operands.

        None if it has no value, or an operand has more than MAX_NUMBERS numbers.
        """
        if any(each.size > MAX_NUMBERS for each in self.operands.values()):
            return None
        chosen = self.index if index is None else index
        return value(template or self.tensor.template, {**self.operands, **(others or {})}, chosen)

    def value_at(self, place: Index) -> float | None:
        """The value of the formula at another index."""
        if place not in self.elsewhere:
            self.elsewhere[place] = self.value(index=place)
        return self.elsewhere[place]


def value(template: str, operands: Mapping[str, Array], index: Index) -> float | None:
    """An element computed by a formula; None if it doesn't fit the arrays or has no value."""
    try:
        numbers = Numbered()
        return evaluated(arithmetic(template, operands, index, numbers, 10**9), numbers)
    except (IndexError, KeyError, ValueError):
        return None


def questions(step: TracedStep, earlier: TracedStep | None = None) -> Iterator[Question]:
    """A question for every computed number that a step shows, with the trace's own operands.

    earlier: the previous step of the trace.
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
    """The parameters after a step, by symbol."""
    return {it.symbol: it.values for it in step.tensors if it.name.endswith("/after")}


def parameters_before(step: TracedStep | None) -> dict[str, Array]:
    """The parameters before a step, by symbol; empty without one."""
    tensors = step.tensors if step else ()
    return {it.symbol: it.values for it in tensors if it.name.endswith("/before")}


def starts_from(tensor: TracedTensor, operands: Mapping[str, Array], index: Index) -> float:
    """The old value of the element if the tensor is computed from its old value; else 0."""
    for name, operand in tensor.operands.items():
        if operand.symbol == tensor.symbol and f"{{{name}}}" in tensor.template:
            return float(operands[name][index])
    return 0.0
