"""Questions: what the page of a trace asks for in its fill-in mode, and what it knows of answers.

The page decides by tables: each number that it asks for comes with what every usual slip would
have made of it. So slips are recognised by `slips` alone, there and in `grade`.
"""

import math
from itertools import islice
from typing import Any

from nncli.trace.answer_numbers import FINE, FINE_ZERO, FLOAT, NOTHING, SHOWN, TOLERANCE
from nncli.trace.reworked import as_it_is
from nncli.trace.slips import CLOSE, HINTS, ROUNDED, slips
from nncli.trace.tensor import TracedTensor, shown_indices
from nncli.trace.traced_steps import TracedStep
from nncli.trace.worksheet import is_computed

MOST_OF_ONE = 12  # numbers of one tensor that are asked for
MOST_WORK = 2_000_000  # terms of sums that are worked out for a page's slips
VERSIONS = 10  # of a number, of which each slip makes another
DIGITS = 8  # of what a slip makes of it
NAMES = [*HINTS]


def rules() -> dict[str, Any]:
    """What answers are judged by, and what is said of slips."""
    return {
        "tolerance": TOLERANCE,
        "nothing": NOTHING,
        "shown": SHOWN,
        "fine": FINE,
        "fine_zero": FINE_ZERO,
        "float": FLOAT,
        "close": CLOSE,
        "rounded": NAMES.index(ROUNDED),
        "slips": [[name, hint] for name, hint in HINTS.items()],
    }


class Questions:
    """Those of one trace. With very many terms to add up, later numbers come without slips."""

    def __init__(self) -> None:
        self.work_left = MOST_WORK

    def of(self, step: TracedStep, tensor: TracedTensor) -> dict[str, list[Any]]:
        """By index, as `0,1`: what an update starts from, else 0; then slips with their numbers."""
        if not is_computed(tensor):
            return {}
        asked = islice(shown_indices(tensor), MOST_OF_ONE)
        return {",".join(map(str, index)): self._slips(step, tensor, index) for index in asked}

    def _slips(self, step: TracedStep, tensor: TracedTensor, index: tuple[int, ...]) -> list[Any]:
        asked = as_it_is(step, tensor, index)
        found: list[Any] = [asked.before if math.isfinite(asked.before) else 0.0]
        self.work_left -= VERSIONS * max(each.size for each in tensor.arrays.values()) ** 0.5
        if self.work_left < 0:
            return found
        known = set[float]()
        for name, value in slips(asked):
            told = float(f"{value:.{DIGITS}g}")
            if told and math.isfinite(told) and told not in known:
                known.add(told)
                found.append([NAMES.index(name), told])
        return found
