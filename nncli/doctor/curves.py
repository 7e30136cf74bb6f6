"""What the learning curves say: too short, too long, up and down, or flat."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from nncli.doctor import edits
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.finding import Check, Edit, Finding
from nncli.doctor.step_statistics import affordable_steps, steps_of
from nncli.doctor.trials import (
    Trial,
    best,
    learns_most,
    of_guessing,
    outcomes,
    share_after,
)

BOUNCING, OVERFITTING, TOO_SHORT = "bouncing", "overfitting", "length"
FEWEST = 5  # logged epochs
LATE = 0.1  # the last share of a run
# of the whole fall of the loss, in the last tenth: a straight line has 0.1
STEEP, GENTLE = 0.04, 0.01
WORSE = 1.2  # times the best val_loss
EARLY = 0.8  # of the epochs: an overfit run was best before
LOST = 0.05  # of the best constant's loss


def examine_bouncing(patient: DiagnosedRun) -> Check:
    """Whether the training loss ended well above where it had been."""
    losses = np.array(patient.columns.get("loss", ()))
    if patient.has_diverged or len(losses) < FEWEST:
        return Check(BOUNCING, "skipped: it diverged, or has too few epochs")
    scale = patient.levels.mean - patient.levels.perfect
    half = losses[len(losses) // 2 :]
    ups = sum(max(after - before, 0.0) for before, after in pairwise(half))
    swing = ups / max(len(half) - 1, 1) / scale if scale > 0 else 0.0
    result = f"in the second half the loss goes up by {swing:.2g} of guessing's an epoch"
    if not patient.has_steps or not math.isfinite(swing) or swing < LOST:
        return Check(BOUNCING, result)
    message = (
        f"the loss bounces: in the second half of the run it went up by {swing:.0%} of the loss of "
        f"guessing an epoch, from {half.min():.4g} to {half.max():.4g}"
    )
    cure = learns_most(patient, edits.lower_rates(patient))
    return Check(BOUNCING, result, [Finding(BOUNCING, message, swing, *cure)] if cure else [])


def examine_overfitting(patient: DiagnosedRun) -> Check:
    """Whether the validation loss has long turned, while the training loss went on to fall."""
    losses = patient.columns.get("loss", ())
    val = np.nan_to_num(patient.columns.get("val_loss", ()), nan=np.inf)
    if patient.has_diverged or patient.job.val is None or len(val) < FEWEST:
        return Check(OVERFITTING, "skipped: it diverged, or lacks epochs or validation rows")
    epochs, place = patient.columns["epoch"], int(val.argmin())
    result = f"val_loss was best, {val[place]:.4g}, at epoch {epochs[place]:g} of {epochs[-1]:g}"
    stopping = patient.job.training.early_stopping
    keeps_best = stopping is not None and stopping.restore_best_weights
    learns_on = losses[-1] < losses[place] < losses[0] and epochs[place] < EARLY * epochs[-1]
    chance = max(LOST, len(patient.job.val) ** -0.5)  # few rows rise and fall by luck
    rise = patient.levels.share(val[-1]) - patient.levels.share(val[place])
    if keeps_best or not learns_on or val[-1] < WORSE * val[place] or rise < chance:
        return Check(OVERFITTING, result)
    message = (
        f"overfitting: val_loss was best at epoch {epochs[place]:g} ({val[place]:.4g}) and rose to "
        f"{val[-1]:.4g} by epoch {epochs[-1]:g}, while the training loss went on to fall"
    )
    edit = Edit("training.early_stopping.patience", str(max(5, round(epochs[-1] / 10))))
    tried = f"with it the weights of epoch {epochs[place]:g} are kept"
    return Check(OVERFITTING, result, [Finding(OVERFITTING, message, val[-1], edit, tried)])


def examine_length(patient: DiagnosedRun) -> Check:
    """Whether the run ended while it was still learning."""
    losses, epochs = patient.columns.get("loss", []), patient.columns.get("epoch", [])
    if patient.summary.get("stopped") != "epochs" or len(losses) < FEWEST:
        return Check(TOO_SHORT, "skipped: its epochs did not run out, or are too few to tell")
    late, fall = _at(epochs[-1] * (1.0 - LATE), epochs, losses), losses[0] - losses[-1]
    steep = (late - losses[-1]) / fall if fall > 0 else 0.0
    result = f"the last tenth of the epochs brought {max(steep, 0.0):.1%} of the loss's fall"
    if steep < GENTLE or patient.share < LOST or _val_rises(patient):
        return Check(TOO_SHORT, result)
    edit, share = _longer(patient, is_steep=steep > STEEP)
    if steep < STEEP and patient.share - share < 2 * LOST:
        return Check(TOO_SHORT, result)
    message = (
        f"stopped while still learning: the last tenth of the {epochs[-1]:g} epochs brought "
        f"{steep:.1%} of the loss's fall, from {late:.4g} to {losses[-1]:.4g}"
    )
    tried = f"with it {of_guessing(share)} is left, not {patient.share:.0%}"
    better = tried if share < patient.share else ""
    return Check(TOO_SHORT, result, [Finding(TOO_SHORT, message, steep, edit, better)])


def _val_rises(patient: DiagnosedRun) -> bool:
    val, epochs = patient.columns.get("val_loss"), patient.columns["epoch"]
    return val is not None and val[-1] > _at(epochs[-1] * (1.0 - LATE), epochs, val)


def _longer(patient: DiagnosedRun, *, is_steep: bool) -> Trial:
    """Four times the epochs; where they can be tried and it does better, longer steps instead."""
    longer = Edit("training.epochs", str(4 * patient.job.training.epochs))
    if 4 * steps_of(patient.job) > affordable_steps(patient.job, seconds=1.0):
        return longer, math.inf
    candidates = [longer, *(edits.learning_rates(patient, (3.0, 10.0)) if is_steep else [])]
    whole = outcomes(patient, candidates, lambda edited: share_after(edited, steps_of(edited.job)))
    return best(whole) or (longer, math.inf)


def _at(epoch: float, epochs: Sequence[float], values: Sequence[float]) -> float:
    """A logged value at an epoch, between those that were logged."""
    return float(np.interp(epoch, epochs, values))
