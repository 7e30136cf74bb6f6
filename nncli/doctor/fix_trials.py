"""Fix trials: try an edit in a short training before it is suggested."""

import math
from collections.abc import Callable, Iterable

from nncli.doctor.check import Fix
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.edit import Edit, Edits
from nncli.doctor.forward import data_loss, with_batch_statistics
from nncli.doctor.step_statistics import affordable_steps, make_steps, steps_of, stopped_weights
from nncli.errors import counted
from nncli.parts.arrays import Array

Trial = tuple[Edit, float]  # (edit, outcome): lower is better
Choice = Callable[[DiagnosedRun, Edits, object], Fix | None]
Badness = Callable[[DiagnosedRun, Array], float]  # 0 is healthy
BETTER = 0.95  # times the run's own loss
NO_BETTER = 0.99  # of the best constant's loss: no better than a dead network
FIRST_STEP = "not enough alone; train with it and ask again"
ABOUT = 0.05  # of the best constant's loss: a smaller gain isn't worth a bolder edit


def trial_steps(run: DiagnosedRun) -> int:
    """The number of steps in a trial: those of the whole run, if that is quick."""
    return min(steps_of(run.job), affordable_steps(run.job))


def share_after(run: DiagnosedRun, steps: int) -> float:
    """The training loss after so many steps, as a share of the best constant's loss."""
    theta = trained(run, steps)
    return math.inf if theta is None else share_at(run, theta)


def trained(run: DiagnosedRun, steps: int) -> Array | None:
    """The weights after so many steps, or those that the run would stop with before.

    None if they aren't finite.
    """
    state, training = run.job.start(), run.job.training
    if training.early_stopping or training.converged:
        theta = stopped_weights(run.job, state, steps)
    else:
        theta = state.theta if make_steps(run.job, state, steps) else None
    return None if theta is None else with_batch_statistics(run.network, theta, run.rows)


def share_at(run: DiagnosedRun, theta: Array) -> float:
    """The training loss at theta, as a share of the best constant's loss."""
    return finite(run.baselines.share(data_loss(run.network, theta, run.rows)))


def val_share_after(run: DiagnosedRun, steps: int) -> float:
    """The same share of the validation loss, which memorized noise doesn't lower."""
    theta = trained(run, steps)
    return math.inf if theta is None else finite(run.val_share_at(theta))


def finite(value: float) -> float:
    """The value, with infinity instead of NaN."""
    return math.inf if math.isnan(value) else value


def of_guessing(share: float) -> str:
    """A share of the best constant's loss, in words."""
    if share < 10:
        return f"{share:.0%} of the loss of guessing"
    if share == math.inf:
        return "no finite loss"
    return f"{share:.3g} times the loss of guessing"


def trial_in_words(share: float, steps: int) -> str:
    """The result of a trial; one that is no better than guessing is only a first step."""
    tried = f"with it {of_guessing(share)} is left after {counted(steps, 'step')}"
    return tried if share < NO_BETTER else f"{tried}: {FIRST_STEP}"


def learns(run: DiagnosedRun, edit: Edit) -> bool:
    """Whether the network gets better than guessing in a short training with the edit."""
    edited, steps = run.with_edit(edit), trial_steps(run)
    return edited is not None and share_after(edited, steps) < NO_BETTER


def goes_astray(run: DiagnosedRun, edited: DiagnosedRun, share: float) -> bool:
    """Whether a trial ended worse than guessing, though it began or the run ended better."""
    if share < NO_BETTER:
        return False
    return run.share < NO_BETTER or share > edited.baselines.share(edited.loss_at_start)


def as_fix(run: DiagnosedRun, edit: Edit, mended: str) -> Fix | None:
    """A fix for a check's finding, with the training loss that remains if it isn't enough.

    None if training diverges with it.  mended: what it does to the finding, in words.
    """
    edited, steps = run.with_edit(edit), trial_steps(run)
    if edited is None or goes_astray(run, edited, share := share_after(edited, steps)):
        return None
    if share < NO_BETTER:
        return Fix(edit, mended)
    return Fix(edit, f"{mended}, but in training {of_guessing(share)} is left: {FIRST_STEP}")


def learns_most(run: DiagnosedRun, edits: Iterable[Edit], _: object = None) -> Fix | None:
    """The edit with the least training loss in a short trial.

    None if none beats both the run and guessing.
    """
    steps = trial_steps(run)
    trial = best(outcomes(run, edits, lambda edited: share_after(edited, steps)))
    if trial is None or trial[1] > min(BETTER * run.share, NO_BETTER):
        return None
    edit, share = trial
    return Fix(edit, trial_in_words(share, steps))


def the_first(run: DiagnosedRun, edits: Edits, _: object = None) -> Fix | None:
    """The first edit, whatever its trial; the result is told if it learns more than the run."""
    return (learns_most(run, edits[:1]) or Fix(edits[0])) if edits else None


def outcomes(
    run: DiagnosedRun, edits: Iterable[Edit], outcome: Callable[[DiagnosedRun], float]
) -> Iterable[Trial]:
    """Yields (edit, outcome) of each edit that the config accepts."""
    for edit in dict.fromkeys(edits):
        if (edited := run.with_edit(edit)) is not None:
            yield edit, outcome(edited)


def first_below(
    run: DiagnosedRun,
    edits: Iterable[Edit],
    outcome: Callable[[DiagnosedRun], float],
    limit: float,
) -> Trial | None:
    """The first trial whose outcome is below the limit, else the best one; None without edits."""
    tried: list[Trial] = []
    for trial in outcomes(run, edits, outcome):
        tried.append(trial)
        if trial[1] < limit:
            return trial
    return best(tried)


def best(trials: Iterable[Trial]) -> Trial | None:
    """The first trial whose outcome is nearly the lowest; None without trials."""
    tried = list(trials)
    lowest = min((outcome for _, outcome in tried), default=0.0)
    return next((trial for trial in tried if trial[1] <= lowest + ABOUT), None)


def start_healthy(badness: Badness, most: float) -> Choice:
    """Choose the first edit with little badness at the start; None if training diverges."""

    def choose(run: DiagnosedRun, edits: Edits, _: object) -> Fix | None:
        trial = first_below(run, edits, lambda each: badness(each, each.theta_at_start), most / 2)
        if trial is None or trial[1] >= most:
            return None
        edit, left = trial
        return as_fix(run, edit, f"with it {left:.0%} at the start")

    return choose


def stay_healthy(badness: Badness, most: float) -> Choice:
    """Choose, of the edits whose trained network isn't bad, the one that learns most.

    None if none of them gets better than guessing.
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
    """Choose by whole runs; the first edit if these take too long.

    None if the gain, as a share of the best constant's loss, is below least_gain.
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
