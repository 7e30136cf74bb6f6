"""Where did a run leave the finite numbers, or all bounds, why, and which edit keeps it there?"""

import itertools
import math
from dataclasses import dataclass, field

import numpy as np

from nncli.doctor import edits, inputs
from nncli.doctor.diagnosed_run import POOR, DiagnosedRun
from nncli.doctor.finding import Check, Edit, Finding
from nncli.doctor.forward import length
from nncli.doctor.step_statistics import affordable_steps, make_steps, norm, slices
from nncli.doctor.trials import first_below, in_words, of_guessing, share_after, trial_steps
from nncli.engine.notation import symbol
from nncli.engine.state import TrainState
from nncli.engine.steppers.gradient import GradientStepper
from nncli.engine.trainer import train
from nncli.errors import Diverged

NAME = "divergence"
TINY = 1e-300
ASTRAY = 10.0  # times the best constant's loss, or the least one if that is more
PATIENCE = 20  # reports after which a run that doesn't diverge again is left alone


@dataclass
class Growth:
    """|gradient| before each step of the replay, over all layers."""

    norms: list[float] = field(default_factory=list)

    def __call__(self, stepper: GradientStepper) -> None:
        self.norms.append(length(stepper.plan.gradient))

    def in_words(self, first: int) -> str:
        """From which step on it grew, and how fast. first: the number of the first step."""
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


def examine(patient: DiagnosedRun) -> Check:
    if patient.has_blown_up:
        return _blow_up(patient)
    if not patient.has_overflowed:
        return Check(NAME, "the loss and the weights stayed finite")
    found = recurrence(patient)
    if found is None:
        result = "it diverged, but does not here: other libraries round differently"
        edit, cause, tried = _cure(patient, trial_steps(patient))
        return Check(NAME, result, [Finding(NAME, f"{result}; {cause}", 0, edit, tried)])
    return Check(NAME, str(found).partition(" (")[0], [_finding(patient, found)])


def recurrence(patient: DiagnosedRun) -> Diverged | None:
    """The same error again, from the last checkpoint on."""
    try:
        for number, _ in enumerate(train(patient.job, patient.left())):
            if number > PATIENCE:
                return None
    except Diverged as error:
        return error
    return None


def _blow_up(patient: DiagnosedRun) -> Check:
    """What metrics.csv and the weights tell of a run that stayed finite, and went astray."""
    losses, epochs = patient.columns["loss"], patient.columns["epoch"]
    shares = np.array([patient.levels.share(loss) for loss in losses])
    least = int(shares.argmin())
    limit = ASTRAY * max(float(shares[least]), 1.0)
    begin = next((i for i in range(least, len(shares)) if shares[i] > limit), len(shares) - 1)
    rise = (
        f"the loss went from {losses[least]:.4g} at epoch {epochs[least]:g} to "
        f"{losses[begin]:.4g} at epoch {epochs[begin]:g}"
    )
    edit, cause, tried = _cure(patient, trial_steps(patient))
    message = (
        f"diverged without overflowing: {rise}; at the end it was {of_guessing(shares[-1])}, and "
        f"the weights had {patient.growth:.3g} times their first length; {cause}"
    )
    found = Finding(NAME, message, float(shares[-1]), edit, tried)
    return Check(NAME, f"finite, but {rise}", [found])


def _finding(patient: DiagnosedRun, found: Diverged) -> Finding:
    steps = min(max(2 * found.step, 20), affordable_steps(patient.job))
    edit, cause, tried = _cure(patient, steps)
    if found.step == 0:
        message = f"diverged before the first step: the loss is not finite; {cause}"
        return Finding(NAME, message, 0, edit, tried)
    is_short = found.step <= affordable_steps(patient.job)
    growth, state = Growth(), patient.job.start() if is_short else patient.left()
    first = state.step + 1
    if patient.has_steps:
        make_steps(patient.job, state, found.step - first + 1, growth)
    message = (
        f"diverged in epoch {found.epoch} at step {found.step}: {_where(patient, found, state)}"
        f"{growth.in_words(first)}{_turn(patient)}; {cause}"
    )
    return Finding(NAME, message, found.step, edit, tried)


def _where(patient: DiagnosedRun, found: Diverged, state: TrainState) -> str:
    """The array that isn't finite; for a loss, the layer with the largest weights before it."""
    node = found.tensor.rpartition("/")[0]
    if node:
        return f"{symbol(patient.network, found.tensor)} of {node} ({found.tensor}) is not finite"
    sizes = {name: norm(state.theta, places) for name, places in slices(patient.job).items()}
    largest = max(sizes, key=sizes.__getitem__)
    return f"the loss is not finite, |weights| is largest in {largest}, {sizes[largest]:.3g}"


def _turn(patient: DiagnosedRun) -> str:
    """The epoch from which the loss only rose."""
    losses, epochs = patient.columns["loss"], patient.columns["epoch"]
    place = int(np.argmin(losses))
    if place == len(losses) - 1:
        return ""
    return f"; the loss was least, {losses[place]:.4g}, at epoch {epochs[place]:g}"


def _cure(patient: DiagnosedRun, steps: int) -> tuple[Edit, str, str]:
    """The first edit that learns, else the one that by itself helps most: its cause and effect."""
    causes = _causes(patient)
    trial = first_below(patient, causes, lambda edited: share_after(edited, steps), POOR)
    assert trial is not None, "adam can always be tried"
    edit, share = trial
    if not math.isfinite(share):
        return edit, "no cause was found", "no edit tried keeps the loss finite, this one neither"
    return edit, f"likely cause: {causes[edit]}", in_words(share, steps)


def _causes(patient: DiagnosedRun) -> dict[Edit, str]:
    """What to try, the simplest cause first, each with its name."""
    causes: dict[Edit, str] = {}
    sizes = sorted([*inputs.targets(patient), *inputs.sizes(patient)], key=lambda size: -size.rms)
    if sizes and sizes[0].is_large:
        name = f"{sizes[0].name} is unscaled, of size {sizes[0].rms:.3g}"
        causes |= dict.fromkeys(inputs.scalings(patient), name)
    causes |= dict.fromkeys(
        edits.standard_starts(patient), "initial weights too large for the layers' widths"
    )
    rate = getattr(patient.job.optimizer, "learning_rate", None)
    too_large = f"learning rate {rate:g} is too large" if rate else ""
    causes |= dict.fromkeys(edits.lower_rates(patient, fewest=8), too_large)
    sane = Edit("optimizer", "{type: adam, learning_rate: 0.001}")
    return causes | {sane: f"{patient.job.optimizer.name}'s steps are too long"}
