"""CompiledStepper: makes steps in machine code, many per call.

Only arithmetic is compiled: NumPy draws row indices and random numbers, and computes learning
rates, from the same streams in the same order, for the steps of a whole call.
"""

import math

import numpy as np

from nncli.engine.job import Job
from nncli.engine.ranks import ALONE, Ranks
from nncli.engine.sharded_plan import ShardedPlan, shard_draws
from nncli.engine.state import TrainState
from nncli.engine.steppers.compiled.places import address_of
from nncli.engine.steppers.compiled.program import Program, translated
from nncli.engine.steppers.gradient import GradientStepper
from nncli.engine.stop import Stop
from nncli.parts.arrays import Array

SHORT, LONG = 0.02, 0.05  # seconds of a slice; stop requests are checked after it
MAX_STEPS = 1 << 16  # steps per slice; also numbers drawn for it, unless one step needs more


class CompiledStepper(GradientStepper):
    """Trains a state as GradientStepper does, up to rounding in products and sums.

    The number of steps per call depends on the clock, but a step's numbers don't depend on it: the
    same seed gives the same bits, also stopped and resumed.

    Raises Untranslatable if the tapes have a call that only NumPy can carry out.
    """

    def __init__(self, job: Job, state: TrainState, ranks: Ranks = ALONE) -> None:
        super().__init__(job, state, ranks)
        plan = self.plan
        code, gradients = translated(self)
        self.program = Program(code)
        self.is_fresh = True  # whether the shuffle stream may differ from the state's
        self.steps = 1  # steps in the next slice
        self.rows = [routine.rows for routine in gradients]
        self.drawn = [routine.drawn for routine in gradients]
        self.draws = [shard_draws(self.gradient_tapes[rows]) for rows in self.rows]
        gathered = self.rows[0] * plan.gather
        numbers = len(self.scalars) * self.rates_vary
        most = max(min(MAX_STEPS, MAX_STEPS // max(gathered, self.drawn[0], numbers, 1)), 1)
        self.most = min(ranks.gather(most))  # all ranks make the same slices
        self.kinds = np.resize(self._kinds(), self.steps_per_epoch + self.most)
        self.order = np.zeros(self.most * gathered, np.intp)
        self.random = np.zeros(self.most * self.drawn[0], plan.theta.dtype)
        self.values = np.zeros((self.most if numbers else 1, len(self.scalars)), plan.theta.dtype)
        self.values[0] = list(self.scalars.values())
        arrays = (self.kinds, self.order, self.random, self.values)
        self.addresses = [address_of(array) for array in arrays]
        self.stride = numbers

    def _kinds(self) -> Array:
        """The gradient of each step of an epoch: the last one of a pass may have fewer rows."""
        kinds = np.zeros(self.steps_per_epoch, np.int8)
        if len(self.rows) > 1:
            kinds[self.batches.per_pass - 1 :: self.batches.per_pass] = 1
        return kinds

    @property
    def has_whole_passes(self) -> bool:
        """Whether every row is taken equally often in an epoch, in shuffled order."""
        batches = self.batches
        return batches.sampling == "shuffle" and self.steps_per_epoch % batches.per_pass == 0

    def epochs(self, last: int, stop: Stop, seconds: float = math.inf) -> bool:
        state, end = self.state, stop.now() + seconds
        first = state.epoch
        while state.epoch < last and (
            state.step_in_epoch or state.epoch == first or stop.now() < end
        ):
            if stop.requested:
                return False
            began, before = stop.now(), state.step
            self._slice(last, stop.allowed(self.steps))
            self._adapt(state.step - before, stop.now() - began)
        return True

    def _adapt(self, steps: int, seconds: float) -> None:
        """Make more steps per call if the last one was short, fewer if it was long."""
        if seconds > LONG:
            self.steps = max(self.steps // 2, 1)
        elif seconds < SHORT and steps > self.steps // 2:
            self.steps = min(2 * self.steps, self.most)

    def _slice(self, last: int, most: int) -> None:
        """Make as many whole epochs as fit into `most` steps, or a part of a longer epoch."""
        state, start = self.state, self.state.step_in_epoch
        steps = min(most, self.steps_per_epoch - start)
        if start == 0 and steps == self.steps_per_epoch:
            steps *= min(most // steps, last - state.epoch)
        if not self.batches.in_place:
            self._draw_rows(start, steps)
        self._draw_random(start, steps)
        self._move_on(steps)
        kinds, *others = self.addresses
        self.program.run(steps, kinds + start, *others, self.stride)

    def _draw_rows(self, start: int, steps: int) -> None:
        """Draw the row indices of the steps."""
        batches, taken = self.batches, 0
        if start == 0 or self.is_fresh:
            self._begin_draws()
            self.is_fresh = False
        if start == 0 and self.has_whole_passes and steps >= self.steps_per_epoch:
            passes = steps // batches.per_pass
            batches.orders(self.order[: passes * batches.rows].reshape(passes, batches.rows))
            return
        for position in range(start, start + steps):
            place = self.order[taken : taken + batches.batch]
            taken += batches.draw(position % self.steps_per_epoch, place)

    def _draw_random(self, start: int, steps: int) -> None:
        """Draw the random numbers of the steps."""
        if isinstance(self.plan, ShardedPlan):
            self._draw_for_shards(self.kinds[start : start + steps])
        elif (fill := self.plan.workspace.uniform) is not None:
            smaller = int(np.count_nonzero(self.kinds[start : start + steps]))
            fill(self.random[: (steps - smaller) * self.drawn[0] + smaller * self.drawn[-1]])

    def _draw_for_shards(self, kinds: Array) -> None:
        """Draw the random numbers of the steps, from a stream for each shard."""
        taken = 0
        for step, kind in enumerate(kinds, start=self.state.step):
            for draw, size in self.draws[kind]:
                draw.at(step, self.random[taken : taken + size])
                taken += size

    def _move_on(self, steps: int) -> None:
        """Count the steps, and compute the scalars that their updates read."""
        state, noted = self.state, 0
        while noted < steps:
            left_of_epoch = self.steps_per_epoch - state.step_in_epoch
            count = min(steps - noted, left_of_epoch) if self.rates_vary else steps
            if self.rates_vary:
                self.values[noted : noted + count] = self._values(count)
            noted += count
            state.step += count
            epochs, state.step_in_epoch = divmod(state.step_in_epoch + count, self.steps_per_epoch)
            state.epoch += epochs

    def _values(self, steps: int) -> list[list[float]]:
        """The scalars of each of the next steps, all in one epoch; one row if all are equal."""
        job, scalars, first = self.job, self.job.update_scalars, self.state.step
        if job.schedule.interval == "step":
            epoch, plateau = self.state.epoch, self.state.plateau.factor
            rates = [job.learning_rate(epoch, t, plateau) for t in range(first, first + steps)]
        else:
            rates = [self.learning_rate] * (steps if self.sets_every_step else 1)
        return [[*scalars(t, rate).values()] for t, rate in enumerate(rates, start=first + 1)]
