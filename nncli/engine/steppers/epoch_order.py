"""Epoch order: copies the rows of a shuffled epoch into their order, instead of gathering per step.

For small data, a step costs its number of calls: one gather per epoch saves two or three calls per
step, as each step has a tape of its own on its part of the ordered rows. The bits are the same.
"""

import numpy as np

from nncli.engine.batches import Batches
from nncli.engine.cost import ordering_pays
from nncli.engine.plan import Plan
from nncli.engine.rows import is_in_memory
from nncli.engine.steppers.peephole import Peephole
from nncli.engine.tape import Tape


class EpochOrder:
    """The training rows in the order of one epoch.

    steps: the tape of each step of an epoch, update included.
    """

    def __init__(self, plan: Plan, batches: Batches, update: Tape, peephole: Peephole) -> None:
        self.batches, self.peephole = batches, peephole
        self.ordered = plan.data.each(lambda _, each: np.empty_like(each))
        self.pairs = list(zip(plan.data.arrays(), self.ordered.arrays(), strict=True))
        starts = range(0, batches.rows, batches.batch)
        self.steps = [self._record(plan, start, update) for start in starts]

    def _record(self, plan: Plan, start: int, update: Tape) -> Tape:
        piece = slice(start, start + self.batches.batch)
        passes = plan.record_passes(self.ordered.each(lambda _, each: each[piece]))
        return self.peephole.optimized(passes + update)

    def draw(self) -> None:
        """Draw the order of an epoch, and copy the rows into it."""
        order = self.batches.order()
        for source, ordered in self.pairs:
            source.take(order, 0, ordered, "clip")


def pays(plan: Plan, batches: Batches, steps_per_epoch: int, epochs: int) -> bool:
    """Whether an epoch is one pass over shuffled rows in memory, and to order them is faster."""
    if batches.in_place or batches.sampling != "shuffle" or steps_per_epoch != batches.per_pass:
        return False
    inputs, targets = plan.data.inputs, plan.data.targets
    if not is_in_memory({**inputs, "targets": targets}):
        return False
    size = sum(block.nbytes for block in inputs.values()) + targets.nbytes
    widest = plan.network.widest * batches.batch
    return ordering_pays(size, widest, batches.per_pass, epochs)
