"""Fill in: the numbers that the page of a trace asks for, and the data to judge answers.

Each number asked for comes with the results of every usual slip, so that the page and `grade` both
recognise slips by `slips` alone.
"""

import math
from itertools import groupby, islice
from typing import Any

from nncli.trace import answer_numbers as numbers
from nncli.trace.question import Question, questions
from nncli.trace.slips import CLOSE, HINTS, OF_DIGITS, ROUNDED, TOO_FAR, slips
from nncli.trace.traced_steps import TracedStep
from nncli.trace.worksheet import GIVEN

MAX_PER_TENSOR = 12  # numbers asked for in one tensor
MAX_TERMS = 400_000  # estimated terms of the sums that are computed for a page's slips
WAYS = 20  # estimated formulas that are evaluated for a number's slips
DIGITS = 7  # significant digits of a slip's result
NAMES = [*HINTS]


def rules() -> dict[str, Any]:
    """The limits by which answers are judged, and the hints for slips."""
    return {
        "exact": numbers.EXACT,
        "tolerance": numbers.TOLERANCE,
        "nothing": numbers.NOTHING,
        "shown": numbers.SHOWN,
        "fine": numbers.FINE,
        "fine_zero": numbers.FINE_ZERO,
        "float": numbers.FLOAT,
        "close": CLOSE,
        "rounded": NAMES.index(ROUNDED),
        "too_far": NAMES.index(TOO_FAR),
        "of_digits": [NAMES.index(name) for name in OF_DIGITS],
        "slips": [*HINTS.items()],
    }


class FillIn:
    """The questions of one page; slips are left out after about MAX_TERMS terms."""

    def __init__(self) -> None:
        self.terms_left = MAX_TERMS

    def asked(
        self, step: TracedStep, earlier: TracedStep | None
    ) -> dict[str, dict[str, list[Any]]]:
        """By tensor and index, as `0,1`: [old value or 0, [number of a slip, result], ...]."""
        return {
            name: {",".join(map(str, each.index)): self._entry(each) for each in asked}
            for name, own in groupby(questions(step, earlier), lambda each: each.tensor.name)
            if name not in GIVEN and (asked := [*islice(own, MAX_PER_TENSOR)])
        }

    def _entry(self, question: Question) -> list[Any]:
        before = question.before if math.isfinite(question.before) else 0.0
        longest = max(max(array.shape, default=1) for array in question.operands.values())
        self.terms_left -= WAYS * longest
        if self.terms_left < 0:
            return [before]
        told = dict[float, str]()
        for name, value in slips(question):
            told.setdefault(float(f"{value:.{DIGITS}g}"), name)
        return [before, *([NAMES.index(name), value] for value, name in told.items() if value)]
