"""Gradient stepper: gradient steps, epoch by epoch, on recorded tapes."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nncli.engine import passes
from nncli.engine.batches import Batches
from nncli.engine.job import Job
from nncli.engine.plan import Plan
from nncli.engine.state import TrainState
from nncli.engine.steppers import epoch_order
from nncli.engine.steppers.peephole import Peephole
from nncli.engine.tape import Tape
from nncli.parts.optimizers import UpdateBuffers

REPEATS = 1000  # of a step, between two looks at the clock


@dataclass
class Stop:
    """A request to stop, looked at before every step; a signal handler sets it."""

    requested: bool = False

    def allowed(self, steps: int) -> int:
        """How many of the next `steps` may be made before looking again."""
        return steps


class StopAt(Stop):
    """Stops by itself when a state has made `step` steps; before that, if `asked` is requested."""

    def __init__(self, state: TrainState, step: int, asked: Stop) -> None:
        self.state, self.step, self.asked = state, step, asked

    @property
    def requested(self) -> bool:
        return self.asked.requested or self.state.step >= self.step

    @requested.setter
    def requested(self, value: bool) -> None:
        self.asked.requested = value

    def allowed(self, steps: int) -> int:
        return min(steps, self.step - self.state.step)


class Stepper:
    """Moves a state along gradients: a step is gather, forward, backward, clipping, update."""

    def __init__(self, job: Job, state: TrainState, plan: Plan, batches: Batches) -> None:
        self.job, self.state, self.plan, self.batches = job, state, plan, batches
        names = job.optimizer.scalars(1, 1.0)
        self.scalars = {name: np.zeros((), state.theta.dtype) for name in names}
        self.steps_per_epoch = job.steps_per_epoch
        self.sets_every_step = job.optimizer.changes_every_step or job.schedule.interval == "step"
        self.sets_every_epoch = not self.sets_every_step and not job.schedule.is_constant
        self.gradient_tapes = {rows: plan.record_gradient(rows) for rows in batches.sizes()}
        self.update_tape = self._record_update()
        self.peephole = Peephole()
        self._set_scalars()
        self.rates_vary = self.sets_every_step or self.sets_every_epoch
        # every epoch the very same calls: nothing drawn, nothing set
        self.is_monotonous = batches.in_place and self.steps_per_epoch == 1 and not self.rates_vary

    @cached_property
    def tapes(self) -> dict[int, Tape]:
        """Of each number of rows the whole step, as training replays it."""
        return {
            rows: self.peephole.cheaper(tape + self.update_tape)
            for rows, tape in self.gradient_tapes.items()
        }

    @cached_property
    def dealt(self) -> epoch_order.Dealt | None:
        """The rows of a shuffled epoch in their order, where that is worth a copy."""
        epochs = self.job.training.epochs - self.state.epoch
        if not epoch_order.pays(self.plan, self.batches, self.steps_per_epoch, epochs):
            return None
        return epoch_order.Dealt(self.plan, self.batches, self.update_tape, self.peephole)

    def _record_update(self) -> Tape:
        tape, plan, optimizer = Tape(), self.plan, self.job.optimizer
        gradient = tape.wrap(plan.gradient)
        if (limit := self.job.training.clip_grad_norm) is not None:
            passes.clip(gradient, limit, tape.wrap(np.zeros((), plan.gradient.dtype)))
        optimizer.update(
            UpdateBuffers(
                theta=tape.wrap(plan.trained),
                g=gradient,
                slots=tape.wrap_all(self.state.slots),
                scalars=tape.wrap_all(self.scalars),
                scratch=tape.wrap(np.zeros_like(plan.trained)) if optimizer.has_scratch else None,
            )
        )
        return tape

    def epochs(self, last: int, stop: Stop, seconds: float = math.inf) -> bool:
        """Epochs up to `last`, or until so many seconds are over.

        Returns whether they went by before a stop was requested.
        """
        state, end = self.state, time.perf_counter() + seconds
        while state.epoch < last and time.perf_counter() < end:
            if self.is_monotonous:
                finished = self._repeat(min(last - state.epoch, REPEATS), stop)
            elif self.dealt is not None:
                finished = self._dealt_epoch(self.dealt, stop)
            else:
                finished = self.epoch(stop)
            if not finished:
                return False
        return True

    def _repeat(self, epochs: int, stop: Stop) -> bool:
        """So many epochs of one step that is always the same."""
        state, calls = self.state, self.tapes[self.batches.rows].calls
        for _ in range(epochs):
            if stop.requested:
                return False
            for function, arguments in calls:
                function(*arguments)
            state.step += 1
            state.epoch += 1
        return True

    def _dealt_epoch(self, dealt: epoch_order.Dealt, stop: Stop) -> bool:
        """`epoch`, on rows that are dealt at its start."""
        state, steps = self.state, dealt.steps
        self._begin_stream()
        dealt.deal()
        if self.sets_every_epoch:
            self._set_scalars()
        for position in range(state.step_in_epoch, len(steps)):
            if stop.requested:
                if position == 0:  # as if this epoch's order had not been drawn
                    self._go_back_in_stream()
                return False
            if self.sets_every_step:
                self._set_scalars()
            for function, arguments in steps[position]:
                function(*arguments)
            state.step += 1
            state.step_in_epoch = position + 1
        state.epoch += 1
        state.step_in_epoch = 0
        return True

    def epoch(self, stop: Stop, step: Callable[[int], None] | None = None) -> bool:
        """One epoch, or the rest of one; whether it was finished before a stop was requested.

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
        """At an epoch's start remember the shuffle stream; in its middle go back to it."""
        state = self.state
        if state.step_in_epoch == 0:
            state.epoch_shuffle = state.shuffle.bit_generator.state
        else:
            self._go_back_in_stream()

    def _go_back_in_stream(self) -> None:
        assert self.state.epoch_shuffle is not None
        self.state.shuffle.bit_generator.state = self.state.epoch_shuffle

    def _begin_draws(self) -> None:
        """The stream, and in an epoch's middle again what was drawn of it."""
        self._begin_stream()
        for position in range(self.state.step_in_epoch):
            self.batches.draw(position, self.plan.index)

    @property
    def learning_rate(self) -> float:
        """Of the step to come."""
        state = self.state
        return self.job.learning_rate(state.epoch, state.step) * state.plateau.factor

    def _set_scalars(self) -> None:
        """Write the numbers that the next update reads."""
        state, rate = self.state, self.learning_rate
        for name, value in self.job.optimizer.scalars(state.step + 1, rate).items():
            self.scalars[name][()] = value
