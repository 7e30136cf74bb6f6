"""Stepper: gradient steps, epoch by epoch, on recorded tapes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nncli.engine import passes
from nncli.engine.batches import Batches
from nncli.engine.job import Job
from nncli.engine.plan import Plan
from nncli.engine.state import TrainState
from nncli.engine.tape import Tape
from nncli.parts.optimizers import Flat


@dataclass
class Stop:
    """A request to stop, looked at before every step; a signal handler sets it."""

    requested: bool = False


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
        self._set_scalars()
        self.tapes = {rows: tape + self.update_tape for rows, tape in self.gradient_tapes.items()}

    def _record_update(self) -> Tape:
        tape, plan, optimizer = Tape(), self.plan, self.job.optimizer
        gradient = tape.wrap(plan.gradient)
        if (limit := self.job.training.clip_grad_norm) is not None:
            passes.clip(gradient, limit, tape.wrap(np.zeros((), plan.gradient.dtype)))
        optimizer.update(
            Flat(
                theta=tape.wrap(plan.trained),
                g=gradient,
                slots=tape.wrap_all(self.state.slots),
                scalars=tape.wrap_all(self.scalars),
                scratch=tape.wrap(np.zeros_like(plan.trained)) if optimizer.has_scratch else None,
            )
        )
        return tape

    def epoch(self, stop: Stop, step: Callable[[int], None] | None = None) -> bool:
        """One epoch, or the rest of one; whether it was finished before a stop was requested.

        step: makes the step of so many rows; by default it replays their tape.
        """
        state, batches, index, tapes = self.state, self.batches, self.plan.index, self.tapes
        sets_every_step = self.sets_every_step
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

    def _begin_draws(self) -> None:
        """At an epoch's start remember the stream; in its middle draw again what was drawn."""
        state, batches = self.state, self.batches
        if state.step_in_epoch == 0:
            state.epoch_shuffle = state.shuffle.bit_generator.state
            return
        assert state.epoch_shuffle is not None
        state.shuffle.bit_generator.state = state.epoch_shuffle
        for position in range(state.step_in_epoch):
            batches.draw(position, self.plan.index)

    def _set_scalars(self) -> None:
        """Write the numbers that the next update reads."""
        state = self.state
        rate = self.job.learning_rate(state.epoch, state.step) * state.plateau.factor
        for name, value in self.job.optimizer.scalars(state.step + 1, rate).items():
            self.scalars[name][()] = value
