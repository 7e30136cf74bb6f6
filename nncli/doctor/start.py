"""Is the loss before training what an even guess costs: ln(classes)?"""

import math

from nncli.doctor import edits, inputs
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.finding import Check, Edit, Finding
from nncli.doctor.trials import as_cure, first_below
from nncli.parts.losses import BinaryCrossEntropy, CrossEntropy

NAME = "loss at the start"
# times an even guess: cross-entropies grow as the outputs do, squares as their squares
MOST, MOST_OF_SQUARES = 4.0, 10.0


def excess(patient: DiagnosedRun) -> float:
    """The start's loss, in losses of an even guess; both above the perfect one."""
    levels, loss = patient.levels, patient.loss_at_start
    span = levels.even - levels.perfect
    if span <= 0:
        return 0.0
    return (loss - levels.perfect) / span if math.isfinite(loss) else math.inf


def guess_in_words(patient: DiagnosedRun) -> str:
    """What an even guess is called for this loss."""
    loss, outputs = patient.network.loss, patient.network.outputs
    even = f"{patient.levels.even:.4g}"
    if isinstance(loss, CrossEntropy):
        return f"ln {outputs} = {even}"
    if isinstance(loss, BinaryCrossEntropy):
        return f"{'' if outputs == 1 else f'{outputs} '}ln 2 = {even}"
    return f"the {even} of predicting the mean"


def remedies(patient: DiagnosedRun) -> list[Edit]:
    return [
        *inputs.scalings(patient),
        *edits.standard_starts(patient),
        *edits.mean_output(patient),
        *edits.small_output(patient),
    ]


def examine(patient: DiagnosedRun) -> Check:
    loss, ratio = patient.loss_at_start, excess(patient)
    result = f"{loss:.4g} at epoch 0, against {guess_in_words(patient)}"
    most = MOST if patient.network.loss.targets == (0.0, 1.0) else MOST_OF_SQUARES
    if ratio <= most or not patient.began:
        return Check(NAME, result)
    trial = first_below(patient, remedies(patient), excess, most)
    if trial is None:
        return Check(NAME, result)
    edit, after = trial
    if after >= ratio or (edited := patient.with_edit(edit)) is None:
        return Check(NAME, result)
    message = (
        f"the loss starts at {loss:.4g}, {ratio:.3g} times as far from perfect as "
        f"{guess_in_words(patient)}: the outputs start far off"
    )
    cure = as_cure(patient, edit, f"with it the loss starts at {edited.loss_at_start:.4g}")
    return Check(NAME, result, [Finding(NAME, message, loss, *cure)] if cure else [])
