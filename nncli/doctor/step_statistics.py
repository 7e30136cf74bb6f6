"""Step statistics: repeats steps of a job one by one, and measures their effect on each layer."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from nncli.engine.cost import step_seconds
from nncli.engine.gradient_norms import layer_places, norm_at
from nncli.engine.job import Job
from nncli.engine.plan import Plan
from nncli.engine.state import TrainState
from nncli.engine.steppers.gradient import GradientStepper
from nncli.engine.stop import Stop, StopAt
from nncli.engine.trainer import train
from nncli.errors import Diverged
from nncli.parts.arrays import Array

SECONDS = 0.3  # of a trial, about
MIN_STEPS = 50


def affordable_steps(job: Job, seconds: float = SECONDS) -> int:
    """The number of steps for about so many seconds; the same on every machine."""
    step = step_seconds(len(job.network.nodes), job.batch_rows, job.network.layout.size)
    return max(MIN_STEPS, int(seconds / step))


def steps_of(job: Job) -> int:
    """The number of steps in the whole run."""
    return job.training.epochs * job.steps_per_epoch


def make_steps(
    job: Job, state: TrainState, most: int, observe: Callable[[GradientStepper], None] | None = None
) -> bool:
    """Make up to `most` steps; returns whether the weights are finite after them.

    observe: is called between the gradient of a step and its update.
    """
    if not job.optimizer.has_update:
        return _iterate(job, state, most)
    stepper, stop, last = GradientStepper(job, state), Stop(), state.step + most

    def step(rows: int) -> None:
        stepper.gradient_tapes[rows]()
        if observe is not None:
            observe(stepper)
        stepper.update_tape()
        stop.requested = state.step + 1 >= last

    with np.errstate(all="ignore"):
        while state.step < last and stepper.epoch(stop, step):
            pass
        return bool(np.isfinite(state.theta).all())


def _iterate(job: Job, state: TrainState, most: int) -> bool:
    try:
        for report in train(job, state):
            if report.epoch >= most:
                break
    except Diverged:
        return False
    return True


def stopped_weights(job: Job, state: TrainState, most: int) -> Array | None:
    """The weights after `most` steps, or those of an earlier stop by the run's own rules.

    None if they, or a monitored value, aren't finite.
    """
    job = replace(job, training=replace(job.training, engine="numpy"))
    stop, stopped = StopAt(state, state.step + most, Stop()), None
    try:
        for report in train(job, state, stop):
            stopped = report.stopped
    except Diverged:
        return None
    return state.weights if stopped else state.theta


@dataclass
class LayerSteps:
    """|gradient| and |update| / |weights| of one layer, step by step."""

    gradients: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)

    @property
    def gradient(self) -> float | None:
        return _median(self.gradients)

    @property
    def ratio(self) -> float | None:
        return _median(self.ratios)

    @property
    def largest_ratio(self) -> float:
        return max(self.ratios, default=0.0)


def _median(values: list[float]) -> float | None:
    finite = [value for value in values if math.isfinite(value)]
    return float(np.median(finite)) if finite else None


def layer_steps(job: Job, state: TrainState, steps: int) -> dict[str, LayerSteps]:
    """Make a few steps from `state`, and measure each layer; gradients before clipping."""
    found = {name: LayerSteps() for name in layer_places(job)}
    before = np.empty_like(state.theta)

    def observe(stepper: GradientStepper) -> None:
        for name, places in layer_places(job).items():
            gradient, theta = stepper.plan.gradient, state.theta
            if found[name].gradients:
                _note_ratio(found[name], theta, before, places)
            found[name].gradients.append(norm_at(gradient, places))
        np.copyto(before, state.theta)

    if not job.optimizer.has_update:
        for name, value in gradient_norms(job, state).items():
            found[name].gradients.append(value)
        return found
    make_steps(job, state, steps, observe)
    for name, places in layer_places(job).items():
        _note_ratio(found[name], state.theta, before, places)
    return found


def _note_ratio(found: LayerSteps, theta: Array, before: Array, places: list[slice]) -> None:
    size = norm_at(before, places)
    if size > 0:
        found.ratios.append(norm_at(theta - before, places) / size)


def gradient_norms(job: Job, state: TrainState) -> dict[str, float]:
    """|gradient| over all training rows, by layer."""
    whole = replace(job, training=replace(job.training, batch_size="full"))
    plan = Plan.of(whole, state, gather=False)
    with np.errstate(all="ignore"):
        plan.record_gradient(whole.batch_rows)()
    return {name: norm_at(plan.gradient, places) for name, places in layer_places(job).items()}
