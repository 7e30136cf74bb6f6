"""Divergence: where did the run diverge, and which edit prevents it?"""

import itertools
import math
from dataclasses import dataclass, field, replace

import numpy as np

from nncli.doctor import candidates
from nncli.doctor.check import Check, Criterion, Fix, Rank
from nncli.doctor.diagnosed_run import POOR, DiagnosedRun
from nncli.doctor.edit import Edit, Edits
from nncli.doctor.feature_scales import input_sizes, scalings, target_sizes
from nncli.doctor.fix_trials import (
    first_below,
    of_guessing,
    share_after,
    trial_in_words,
    trial_steps,
)
from nncli.doctor.step_statistics import affordable_steps, make_steps
from nncli.engine.gradient_norms import layer_places, norm, norm_at
from nncli.engine.notation import symbol
from nncli.engine.state import TrainState
from nncli.engine.steppers.gradient import GradientStepper
from nncli.engine.trainer import train
from nncli.errors import Diverged
from nncli.frozen import frozen

TINY = 1e-300
ASTRAY = 10.0  # times the larger of the best constant's loss and the run's least
PATIENCE = 20  # reports until a run counts as not diverging again


@dataclass
class Growth:
    """|gradient| over all layers, before each step of a replay."""

    norms: list[float] = field(default_factory=list)

    def __call__(self, stepper: GradientStepper) -> None:
        self.norms.append(norm(stepper.plan.gradient))

    def in_words(self, first: int) -> str:
        """From which step on the gradient grew, and how fast. first: number of the first step."""
        finite = np.array(list(itertools.takewhile(math.isfinite, self.norms)))
        if len(finite) < 2:
            return ""
        begin = int(np.flatnonzero(finite <= max(10 * finite[0], finite.min()))[-1])
        steps = len(finite) - 1 - begin
        if steps == 0:
            return ""
        rate = 10 ** ((math.log10(finite[-1]) - math.log10(max(finite[begin], TINY))) / steps)
        return (
            f"; |gradient| grew from {finite[begin]:.3g} at step {first + begin} to "
            f"{finite[-1]:.3g} at step {first + len(finite) - 1}, {rate:.3g} times a step"
        )


@frozen
class Divergence:
    """A run that diverged once, but doesn't when it is repeated here.

    share: of the best constant's loss, at the end.  value: the number in the message.
    """

    run: DiagnosedRun
    share: float = math.inf

    def __str__(self) -> str:
        return "it diverged, but does not here: other libraries round differently"

    def message(self) -> str:
        return str(self)

    @property
    def value(self) -> float:
        return 0

    @property
    def steps(self) -> int:
        """The number of steps in a trial."""
        return trial_steps(self.run)


@frozen
class Overflow(Divergence):
    """A run that diverges again when it is continued from its last checkpoint."""

    error: Diverged = field(kw_only=True)

    def __str__(self) -> str:
        return str(self.error).partition(" (")[0]

    @property
    def value(self) -> float:
        return self.error.step

    @property
    def steps(self) -> int:
        return min(max(2 * self.error.step, 20), affordable_steps(self.run.job))

    def message(self) -> str:
        error, run = self.error, self.run
        if error.step == 0:
            return "diverged before the first step: the loss is not finite"
        is_short = error.step <= affordable_steps(run.job)
        growth, state = Growth(), run.job.start() if is_short else run.last_state()
        first = state.step + 1
        if run.has_steps:
            make_steps(run.job, state, error.step - first + 1, growth)
        return (
            f"diverged in epoch {error.epoch} at step {error.step}: {_where(run, error, state)}"
            f"{growth.in_words(first)}{_turn(run)}"
        )


@frozen
class BlowUp(Divergence):
    """A run whose loss stayed finite, but grew beyond recovery.

    rise: the growth of the loss, in words.
    """

    rise: str = field(kw_only=True)

    @classmethod
    def of(cls, run: DiagnosedRun) -> "BlowUp":
        losses, epochs = run.columns["loss"], run.columns["epoch"]
        shares = np.array([run.baselines.share(loss) for loss in losses])
        least = int(shares.argmin())
        limit = ASTRAY * max(float(shares[least]), 1.0)
        begin = next((i for i in range(least, len(shares)) if shares[i] > limit), len(shares) - 1)
        rise = (
            f"the loss went from {losses[least]:.4g} at epoch {epochs[least]:g} to "
            f"{losses[begin]:.4g} at epoch {epochs[begin]:g}"
        )
        return cls(run, float(shares[-1]), rise=rise)

    def __str__(self) -> str:
        return f"finite, but {self.rise}"

    @property
    def value(self) -> float:
        return self.share

    def message(self) -> str:
        return (
            f"diverged without overflowing: {self.rise}; at the end it was "
            f"{of_guessing(self.share)}, and the weights had {self.run.growth:.3g} times their "
            "first length"
        )


def measure_divergence(run: DiagnosedRun) -> Divergence | str:
    if run.has_blown_up:
        return BlowUp.of(run)
    if not run.has_overflowed:
        return "the loss and the weights stayed finite"
    error = recurrence(run)
    return Divergence(run) if error is None else Overflow(run, error=error)


def recurrence(run: DiagnosedRun) -> Diverged | None:
    """The same error, if it occurs again from the last checkpoint on."""
    try:
        for number, _ in enumerate(train(run.job, run.last_state())):
            if number > PATIENCE:
                return None
    except Diverged as error:
        return error
    return None


def _where(run: DiagnosedRun, found: Diverged, state: TrainState) -> str:
    """The array that isn't finite; for the loss, the layer with the largest weights."""
    node = found.tensor.rpartition("/")[0]
    if node:
        return f"{symbol(run.network, found.tensor)} of {node} ({found.tensor}) is not finite"
    sizes = {name: norm_at(state.theta, places) for name, places in layer_places(run.job).items()}
    largest = max(sizes, key=sizes.__getitem__)
    return f"the loss is not finite, |weights| is largest in {largest}, {sizes[largest]:.3g}"


def _turn(run: DiagnosedRun) -> str:
    """The epoch of the least loss, in words; empty if it is the last epoch."""
    losses, epochs = run.columns["loss"], run.columns["epoch"]
    place = int(np.argmin(losses))
    if place == len(losses) - 1:
        return ""
    return f"; the loss was least, {losses[place]:.4g}, at epoch {epochs[place]:g}"


def calmer_training(run: DiagnosedRun) -> Edits:
    """Edits with their causes, the simplest cause first."""
    sizes = sorted([*target_sizes(run), *input_sizes(run)], key=lambda size: -size.rms)
    causes: dict[str, Edits] = {}
    if sizes and sizes[0].is_large:
        causes[f"{sizes[0].name} is unscaled, of size {sizes[0].rms:.3g}"] = scalings(run)
    causes["initial weights too large for the layers' widths"] = candidates.standard_starts(run)
    too_large = f"learning rate {candidates.learning_rate(run):g} is too large"
    causes[too_large] = candidates.lower_rates(run, fewest=8)
    reference = Edit("optimizer", "{type: adam, learning_rate: 0.001}")
    causes[f"{run.job.optimizer.name}'s steps are too long"] = [reference]
    return candidates.because(causes)


def keep_finite(run: DiagnosedRun, edits: Edits, measured: Divergence) -> Fix:
    """The first edit with which the network learns, else the one that helps most."""
    steps = measured.steps
    trial = first_below(run, edits, lambda edited: share_after(edited, steps), POOR)
    assert trial is not None, "adam can always be tried"
    edit, share = trial
    if math.isfinite(share):
        return Fix(edit, trial_in_words(share, steps))
    unknown = replace(edit, cause="no cause was found")
    return Fix(unknown, "no edit tried keeps the loss finite, this one neither")


DIVERGENCE = Check[Divergence](
    name="divergence",
    question="Did the loss or the weights leave the finite numbers, or all bounds?",
    rank=Rank.CAUSE,
    measure=measure_divergence,
    criteria=(
        Criterion(
            number=lambda found: found.share,
            most=1.0,
            message=lambda found: found.message(),
            value=lambda found: found.value,
            candidates=calmer_training,
            choose=keep_finite,
        ),
    ),
)
