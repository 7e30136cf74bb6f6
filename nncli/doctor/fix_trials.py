"""Trials: an edit is tried before it is suggested."""

import math
from collections.abc import Callable, Iterable

from nncli.doctor.check import Fix
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.edit import Edit, Edits
from nncli.doctor.forward import data_loss, with_batch_statistics
from nncli.doctor.step_statistics import affordable_steps, make_steps, steps_of, stopped_weights
from nncli.errors import counted
from nncli.parts.arrays import Array

Trial = tuple[Edit, float]  # the edit, and what it leads to: lower is better
Choice = Callable[[DiagnosedRun, Edits, object], Fix | None]
Badness = Callable[[DiagnosedRun, Array], float]  # of a run's network at a theta: 0 is healthy
BETTER = 0.95  # times the run's own loss
NO_BETTER = 0.99  # of the best constant's loss: a dead network's, not a mended one's
FIRST_STEP = "not enough alone; train with it and ask again"
ABOUT = 0.05  # of the best constant's loss: a difference not worth a bolder edit


def trial_steps(run: DiagnosedRun) -> int:
    """How many steps a trial makes: those of the run, if it had no more than are cheap."""
    return min(steps_of(run.job), affordable_steps(run.job))


def share_after(run: DiagnosedRun, steps: int) -> float:
    """The training loss after so many steps from the start, as a share of the best constant's."""
    theta = trained(run, steps)
    return math.inf if theta is None else share_at(run, theta)


def trained(run: DiagnosedRun, steps: int) -> Array | None:
    """The weights after so many steps from the start, or those that the run would stop with.

    None if they aren't finite.
    """
    state, training = run.job.start(), run.job.training
    if training.early_stopping or training.converged:
        theta = stopped_weights(run.job, state, steps)
    else:
        theta = state.theta if make_steps(run.job, state, steps) else None
    return None if theta is None else with_batch_statistics(run.network, theta, run.rows)


def share_at(run: DiagnosedRun, theta: Array) -> float:
    """The training loss as a share of the best constant's."""
    return finite(run.baselines.share(data_loss(run.network, theta, run.rows)))


def val_share_after(run: DiagnosedRun, steps: int) -> float:
    """The same of the validation loss, which noise learned by heart can't lower."""
    theta = trained(run, steps)
    return math.inf if theta is None else finite(run.val_share_at(theta))


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


def trial_in_words(share: float, steps: int) -> str:
    """What a trial led to; what is no better than guessing is a first step only."""
    tried = f"with it {of_guessing(share)} is left after {counted(steps, 'step')}"
    return tried if share < NO_BETTER else f"{tried}: {FIRST_STEP}"


def learns(run: DiagnosedRun, edit: Edit) -> bool:
    """Whether a short training with an edit gets better than guessing."""
    edited, steps = run.with_edit(edit), trial_steps(run)
    return edited is not None and share_after(edited, steps) < NO_BETTER


def goes_astray(run: DiagnosedRun, edited: DiagnosedRun, share: float) -> bool:
    """Whether a trial ended worse than guessing, and than it began or though the run did not."""
    if share < NO_BETTER:
        return False
    return run.share < NO_BETTER or share > edited.baselines.share(edited.loss_at_start)


def as_fix(run: DiagnosedRun, edit: Edit, mended: str) -> Fix | None:
    """An edit that mends what a check found, with what training leaves if that isn't enough.

    None where training goes astray with it.
    """
    edited, steps = run.with_edit(edit), trial_steps(run)
    if edited is None or goes_astray(run, edited, share := share_after(edited, steps)):
        return None
    if share < NO_BETTER:
        return Fix(edit, mended)
    return Fix(edit, f"{mended}, but in training {of_guessing(share)} is left: {FIRST_STEP}")


def learns_most(run: DiagnosedRun, edits: Iterable[Edit], _: object = None) -> Fix | None:
    """The edit that learns most in a short trial, and how much.

    None if none beats both the run and guessing.
    """
    steps = trial_steps(run)
    trial = best(outcomes(run, edits, lambda edited: share_after(edited, steps)))
    if trial is None or trial[1] > min(BETTER * run.share, NO_BETTER):
        return None
    edit, share = trial
    return Fix(edit, trial_in_words(share, steps))


def the_first(run: DiagnosedRun, edits: Edits, _: object = None) -> Fix | None:
    """The first edit, whatever it does in a short trial; said if it learns more than the run."""
    return (learns_most(run, edits[:1]) or Fix(edits[0])) if edits else None


def outcomes(
    run: DiagnosedRun, edits: Iterable[Edit], outcome: Callable[[DiagnosedRun], float]
) -> Iterable[Trial]:
    """What each edit leads to; edits that the config refuses are left out."""
    for edit in dict.fromkeys(edits):
        if (edited := run.with_edit(edit)) is not None:
            yield edit, outcome(edited)


def first_below(
    run: DiagnosedRun,
    edits: Iterable[Edit],
    outcome: Callable[[DiagnosedRun], float],
    limit: float,
) -> Trial | None:
    """The first edit whose outcome is below the limit, else the best one; None without edits."""
    tried: list[Trial] = []
    for trial in outcomes(run, edits, outcome):
        tried.append(trial)
        if trial[1] < limit:
            return trial
    return best(tried)


def best(trials: Iterable[Trial]) -> Trial | None:
    """The lowest outcome, or the first that is about as low; None where there is none."""
    tried = list(trials)
    lowest = min((outcome for _, outcome in tried), default=0.0)
    return next((trial for trial in tried if trial[1] <= lowest + ABOUT), None)


def start_healthy(badness: Badness, most: float) -> Choice:
    """The first edit with which the start is as healthy; none if training goes astray with it."""

    def choose(run: DiagnosedRun, edits: Edits, _: object) -> Fix | None:
        trial = first_below(run, edits, lambda each: badness(each, each.theta_at_start), most / 2)
        if trial is None or trial[1] >= most:
            return None
        edit, left = trial
        return as_fix(run, edit, f"with it {left:.0%} at the start")

    return choose


def stay_healthy(badness: Badness, most: float) -> Choice:
    """Of the edits with which training keeps as healthy the one that learns most, and how much.

    None if with none of them the network gets better than guessing.
    """

    def choose(run: DiagnosedRun, edits: Edits, _: object) -> Fix | None:
        steps = trial_steps(run)

        def outcome(edited: DiagnosedRun) -> float:
            theta = trained(edited, steps)
            if theta is None or badness(edited, theta) > most:
                return math.inf
            return share_at(edited, theta)

        trial = best(outcomes(run, edits, outcome))
        if trial is None or trial[1] > NO_BETTER:
            return None
        edit, share = trial
        return Fix(edit, trial_in_words(share, steps))

    return choose


def finish_run(least_gain: float) -> Choice:
    """What a whole run with an edit leaves decides; the first where that takes too long.

    None where less is gained, in losses of guessing.
    """

    def choose(run: DiagnosedRun, edits: Edits, _: object) -> Fix | None:
        edit, share = _best_after_whole_runs(run, edits)
        if run.share - share < least_gain:
            return None
        tried = f"with it {of_guessing(share)} is left, not {run.share:.0%}"
        return Fix(edit, tried if share < run.share else "")

    return choose


def _best_after_whole_runs(run: DiagnosedRun, edits: Edits) -> Trial:
    untried = edits[0], math.inf
    if 4 * steps_of(run.job) > affordable_steps(run.job, seconds=1.0):
        return untried
    whole = outcomes(run, edits, lambda edited: share_after(edited, steps_of(edited.job)))
    return best(whole) or untried
