"""Worksheet: a trace with cells left blank, numbered, and the table their answers go into.

A blank is written `[12]____`. A place that would give its answer away, such as the gradient in an
update, refers to it: `[12]`.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from nncli.errors import UserError, did_you_mean
from nncli.insight.trace.arithmetic import Index
from nncli.insight.trace.grid import Cell, number, places
from nncli.insight.trace.steps import Trace, TracedStep
from nncli.insight.trace.tensor import Tensor

HEADER = ("number", "step", "cell", "answer")
MADE_BY = "worksheet"  # in place of a number: the row that says which trace this is
GIVEN = ("learning_rate",)
INDEXED = re.compile(r"(.*?)(?:\[(\d+(?:,\d+)*)\])?", re.DOTALL)


@dataclass(frozen=True)
class Blank:
    """One cell to fill in, and what belongs there.

    scale: the largest size in its tensor, beside which a difference may be nothing.
    """

    number: int
    step: int
    tensor: str
    index: Index
    value: float
    scale: float

    @property
    def cell(self) -> str:
        """`hidden_1/dW[0,1]`."""
        return self.tensor + (f"[{','.join(map(str, self.index))}]" if self.index else "")


class Worksheet:
    """The blanks of a trace, in the order of the page."""

    def __init__(self, shown: Trace, patterns: Sequence[str] = ()) -> None:
        """patterns: as `hidden_1/z`, `hidden_*/dW` or `output/dW[0,1]`; none: all that is computed.

        Raises UserError for one that matches nothing.
        """
        self.shown = shown
        wanted = [_Pattern(text) for text in patterns]
        found = [
            (step, tensor, index)
            for step in shown.steps
            for tensor in step.tensors
            for index in places(tensor)
            if (
                any(each.matches(tensor, index) for each in wanted) if wanted else _is_asked(tensor)
            )
        ]
        _refuse_idle(wanted, shown.steps[0])
        self.blanks = [
            Blank(
                count,
                step.number,
                tensor.name,
                index,
                float(tensor.values[index]),
                float(abs(tensor.values).max()),
            )
            for count, (step, tensor, index) in enumerate(found, start=1)
        ]
        self._numbers = {(b.step, b.tensor, b.index): b.number for b in self.blanks}

    def cells(self, step: TracedStep) -> Cell:
        """What stands at each place of a step's arrays."""
        is_first = step is self.shown.steps[0]

        def cell(tensor: Tensor, index: Index) -> str:
            if asked := self._numbers.get((step.number, tensor.name, index)):
                return f"[{asked}]____"
            same = _same_as(tensor, step.number, is_first=is_first)
            if same is not None and (asked := self._numbers.get((*same, index))):
                return f"[{asked}]"
            return number(tensor, index)

        return cell

    def answers(self, made_by: str, digest: str) -> str:
        """The table to fill in, as CSV.

        made_by: the command line of the trace.  digest: of what it was made from.
        """
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(HEADER)
        table.writerow((MADE_BY, "", made_by, digest))
        table.writerows((blank.number, blank.step, blank.cell, "") for blank in self.blanks)
        return text.getvalue()


class _Pattern:
    """A glob for names, perhaps with one index."""

    def __init__(self, text: str) -> None:
        parts = INDEXED.fullmatch(text)
        assert parts is not None
        self.text, self.name, index = text, parts[1], parts[2]
        self.index = tuple(int(part) for part in index.split(",")) if index else None
        self.matched = False

    def matches(self, tensor: Tensor, index: Index) -> bool:
        found = fnmatchcase(tensor.name, self.name) and self.index in (None, index)
        self.matched = self.matched or found
        return found


def _refuse_idle(patterns: Sequence[_Pattern], step: TracedStep) -> None:
    for pattern in patterns:
        if not pattern.matched:
            names = [tensor.name for tensor in step.tensors]
            guess = did_you_mean(pattern.name, names)
            raise UserError(f"--blank {pattern.text}: no such cell is shown in this trace{guess}")


def _is_asked(tensor: Tensor) -> bool:
    """Whether it is computed from what is given."""
    return bool(tensor.template) and tensor.name not in GIVEN


def _same_as(tensor: Tensor, step: int, *, is_first: bool) -> tuple[int, str] | None:
    """The step and name of a tensor shown before with the same numbers."""
    owner, _, last = tensor.name.rpartition("/")
    if last == "gradient" and not tensor.formula:
        node, _, parameter = owner.rpartition("/")
        return step, f"{node}/d{parameter}"
    if is_first or tensor.formula or tensor.name in ("input", "targets", "weights"):
        return None
    return step - 1, f"{owner if last == 'before' else tensor.name}/after"
