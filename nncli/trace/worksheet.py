"""Worksheet: a trace with numbered blanks, and the table for their answers.

A blank is written `#12____`. A cell with the same value, such as the gradient in an update, refers
to it: `#12`. A value that is computed from a blank alone, as max(z, 0) from z, would reveal it and
is written `?`.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np

from nncli.engine.layout import gradient_of
from nncli.errors import UserError, did_you_mean
from nncli.frozen import frozen
from nncli.trace.arithmetic import Index, sources
from nncli.trace.question import starts_from
from nncli.trace.tensor import Cell, TracedTensor, number, shown_indices
from nncli.trace.traced_steps import Trace, TracedStep

HEADER = ("number", "step", "cell", "answer")
MADE_BY = "worksheet"  # in place of a number: marks the row that identifies the trace
GIVEN, OF_DATA = ("learning_rate",), ("input", "targets", "weights")
Place = tuple[int, str, Index]  # step, tensor, index
INDEXED = re.compile(r"(.*?)(?:\[(\d+(?:,\d+)*)\])?", re.DOTALL)


@frozen
class Blank:
    """One cell to fill in, and its right value.

    scale: the largest magnitude in the tensor, compared with which a difference may be negligible.
    before: the old value in an update, of which only the change is asked for; else 0.
    symbol: of the tensor, such as `dW1`.
    """

    number: int
    step: int
    tensor: str
    index: Index
    value: float
    scale: float
    before: float = 0.0
    symbol: str = ""

    @classmethod
    def at(cls, number: int, step: TracedStep, tensor: TracedTensor, index: Index) -> "Blank":
        value = float(tensor.shown[index])
        before = starts_from(tensor, tensor.arrays, index)
        place = (number, step.number, tensor.name, index)
        return cls(*place, value, scale_of(tensor), before, tensor.symbol)

    @property
    def cell(self) -> str:
        """The tensor and index of the cell: `hidden_1/dW[0,1]`."""
        return self.tensor + (f"[{','.join(map(str, self.index))}]" if self.index else "")


class Worksheet:
    """The blanks of a trace, in the order of the page.

    withheld: the places whose values would reveal a blank.
    """

    def __init__(self, shown: Trace, patterns: Sequence[str] = ()) -> None:
        """patterns: such as `hidden_1/z`, `hidden_*/dW` or `output/dW[0,1]`; none: everything.

        Only what is computed can be left blank. Raises UserError for a pattern that matches nothing
        computed.
        """
        self.shown = shown
        wanted = [_Pattern(text) for text in patterns or ("*",)]
        found = [
            (step, tensor, index)
            for step in shown.steps
            for tensor in step.tensors
            if _is_computed(tensor)
            for index in shown_indices(tensor)
            if [each for each in wanted if each.matches(tensor, index)]  # not any: all note matches
        ]
        _refuse_unmatched(wanted, shown.steps[0])
        self.blanks = [Blank.at(number, *place) for number, place in enumerate(found, start=1)]
        self._numbers = {(b.step, b.tensor, b.index): b.number for b in self.blanks}
        hidden = dict[str, set[Index]]()
        self.withheld = {place for step in shown.steps for place in self._given_away(step, hidden)}

    def _given_away(self, step: TracedStep, hidden: dict[str, set[Index]]) -> Iterator[Place]:
        """The places of a step, besides blanks, whose values would reveal a blank.

        hidden: the hidden indices by symbol so far; updated.
        """
        for tensor in step.tensors:
            own, known = set[Index](), hidden.get(_key(tensor, tensor.symbol), set())
            for index in shown_indices(tensor):
                place = step.number, tensor.name, index
                if place in self._numbers:
                    own.add(index)
                elif _uses(tensor, index, hidden) if tensor.formula else index in known:
                    own.add(index)
                    yield place
            hidden[_key(tensor, tensor.symbol)] = own

    def cells(self, step: TracedStep) -> Cell:
        """The text of each cell of a step: a blank, a reference, `?` or the number."""
        is_first = step.number == self.shown.steps[0].number

        def cell(tensor: TracedTensor, index: Index) -> str:
            if asked := self.number_at(step, tensor, index):
                return f"#{asked}____"
            same = _same_as(tensor, step.number, is_first=is_first)
            if same is not None and (asked := self._numbers.get((*same, index))):
                return f"#{asked}"
            is_withheld = (step.number, tensor.name, index) in self.withheld
            return "?" if is_withheld else number(tensor, index)

        return cell

    def solved_cells(self, step: TracedStep) -> Cell:
        """The same with all blanks filled in."""

        def cell(tensor: TracedTensor, index: Index) -> str:
            asked = self.number_at(step, tensor, index)
            return f"#{asked} {number(tensor, index)}" if asked else number(tensor, index)

        return cell

    def number_at(self, step: TracedStep, tensor: TracedTensor, index: Index) -> int | None:
        """The number of the blank at an index; None if there is none."""
        return self._numbers.get((step.number, tensor.name, index))

    def answers(self, made_by: str, digest: str) -> str:
        """The table to fill in, as CSV.

        made_by: the command line of the trace.  digest: of its inputs.
        """
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(HEADER)
        table.writerow((MADE_BY, "", made_by, digest))
        table.writerows((blank.number, blank.step, blank.cell, "") for blank in self.blanks)
        return text.getvalue()


class _Pattern:
    """A glob for tensor names, with or without an index."""

    def __init__(self, text: str) -> None:
        parts = INDEXED.fullmatch(text)
        assert parts is not None
        self.text, self.name, index = text, parts[1], parts[2]
        self.index = tuple(int(part) for part in index.split(",")) if index else None
        self.matched = False

    def matches(self, tensor: TracedTensor, index: Index) -> bool:
        found = fnmatchcase(tensor.name, self.name) and self.index in (None, index)
        self.matched = self.matched or found
        return found


def _refuse_unmatched(patterns: Sequence[_Pattern], step: TracedStep) -> None:
    for pattern in patterns:
        if not pattern.matched:
            names = [tensor.name for tensor in step.tensors if _is_computed(tensor)]
            guess = did_you_mean(pattern.name, names)
            what = "no cell that is computed and shown in this trace"
            raise UserError(f"--blank {pattern.text}: {what}{guess}")


def _is_computed(tensor: TracedTensor) -> bool:
    """Whether a tensor is computed by a formula with numbers, and isn't given."""
    return bool(tensor.template) and tensor.name not in GIVEN


def scale_of(tensor: TracedTensor) -> float:
    """The largest finite magnitude in a tensor."""
    sizes = np.abs(tensor.values)
    return float(sizes[np.isfinite(sizes)].max(initial=0.0))


def _uses(tensor: TracedTensor, index: Index, hidden: Mapping[str, set[Index]]) -> bool:
    """Whether the element at `index` follows from a hidden number alone."""
    return any(
        place in hidden.get(_key(tensor, tensor.operands[name].symbol), ())
        for name, place in sources(tensor.template, tensor.arrays, index)
    )


def _key(tensor: TracedTensor, symbol: str) -> str:
    """A unique key for a symbol: the slots of all parameters have the same symbols."""
    is_slot = tensor.phase == "update" and not symbol[-1:].isdecimal()
    return f"{tensor.name.rpartition('/')[0]} {symbol}" if is_slot else symbol


def _same_as(tensor: TracedTensor, step: int, *, is_first: bool) -> tuple[int, str] | None:
    """The step and name of an earlier tensor with the same values; None if there is none."""
    owner, _, last = tensor.name.rpartition("/")
    if last == "gradient" and not tensor.formula:
        return step, gradient_of(owner)
    if is_first or tensor.formula or tensor.name.partition("/")[0] in OF_DATA:
        return None
    if last.endswith("_before"):
        return step - 1, tensor.name.removesuffix("_before")
    return step - 1, f"{owner if last == 'before' else tensor.name}/after"
