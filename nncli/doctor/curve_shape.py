"""Curve shape: do the learning curves oscillate, show overfitting, or end too soon?"""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from nncli.doctor import candidates
from nncli.doctor.check import Check, Criterion, Fix, Rank
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.edit import Edit, Edits
from nncli.doctor.fix_trials import finish_run, learns_most
from nncli.frozen import frozen

MIN_EPOCHS = 5  # logged epochs
LATE = 0.1  # the last share of the epochs
# shares of the loss's whole fall in the last tenth of the epochs; 0.1 for a straight line
STEEP, GENTLE = 0.04, 0.01
WORSE = 1.2  # times the best val_loss
EARLY = 0.8  # share of the epochs before which an overfit run was best
LOST = 0.05  # of the best constant's loss


@frozen
class Bouncing:
    """Rises of the training loss in the second half of the run.

    rise: the mean rise between logged epochs, as a share of the loss of guessing.
    lowest, highest: the losses in that half.  counts: whether step sizes can be the reason.
    per: the words after `rose by ...`.
    """

    rise: float
    lowest: float
    highest: float
    counts: bool
    per: str = "per epoch"

    def __str__(self) -> str:
        return (
            f"rises of the loss in the second half: {self.rise:.2g} of that of guessing {self.per}"
        )

    def message(self) -> str:
        return (
            f"the loss oscillates: in the second half of the run it rose by {self.rise:.0%} of the "
            f"loss of guessing {self.per}, between {self.lowest:.4g} and {self.highest:.4g}"
        )


def measure_bouncing(run: DiagnosedRun) -> Bouncing | str:
    losses = np.array(run.columns.get("loss", ()))
    if run.has_diverged or len(losses) < MIN_EPOCHS:
        return "skipped: it diverged, or has too few epochs"
    scale = run.baselines.mean - run.baselines.perfect
    half = losses[len(losses) // 2 :]
    ups = sum(max(after - before, 0.0) for before, after in pairwise(half))
    rise = ups / max(len(half) - 1, 1) / scale if scale > 0 else 0.0
    counts = run.has_steps and math.isfinite(rise)
    per = "per epoch" if run.columns["epoch"][-1] < len(losses) else "per logged epoch"
    return Bouncing(rise, half.min(), half.max(), counts, per)


BOUNCING = Check[Bouncing](
    name="bouncing",
    question="Does the training loss go up and down?",
    rank=Rank.SYMPTOM,
    measure=measure_bouncing,
    criteria=(
        Criterion(
            number=lambda curve: curve.rise if curve.counts else None,
            most=LOST,
            message=Bouncing.message,
            candidates=candidates.lower_rates,
            choose=learns_most,
        ),
    ),
)


@frozen
class Overfitting:
    """A validation loss that rises after its minimum.

    best, last: (epoch, val_loss).  rise: from the best to the last, as a share of the loss of
    guessing.
    chance: the rise that chance may cause with few rows.
    counts: whether the training loss fell long after the best epoch, whose weights are not kept.
    """

    best: tuple[float, float]
    last: tuple[float, float]
    rise: float
    chance: float
    counts: bool

    def __str__(self) -> str:
        (epoch, loss), (end, _) = self.best, self.last
        return f"val_loss was best, {loss:.4g}, at epoch {epoch:g} of {end:g}"

    def message(self) -> str:
        (epoch, loss), (end, risen) = self.best, self.last
        return (
            f"overfitting: val_loss was best at epoch {epoch:g} ({loss:.4g}) and rose to "
            f"{risen:.4g} by epoch {end:g}, while the training loss went on to fall"
        )


def measure_overfitting(run: DiagnosedRun) -> Overfitting | str:
    losses = run.columns.get("loss", ())
    val = np.nan_to_num(run.columns.get("val_loss", ()), nan=np.inf)
    if run.has_diverged or run.job.val is None or len(val) < MIN_EPOCHS:
        return "skipped: it diverged, or lacks epochs or validation rows"
    epochs, place = run.columns["epoch"], int(val.argmin())
    stopping = run.job.training.early_stopping
    keeps_best = stopping is not None and stopping.restore_best_weights
    learns_on = losses[-1] < losses[place] < losses[0] and epochs[place] < EARLY * epochs[-1]
    return Overfitting(
        best=(epochs[place], val[place]),
        last=(epochs[-1], val[-1]),
        rise=run.baselines.share(val[-1]) - run.baselines.share(val[place]),
        chance=max(LOST, len(run.job.val) ** -0.5),
        counts=not keeps_best and learns_on and not val[-1] < WORSE * val[place],
    )


def early_stopping(run: DiagnosedRun) -> Edits:
    """Early stopping with a patience of a tenth of the epochs."""
    patience = max(5, round(run.columns["epoch"][-1] / 10))
    return [Edit("training.early_stopping.patience", str(patience))]


def keep_best(run: DiagnosedRun, edits: Edits, measured: Overfitting) -> Fix:
    """The first edit, without a trial: the curves show what early stopping does."""
    return Fix(edits[0], f"with it the weights of epoch {measured.best[0]:g} are kept")


OVERFITTING = Check[Overfitting](
    name="overfitting",
    question="Has the validation loss been rising for long, while the training loss still fell?",
    rank=Rank.CAUSE,
    measure=measure_overfitting,
    criteria=(
        Criterion(
            number=lambda curve: curve.rise if curve.counts else None,
            most=lambda curve: curve.chance,
            message=Overfitting.message,
            value=lambda curve: curve.last[1],
            candidates=early_stopping,
            choose=keep_best,
        ),
    ),
)


@frozen
class Unfinished:
    """The fall of the loss in the last tenth of the epochs, as a share of the whole fall.

    counts: whether there is more to learn, and val_loss isn't rising.
    late, last: the loss before the last tenth, and at the end.
    """

    fall: float
    counts: bool
    epochs: float
    late: float
    last: float

    def __str__(self) -> str:
        return f"the last tenth of the epochs brought {max(self.fall, 0.0):.1%} of the loss's fall"

    def message(self) -> str:
        return (
            f"stopped while still learning: the last tenth of the {self.epochs:g} epochs brought "
            f"{self.fall:.1%} of the loss's fall, from {self.late:.4g} to {self.last:.4g}"
        )


def measure_unfinished(run: DiagnosedRun) -> Unfinished | str:
    losses, epochs = run.columns.get("loss", []), run.columns.get("epoch", [])
    if run.summary.get("stopped") != "epochs" or len(losses) < MIN_EPOCHS:
        return "skipped: stopped before the last epoch, or too few epochs"
    late, whole = _at(epochs[-1] * (1.0 - LATE), epochs, losses), losses[0] - losses[-1]
    fall = (late - losses[-1]) / whole if whole > 0 else 0.0
    val = run.columns.get("val_loss")
    val_rises = val is not None and val[-1] > _at(epochs[-1] * (1.0 - LATE), epochs, val)
    counts = not run.share < LOST and not val_rises
    return Unfinished(fall, counts, epochs[-1], late, losses[-1])


def _at(epoch: float, epochs: Sequence[float], values: Sequence[float]) -> float:
    """The value at an epoch, interpolated between logged epochs."""
    return float(np.interp(epoch, epochs, values))


def longer_or_faster(run: DiagnosedRun) -> Edits:
    return [candidates.longer(run, 4), *candidates.learning_rates(run, (3.0, 10.0))]


LENGTH = Check[Unfinished](
    name="length",
    question="Did the run end while it was still learning?",
    rank=Rank.SYMPTOM,
    measure=measure_unfinished,
    criteria=(
        Criterion(
            number=lambda curve: curve.fall if curve.counts else None,
            most=STEEP,
            message=Unfinished.message,
            candidates=longer_or_faster,
            choose=finish_run(least_gain=-math.inf),
        ),
        Criterion(
            number=lambda curve: curve.fall if curve.counts else None,
            most=GENTLE,
            message=Unfinished.message,
            candidates=lambda run: [candidates.longer(run, 4)],
            choose=finish_run(least_gain=2 * LOST),
        ),
    ),
)
