"""Divergence: which step, and which array in it, first left the finite numbers."""

from collections.abc import Iterator

import numpy as np

from nncli.engine.steppers.gradient import Stepper, Stop
from nncli.errors import Diverged
from nncli.parts.arrays import Array


def find(stepper: Stepper, epoch: int, step: int) -> Diverged:
    """Repeat the steps up to `step` of `epoch`, looking at every array of each in turn.

    The stepper's state must be back at a finite moment. If every array is finite, it was the loss
    over all rows that overflowed.
    """
    plan, state = stepper.plan, stepper.state

    def look(arrays: Iterator[tuple[str, Array]]) -> None:
        for name, array in arrays:
            if not np.isfinite(array).all():
                raise Diverged(state.epoch + 1, state.step + 1, name)

    def careful_step(rows: int) -> None:
        stepper.gradient_tapes[rows]()
        look(plan.arrays(rows))
        stepper.update_tape()
        look(iter(plan.workspace.tensors.items()))

    with np.errstate(all="ignore"):
        try:
            while state.step < step:
                stepper.epoch(Stop(), careful_step)
        except Diverged as found:
            return found
    return Diverged(epoch, step, "loss")
