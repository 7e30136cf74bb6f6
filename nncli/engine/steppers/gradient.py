"""Gradient stepper: makes gradient steps, epoch by epoch, by replaying tapes."""

import math
from collections.abc import Callable
from functools import cached_property

import numpy as np

from nncli.engine.job import Job
from nncli.engine.plan import Plan, first_infinite
from nncli.engine.ranks import ALONE, Ranks
from nncli.engine.state import TrainState
from nncli.engine.steppers import epoch_order
from nncli.engine.steppers.epoch_order import EpochOrder
from nncli.engine.steppers.peephole import Peephole
from nncli.engine.steppers.protocol import Stepper
from nncli.engine.steppers.update_tape import empty_scalars, record_update
from nncli.engine.stop import Stop
from nncli.engine.tape import Tape
from nncli.errors import Diverged

REPEATS = 1000  # steps between two looks at the clock


class GradientStepper(Stepper):
    """Makes steps of gather, forward, backward, clipping and update."""

    def __init__(self, job: Job, state: TrainState, ranks: Ranks = ALONE) -> None:
        self.job, self.state, self.batches = job, state, job.batches(state)
        self.ranks = ranks
        self.plan = _plan(job, state, ranks, gather=not self.batches.in_place)
        self.spare = self.plan.arena
        self.scalars = empty_scalars(job)
        self.steps_per_epoch = job.steps_per_epoch
        self.sets_every_step = job.optimizer.changes_every_step or job.schedule.interval == "step"
        self.sets_every_epoch = not self.sets_every_step and not job.schedule.is_constant
        self.gradient_tapes = {n: self.plan.record_gradient(n) for n in self.batches.sizes()}
        self.update_tape = record_update(job, self.plan, state.slots, self.scalars)
        self.peephole = Peephole()
        self._set_scalars()
        self.rates_vary = self.sets_every_step or self.sets_every_epoch
        # every epoch makes the same calls, without draws or new scalars
        self.repeats_one_step = (
            self.batches.in_place and self.steps_per_epoch == 1 and not self.rates_vary
        )

    @cached_property
    def tapes(self) -> dict[int, Tape]:
        """The tape of a whole step, as training replays it, by the number of its rows."""
        return {
            rows: self.peephole.optimized(tape + self.update_tape)
            for rows, tape in self.gradient_tapes.items()
        }

    @cached_property
    def ordered_rows(self) -> EpochOrder | None:
        """The rows of a shuffled epoch in order, if that is worth a copy; else None."""
        epochs = self.job.training.epochs - self.state.epoch
        if not epoch_order.pays(self.plan, self.batches, self.steps_per_epoch, epochs):
            return None
        return EpochOrder(self.plan, self.batches, self.update_tape, self.peephole)

    def epochs(self, last: int, stop: Stop, seconds: float = math.inf) -> bool:
        state, end = self.state, stop.now() + seconds
        first = state.epoch
        while state.epoch < last and (state.epoch == first or stop.now() < end):
            if self.repeats_one_step:
                finished = self._repeat(min(last - state.epoch, REPEATS), stop)
            elif self.ordered_rows is not None:
                finished = self._ordered_epoch(self.ordered_rows, stop)
            else:
                finished = self.epoch(stop)
            if not finished:
                return False
        return True

    def _repeat(self, epochs: int, stop: Stop) -> bool:
        """Train so many epochs of one step that is always the same."""
        state, calls = self.state, self.tapes[self.batches.rows].calls
        for _ in range(epochs):
            if stop.requested:
                return False
            for function, arguments in calls:
                function(*arguments)
            state.step += 1
            state.epoch += 1
        return True

    def _ordered_epoch(self, rows: EpochOrder, stop: Stop) -> bool:
        """`epoch`, on rows that are copied into their order at its start."""
        state, steps = self.state, rows.steps
        self._begin_stream()
        rows.draw()
        if self.sets_every_epoch:
            self._set_scalars()
        for position in range(state.step_in_epoch, len(steps)):
            if stop.requested:
                if position == 0:  # undo the draw of this epoch's order
                    self._go_back_in_stream()
                return False
            if self.sets_every_step:
                self._set_scalars()
            for function, arguments in steps[position].calls:
                function(*arguments)
            state.step += 1
            state.step_in_epoch = position + 1
        state.epoch += 1
        state.step_in_epoch = 0
        return True

    def epoch(self, stop: Stop, step: Callable[[int], None] | None = None) -> bool:
        """Train an epoch, or the rest of one; False if a stop was requested before its end.

        step: makes the step of so many rows; by default it replays their tape.
        """
        state, batches, index = self.state, self.batches, self.plan.index
        sets_every_step = self.sets_every_step
        tapes = self.tapes if step is None else {}
        if not batches.in_place:
            self._begin_draws()
        if self.sets_every_epoch:
            self._set_scalars()
        for position in range(state.step_in_epoch, self.steps_per_epoch):
            if stop.requested:
                return False
            rows = batches.draw(position, index)
            if sets_every_step:
                self._set_scalars()
            if step is None:
                tapes[rows]()
            else:
                step(rows)
            state.step += 1
            state.step_in_epoch = position + 1
        state.epoch += 1
        state.step_in_epoch = 0
        return True

    def _begin_stream(self) -> None:
        """Save the shuffle stream at an epoch's start; in its middle, restore it to that."""
        state = self.state
        if state.step_in_epoch == 0:
            state.epoch_shuffle = state.shuffle.bit_generator.state
        else:
            self._go_back_in_stream()

    def _go_back_in_stream(self) -> None:
        assert self.state.epoch_shuffle is not None
        self.state.shuffle.bit_generator.state = self.state.epoch_shuffle

    def _begin_draws(self) -> None:
        """Begin the stream, and in an epoch's middle repeat the draws so far."""
        self._begin_stream()
        for position in range(self.state.step_in_epoch):
            self.batches.draw(position, self.plan.index)

    def located(self, error: Diverged) -> Diverged:
        """Repeat the steps up to the error's, and check every array of each.

        If every array is finite, the loss over all rows has overflowed.
        """

        def careful_step(rows: int) -> None:
            self._refuse(self.plan.first_infinite(rows, self.gradient_tapes[rows]))
            self.update_tape()
            self._refuse(first_infinite(self.plan.workspace.tensors.items()))

        with np.errstate(all="ignore"):
            try:
                while self.state.step < error.step:
                    self.epoch(Stop(), careful_step)
            except Diverged as found:
                return found
        return error

    def _refuse(self, infinite: str | None) -> None:
        if infinite is not None:
            raise Diverged(self.state.epoch + 1, self.state.step + 1, infinite)

    @property
    def learning_rate(self) -> float:
        """The rate of the next step."""
        state = self.state
        return self.job.learning_rate(state.epoch, state.step, state.plateau.factor)

    def _set_scalars(self) -> None:
        """Write the scalars that the next update reads."""
        values = self.job.update_scalars(self.state.step + 1, self.learning_rate)
        for name, value in values.items():
            self.scalars[name][()] = value


def _plan(job: Job, state: TrainState, ranks: Ranks, *, gather: bool) -> Plan:
    """The plan of a job, sharded if its batches are."""
    if job.training.shards > 1:
        from nncli.engine.sharded_plan import ShardedPlan

        return ShardedPlan(job, state, ranks, gather=gather)
    return Plan.of(job, state, gather=gather)
