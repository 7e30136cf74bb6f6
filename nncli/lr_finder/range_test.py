"""Range test: lr_t = low (high / low)^(t / (steps - 1)), and the loss at each step.

The learning-rate range test of Smith (2015), also known as lr_find.
"""

import math
from dataclasses import replace
from typing import cast

import numpy as np

from nncli.engine.job import Job
from nncli.engine.state import TrainState
from nncli.engine.steppers.gradient import GradientStepper
from nncli.engine.stop import Stop
from nncli.errors import UserError
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.schedules import Interval, Schedule, Warmup

RISEN = 4.0  # times the first loss: training has diverged
LAST = 5  # steps for the mean that is compared
SMOOTHED = 1 / 40  # of all steps: the standard deviation of the smoothing
NOISES = 2.0  # times the median change between steps: a smaller fall is noise
MIN_FALL = 0.01  # of the first loss: a smaller fall doesn't count
CLEAR = 0.1  # of the fall: at its start and end noise may be steeper
SAFETY = 10.0  # the rate of the least loss is divided by this


@frozen
class ExponentialRise(Schedule):
    """lr_t = lr ratio^(t / (steps - 1))."""

    ratio: float
    steps: int
    interval: Interval = "step"
    warmup: Warmup = 0

    def after_warmup(self, t: int, total: int) -> float:
        return float(self.ratio ** (t / max(self.steps - 1, 1)))


@frozen
class RangeTest:
    """The result of a range test.

    rates, losses: of each step, the loss before its update.  smoothed: over neighbouring steps.
    own: the job's rate.  has_risen: whether the loss diverged before the highest rate.
    """

    rates: Array
    losses: Array
    smoothed: Array
    own: float
    has_risen: bool

    @property
    def least(self) -> int:
        """The step with the least smoothed loss."""
        return int(np.argmin(self.smoothed))

    @property
    def fall(self) -> float:
        """The first smoothed loss minus the least."""
        return float(self.smoothed[0] - self.smoothed[self.least])

    @property
    def has_fallen(self) -> bool:
        """Whether the loss fell by more than the noise between batches."""
        changes = np.abs(np.diff(self.losses[: max(self.least, LAST) + 1]))
        noise = float(np.median(changes)) if len(changes) else 0.0
        return self.fall > max(MIN_FALL * abs(float(self.smoothed[0])), NOISES * noise)

    @property
    def is_open(self) -> bool:
        """Whether the loss was still falling at the highest rate."""
        return not self.has_risen and self.least == len(self.rates) - 1

    @property
    def steepest(self) -> int:
        """The step with the steepest fall of the loss over the logarithm of the rate."""
        if self.least == 0:
            return 0
        fallen = (self.smoothed[0] - self.smoothed) / self.fall
        slope = np.gradient(self.smoothed, np.log(self.rates))
        places = np.arange(len(slope))
        is_clear = (fallen >= CLEAR) & (fallen <= 1 - CLEAR) & (places <= self.least)
        return int(np.argmin(np.where(is_clear, slope, math.inf))) if is_clear.any() else self.least

    @property
    def below_least(self) -> float:
        """A tenth of the rate with the least loss."""
        return float(self.rates[self.least]) / SAFETY

    def loss_at(self, rate: float) -> float | None:
        """The smoothed loss at a rate; None if it wasn't reached."""
        if not self.rates[0] <= rate <= self.rates[-1]:
            return None
        return float(np.interp(math.log(rate), np.log(self.rates), self.smoothed))


def range_test(job: Job, theta: Array, low: float, high: float, steps: int) -> RangeTest:
    """Train from `theta` with a rate that grows from `low` to `high`, until the loss diverges.

    Raises UserError for an optimizer without a rate, or if the first loss isn't finite.
    """
    optimizer = job.optimizer
    if not (optimizer.has_learning_rate and optimizer.has_update):
        raise UserError(f"optimizer: {optimizer.name} has no learning rate to find")
    rising = replace(
        job,
        optimizer=replace(optimizer, learning_rate=low),  # type: ignore[call-arg]
        schedule=ExponentialRise(high / low, steps),
    )
    losses, has_risen = _losses(rising, rising.state_at(theta.copy()), steps)
    if not losses:
        raise UserError("the loss isn't finite at the weights that it begins with: nncli doctor")
    rates = low * (high / low) ** (np.arange(len(losses)) / max(steps - 1, 1))
    return RangeTest(
        rates, np.array(losses), _smoothed(losses, steps), job.base_learning_rate, has_risen
    )


def _losses(job: Job, state: TrainState, steps: int) -> tuple[list[float], bool]:
    """The finite losses, and whether they diverged."""
    stepper, stop = GradientStepper(job.of_whole_batches, state), Stop()
    losses: list[float] = []

    def step(rows: int) -> None:
        stepper.gradient_tapes[rows]()
        losses.append(stepper.plan.loss(rows))
        stepper.update_tape()
        stop.requested = _has_risen(losses) or len(losses) == steps

    with np.errstate(all="ignore"):
        while not stop.requested:
            stepper.epoch(stop, step)
    finite = [loss for loss in losses if math.isfinite(loss)]
    return finite, _has_risen(losses)


def _has_risen(losses: list[float]) -> bool:
    recent = losses[-LAST:]
    return not math.isfinite(recent[-1]) or sum(recent) / len(recent) > _bound(losses)


def _bound(losses: list[float]) -> float:
    """The loss above which training has diverged: four times the first, which may be negative."""
    start = float(np.mean(losses[:LAST]))
    return start + (RISEN - 1) * abs(start)


def _smoothed(losses: list[float], steps: int) -> Array:
    """A Gaussian mean over neighbouring steps, before and after.

    A mean over earlier steps only would lag, and so give too high a rate.
    """
    values = np.minimum(losses, _bound(losses))  # limits the effect of one huge loss
    deviation = max(steps * SMOOTHED, 1.0)
    places = np.arange(len(values))
    weights = np.exp(-0.5 * ((places[:, None] - places) / deviation) ** 2)
    return cast(Array, weights @ values / weights.sum(axis=1))
