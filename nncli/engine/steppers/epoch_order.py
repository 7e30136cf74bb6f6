"""Epoch order: the rows of a shuffled epoch put in their order at once, not gathered step by step.

Where the data is small, a step's cost is its calls: one gather an epoch saves two or three of them
a step, and each step has a tape of its own on its piece of the rows. The bits are the same.
"""

import numpy as np

from nncli.engine.batches import Batches
from nncli.engine.plan import Plan
from nncli.engine.steppers.peephole import FEW, Peephole
from nncli.engine.tape import Call, Tape

LARGEST = 1 << 20  # bytes of inputs and targets that are worth a second copy
MOST_TAPES = 256


class Dealt:
    """The training rows in the order of one epoch.

    steps: the calls of each step of an epoch, update included.
    """

    def __init__(self, plan: Plan, batches: Batches, update: Tape, peephole: Peephole) -> None:
        self.batches, self.peephole = batches, peephole
        sources = [plan.x, plan.targets, plan.weights]
        self.pairs = [(each, np.empty_like(each)) for each in sources if each is not None]
        self.steps = [self._record(plan, start, update) for start in self._starts()]

    def _starts(self) -> range:
        return range(0, self.batches.rows, self.batches.batch)

    def _record(self, plan: Plan, start: int, update: Tape) -> list[Call]:
        piece = slice(start, start + self.batches.batch)
        x, targets, *rest = (dealt[piece] for _, dealt in self.pairs)
        passes = plan.record_passes(x, targets, rest[0] if rest else None)
        return self.peephole.cheaper(passes + update).calls

    def deal(self) -> None:
        """Draw the order of an epoch and put the rows into it."""
        order = self.batches.order()
        for source, dealt in self.pairs:
            source.take(order, 0, dealt, "clip")


def pays(plan: Plan, batches: Batches, steps_per_epoch: int, epochs: int) -> bool:
    """Whether an epoch is one pass over shuffled rows, few and small enough, and often enough."""
    if batches.in_place or batches.sampling != "shuffle" or steps_per_epoch != batches.per_pass:
        return False
    if not isinstance(plan.x, np.ndarray) or plan.x.nbytes + plan.targets.nbytes > LARGEST:
        return False
    # in wider ones products are the time, and copies disturb them
    is_small = plan.network.widest * batches.batch <= FEW
    return is_small and batches.per_pass <= MOST_TAPES and epochs >= 3
