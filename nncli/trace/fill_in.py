"""Fill in: what the page of a trace asks for, and what it knows of answers.

The page decides by tables: each number that it asks for comes with what every usual mistake would
have made of it. So slips are recognised by `slips` alone, there and in `grade`.
"""

import math
from itertools import groupby, islice
from typing import Any

from nncli.trace import answer_numbers as numbers
from nncli.trace.question import Question, questions
from nncli.trace.slips import CLOSE, HINTS, OF_DIGITS, ROUNDED, TOO_FAR, slips
from nncli.trace.traced_steps import TracedStep
from nncli.trace.worksheet import GIVEN

MAX_PER_TENSOR = 12  # numbers of one tensor that are asked for
MAX_TERMS = 400_000  # of sums that are added up for one page's slips
WAYS = 20  # to a number that are tried
DIGITS = 7  # of what a slip makes of it
NAMES = [*HINTS]


def rules() -> dict[str, Any]:
    """What answers are judged by, and what is said of slips."""
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
    """Of one page. Where very many terms would have to be added up, slips are left out."""

    def __init__(self) -> None:
        self.terms_left = MAX_TERMS

    def of(self, step: TracedStep, earlier: TracedStep | None) -> dict[str, dict[str, list[Any]]]:
        """By tensor and index, as `0,1`: what an update starts from, else 0; then the slips."""
        return {
            name: {",".join(map(str, each.index)): self._known(each) for each in asked}
            for name, own in groupby(questions(step, earlier), lambda each: each.tensor.name)
            if name not in GIVEN and (asked := [*islice(own, MAX_PER_TENSOR)])
        }

    def _known(self, question: Question) -> list[Any]:
        before = question.before if math.isfinite(question.before) else 0.0
        longest = max(max(array.shape, default=1) for array in question.operands.values())
        self.terms_left -= WAYS * longest
        if self.terms_left < 0:
            return [before]
        told = dict[float, str]()
        for name, value in slips(question):
            told.setdefault(float(f"{value:.{DIGITS}g}"), name)
        return [before, *([NAMES.index(name), value] for value, name in told.items() if value)]
