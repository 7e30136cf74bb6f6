"""Does a run predict better than always answering the best constant?"""

from math import inf

from nncli.doctor import edits, inputs
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.finding import Check, Edit, Finding
from nncli.doctor.step_statistics import affordable_steps, steps_of
from nncli.doctor.trials import (
    BETTER,
    NO_BETTER,
    first_below,
    in_words,
    of_guessing,
    share_at,
    trained,
    trial_steps,
)

NAME = "guessing"
WORSE = 1.02  # times the best constant's loss
CLEARLY_BETTER = 0.9


def examine(patient: DiagnosedRun) -> Check:
    share, levels = patient.share, patient.levels
    if levels.mean <= levels.perfect:
        return Check(NAME, "skipped: the targets don't vary")
    baseline = "class shares" if patient.built.table.classes else "the mean"
    result = f"{patient.loss:.4g}, {share:.2g} of what always answering {baseline} costs"
    is_worse = share > WORSE and not patient.has_diverged
    if share < NO_BETTER or not (patient.learned_little or is_worse):
        return Check(NAME, result)
    edit, cause, tried = _better(patient)
    message = (
        f"{'worse' if is_worse else 'no better'} than guessing: the training loss is "
        f"{patient.loss:.4g}, and always answering {baseline} has {levels.mean:.4g}{cause}"
    )
    return Check(NAME, result, [Finding(NAME, message, share, edit, tried)])


def _better(patient: DiagnosedRun) -> tuple[Edit, str, str]:
    """The first edit that predicts better, else the best: the cause it speaks for, what it did.

    On validation rows too, which can't be learned by heart.
    """
    causes = _causes(patient)

    def outcome(edited: DiagnosedRun) -> float:
        theta = trained(edited, trial_steps(edited))
        return inf if theta is None else max(share_at(edited, theta), edited.val_share_at(theta))

    trial = first_below(patient, causes, outcome, CLEARLY_BETTER)
    assert trial is not None, "adam can always be tried"
    edit, share = trial
    edited = patient.with_edit(edit)
    assert edited is not None
    if share <= max(NO_BETTER, BETTER * max(patient.share, patient.val_share)):
        return edit, f"; likely cause: {causes[edit]}", in_words(share, trial_steps(edited))
    tried = f"with it {of_guessing(share)} is left; no edit tried did better"
    may_be_noise = ": the features may not tell the target" if share < WORSE else ""
    return edit, "", f"{tried}{may_be_noise}"


def _causes(patient: DiagnosedRun) -> dict[Edit, str]:
    """What to try, the simplest cause first, each with its name."""
    steps, rate = steps_of(patient.job), getattr(patient.job.optimizer, "learning_rate", 0.0)
    too_few = [10, 100] if 10 * steps < affordable_steps(patient.job) else []
    too_short = "1 step is too few" if steps == 1 else f"{steps:,} steps are too few"
    starts = edits.standard_starts(patient)
    faster = edits.higher_rates(patient)
    wider = [] if patient.share > WORSE else edits.wider(patient)  # few units can guess as well
    return {
        **dict.fromkeys(inputs.scalings(patient), "inputs or targets are unscaled"),
        **dict.fromkeys(starts, "initial weights that are not what the activations want"),
        **dict.fromkeys([edits.longer(patient, f) for f in too_few], too_short),
        **dict.fromkeys(faster, f"learning rate {rate:g} is too small"),
        **dict.fromkeys(edits.lower_rates(patient), f"learning rate {rate:g} is too large"),
        **dict.fromkeys(wider, "too few hidden units"),
        Edit("optimizer", "adam"): f"{patient.job.optimizer.name}'s steps suit this loss badly",
    }
