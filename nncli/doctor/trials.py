"""Trials: an edit is tried before it is suggested."""

import math
from collections.abc import Callable, Iterable

from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.finding import Edit
from nncli.doctor.forward import data_loss, settled
from nncli.doctor.step_statistics import affordable_steps, make_steps, steps_of
from nncli.parts.arrays import Array

Trial = tuple[Edit, float]  # the edit, and what it leads to: lower is better
BETTER = 0.95  # times the run's own loss
NO_BETTER = 0.99  # of the best constant's loss: a dead network's, not a cured one's
FIRST_STEP = "not enough alone; train with it and ask again"
ABOUT = 0.05  # of the best constant's loss: a difference not worth a bolder edit


def trial_steps(patient: DiagnosedRun) -> int:
    """How many steps a trial makes: those of the run, if it had no more than are cheap."""
    return min(steps_of(patient.job), affordable_steps(patient.job))


def share_after(patient: DiagnosedRun, steps: int) -> float:
    """The training loss after so many steps from the start, as a share of the best constant's."""
    theta = trained(patient, steps)
    return math.inf if theta is None else share_at(patient, theta)


def trained(patient: DiagnosedRun, steps: int) -> Array | None:
    """The weights after so many steps from the start; None if they aren't finite."""
    state = patient.job.start()
    if not make_steps(patient.job, state, steps):
        return None
    return settled(patient.network, state.theta, patient.rows)


def share_at(patient: DiagnosedRun, theta: Array) -> float:
    """The training loss as a share of the best constant's."""
    return finite(patient.levels.share(data_loss(patient.network, theta, patient.rows)))


def val_share_after(patient: DiagnosedRun, steps: int) -> float:
    """The same of the validation loss, which noise learned by heart can't lower."""
    theta = trained(patient, steps)
    return math.inf if theta is None else finite(patient.val_share_at(theta))


def finite(value: float) -> float:
    """NaN is as bad as it gets."""
    return math.inf if math.isnan(value) else value


def of_guessing(share: float) -> str:
    """What is left of the best constant's loss."""
    if share < 10:
        return f"{share:.0%} of the loss of guessing"
    if share == math.inf:
        return "no finite loss"
    return f"{share:.3g} times the loss of guessing"


def in_words(share: float, steps: int) -> str:
    """What a trial led to; what is no better than guessing is a first step, and no cure."""
    count = "1 step" if steps == 1 else f"{steps:,} steps"
    tried = f"with it {of_guessing(share)} is left after {count}"
    return tried if share < NO_BETTER else f"{tried}: {FIRST_STEP}"


def learns(patient: DiagnosedRun, edit: Edit) -> bool:
    """Whether a short training with an edit gets better than guessing."""
    edited, steps = patient.with_edit(edit), trial_steps(patient)
    return edited is not None and share_after(edited, steps) < NO_BETTER


def goes_astray(patient: DiagnosedRun, edited: DiagnosedRun, share: float) -> bool:
    """Whether a trial ended worse than guessing, and than it began or though the run did not."""
    if share < NO_BETTER:
        return False
    return patient.share < NO_BETTER or share > edited.levels.share(edited.loss_at_start)


def as_cure(patient: DiagnosedRun, edit: Edit, mended: str) -> tuple[Edit, str] | None:
    """An edit that mends a sign, with what training leaves if that isn't enough.

    None where training goes astray with it.
    """
    edited, steps = patient.with_edit(edit), trial_steps(patient)
    if edited is None or goes_astray(patient, edited, share := share_after(edited, steps)):
        return None
    if share < NO_BETTER:
        return edit, mended
    return edit, f"{mended}, but in training {of_guessing(share)} is left: {FIRST_STEP}"


def learns_most(patient: DiagnosedRun, edits: Iterable[Edit]) -> tuple[Edit, str] | None:
    """The edit that learns most in a short trial, and how much.

    None if none beats both the run and guessing.
    """
    steps = trial_steps(patient)
    trial = best(outcomes(patient, edits, lambda edited: share_after(edited, steps)))
    if trial is None or trial[1] > min(BETTER * patient.share, NO_BETTER):
        return None
    edit, share = trial
    return edit, in_words(share, steps)


def what_it_does(patient: DiagnosedRun, edit: Edit) -> str:
    """How much an edit learns in a short trial; empty if no more than the run."""
    _, tried = learns_most(patient, [edit]) or (edit, "")
    return tried


def outcomes(
    patient: DiagnosedRun, edits: Iterable[Edit], outcome: Callable[[DiagnosedRun], float]
) -> Iterable[Trial]:
    """What each edit leads to; edits that the config refuses are left out."""
    for edit in dict.fromkeys(edits):
        if (edited := patient.with_edit(edit)) is not None:
            yield edit, outcome(edited)


def first_below(
    patient: DiagnosedRun,
    edits: Iterable[Edit],
    outcome: Callable[[DiagnosedRun], float],
    limit: float,
) -> Trial | None:
    """The first edit whose outcome is below the limit, else the best one; None without edits."""
    tried: list[Trial] = []
    for trial in outcomes(patient, edits, outcome):
        tried.append(trial)
        if trial[1] < limit:
            return trial
    return best(tried)


def best(trials: Iterable[Trial]) -> Trial | None:
    """The lowest outcome, or the first that is about as low; None where there is none."""
    tried = list(trials)
    lowest = min((outcome for _, outcome in tried), default=0.0)
    return next((trial for trial in tried if trial[1] <= lowest + ABOUT), None)
