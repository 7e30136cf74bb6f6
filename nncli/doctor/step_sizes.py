"""Step sizes: do gradients reach every layer, and do steps have a size that suits the weights?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from nncli.doctor import candidates
from nncli.doctor.check import Check, Criterion, Rank
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.edit import Edit, Edits
from nncli.doctor.fix_trials import learns_most, of_guessing
from nncli.doctor.forward import BATCH, sampled
from nncli.doctor.step_statistics import LayerSteps, gradient_norms
from nncli.engine.gradient_norms import layer_places, norm_at
from nncli.frozen import frozen
from nncli.parts.activations import Relu

VANISHED, EXPLODED = 0.05, 1e3  # the first layer's norm over the last one's
DEEP = 3  # trained layers: in fewer, gradients don't vanish
STILL = 1e-3  # relative change of weights in a whole run
RESTLESS = 0.1  # relative change of weights in one of the last steps
ROUNDINGS = 1e3  # roundings that may add up in a sum over rows


def moved(run: DiagnosedRun) -> dict[str, float | None]:
    """|final weights - initial weights| / |initial weights|, by layer; None if these were 0."""
    change = run.last_state().theta.astype(float) - run.start.theta
    found = {}
    for name, places in layer_places(run.job).items():
        size = norm_at(run.start.theta, places)
        found[name] = norm_at(change, places) / size if size > 0 else None
    return found


def first_gradients(run: DiagnosedRun) -> dict[str, float]:
    """|gradient| at the initial weights, by layer, without dropout and penalties."""
    rows = sampled(run.rows, BATCH)
    job = replace(run.job, network=run.network, train=rows)
    return gradient_norms(job, job.start())


def rounding(run: DiagnosedRun) -> float:
    """The |gradient| that rounding may leave where the exact one is 0.

    The terms of a gradient are proportional to the errors, which are about the square root of a
    squared loss, and 1 where a cross-entropy is 1.
    """
    excess = run.loss_at_start - run.baselines.perfect
    eps = float(np.finfo(run.start.theta.dtype).eps)
    return ROUNDINGS * eps * math.sqrt(excess) if 0.0 < excess < math.inf else 0.0


@frozen
class Gradients:
    """|gradient| of the first trained layer at the initial weights; ratio: to that of the last
    layer.

    late: the ratio at the end of training; NaN if there is none.  depth: the number of trained
    layers.
    """

    first: str
    last: str
    norm: float
    ratio: float
    late: float
    depth: int

    def __str__(self) -> str:
        what = f"{self.norm:.3g} in {self.first}, {self.ratio:.3g} times that of {self.last}"
        return f"at the initial weights {what}"

    @property
    def vanishing(self) -> float | None:
        """The smaller ratio: a gradient that vanishes at first keeps the run from learning.

        None for few layers, where a small ratio has other reasons.
        """
        if self.depth < DEEP:
            return None
        return min(self.ratio, self.late) if math.isfinite(self.late) else self.ratio

    def message(self, what: str) -> str:
        late = f", and {self.late:.3g} times where training was left" * (self.late < self.ratio)
        return f"gradients {what} on the way back: |gradient| is {self}{late}"


def measure_gradients(run: DiagnosedRun) -> Gradients | str:
    norms = first_gradients(run)
    if len(norms) < 2:
        return "skipped: one trained layer only"
    (first, own), *_, (last, other) = norms.items()
    result = f"at the initial weights {own:.3g} in {first}, {other:.3g} in {last}"
    if not math.isfinite(own + other):
        return result
    if other <= rounding(run):
        return f"{result}, which may be 0, rounded"
    return Gradients(first, last, own, own / other, _late_ratio(run, first, last), len(norms))


def _late_ratio(run: DiagnosedRun, first: str, last: str) -> float:
    """The ratio at the end of training."""
    own, other = run.late_steps[first].gradient, run.late_steps[last].gradient
    return own / other if own is not None and other else math.nan


def shorter_ways(run: DiagnosedRun) -> Edits:
    return [*candidates.hidden_activation(run, Relu()), *candidates.shallow(run)]


GRADIENTS = Check[Gradients](
    name="gradients",
    question="Do gradients reach every layer?",
    rank=Rank.EFFECT,
    measure=measure_gradients,
    criteria=(
        Criterion(
            number=lambda gradients: gradients.vanishing,
            least=VANISHED,
            where_little_learned=True,
            message=lambda gradients: gradients.message("vanish"),
            candidates=shorter_ways,
            choose=learns_most,
        ),
        Criterion(
            number=lambda gradients: gradients.ratio,
            most=EXPLODED,
            where_little_learned=True,
            message=lambda gradients: gradients.message("explode"),
            candidates=lambda run: [*candidates.standard_starts(run), *shorter_ways(run)],
            choose=learns_most,
        ),
    ),
)


@frozen
class StepSizes:
    """Statistics of a run's steps by layer, early and late.

    farthest: the largest |final weights - initial weights| / |initial weights| of a layer.
    share: the run's loss as a share of the best constant's.
    """

    early: Mapping[str, LayerSteps]
    late: Mapping[str, LayerSteps]
    farthest: float
    share: float

    @property
    def ratios(self) -> Sequence[float]:
        return [steps.ratio for steps in self.early.values() if steps.ratio is not None]

    @property
    def largest(self) -> float:
        return max(steps.largest_ratio for steps in self.early.values())

    def __str__(self) -> str:
        low, high = min(self.ratios), max(self.ratios)
        largest = f"the largest step {self.largest:.2g}"
        return f"early: {low:.2g} to {high:.2g} of a layer's weights, {largest}"

    def nothing_moves(self) -> str:
        return (
            "nothing moves: in the whole run no layer's weights changed by more than "
            f"{self.farthest:.2g} of their length, and an early step changes {self.largest:.2g} "
            "at the most"
        )

    @property
    def largest_late(self) -> tuple[str, float]:
        """(layer, ratio): the layer whose weights a late step changes most."""
        ratios = {name: steps.ratio or 0.0 for name, steps in self.late.items()}
        return max(ratios.items(), key=lambda item: item[1])

    def still_replaces(self) -> str:
        name, ratio = self.largest_late
        return (
            f"{name}: a step still replaces {ratio:.2g} of its weights where training ended, with "
            f"{of_guessing(self.share)} left"
        )


def measure_steps(run: DiagnosedRun) -> StepSizes | str:
    if not run.has_steps:
        return f"skipped: {run.job.optimizer.name} makes no steps along the gradient"
    moves = [share for share in moved(run).values() if share is not None]
    steps = StepSizes(run.early_steps, run.late_steps, max(moves, default=1.0), run.share)
    return steps if steps.ratios else "skipped: none could be measured"


def longer_steps(run: DiagnosedRun) -> Edits:
    """No clipping, if it shortens the first gradient; else higher learning rates."""
    limit = run.job.training.clip_grad_norm
    if limit is not None and limit <= math.hypot(*first_gradients(run).values()):
        return [Edit("training.clip_grad_norm", "null")]
    return candidates.learning_rates(run, [10.0**power for power in range(1, 9)])


STEPS = Check[StepSizes](
    name="steps",
    question="Is the size of the steps suited to that of the weights?",
    rank=Rank.EFFECT,
    measure=measure_steps,
    criteria=(
        Criterion(
            number=lambda steps: steps.farthest,
            least=STILL,
            where_little_learned=True,
            message=StepSizes.nothing_moves,
            candidates=longer_steps,
            choose=learns_most,
        ),
        Criterion(
            number=lambda steps: steps.largest_late[1],
            most=RESTLESS,
            where_little_learned=True,
            message=StepSizes.still_replaces,
            candidates=candidates.lower_rates,
            choose=learns_most,
        ),
    ),
)
