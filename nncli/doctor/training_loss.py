"""Training loss: is it better than that of guessing, and does regularization keep it high?"""

import math
from dataclasses import replace

from nncli.doctor import candidates
from nncli.doctor.check import Check, Criterion, Fix, Rank
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.edit import Edit, Edits
from nncli.doctor.feature_scales import scalings
from nncli.doctor.fix_trials import (
    BETTER,
    NO_BETTER,
    best,
    first_below,
    of_guessing,
    outcomes,
    share_at,
    trained,
    trial_in_words,
    trial_steps,
    val_share_after,
)
from nncli.doctor.step_statistics import affordable_steps, steps_of
from nncli.errors import counted
from nncli.frozen import frozen
from nncli.parts.layers import Dropout, GaussianNoise

WORSE = 1.02  # times the best constant's loss
CLEARLY_BETTER = 0.9
FACTORS = (0.1, 0.01, 0.0)
MUCH_BETTER = 0.7  # times the run's loss: smaller gains may come from any change
LITTLE_BETTER = 0.8  # of the best constant's loss; on many tables no network is better


@frozen
class TrainingLoss:
    """The training loss, as a share of the best constant's.

    guess: that constant in words.  fell_to: the loss of epochs that weren't kept; None if it wasn't
    clearly better.
    """

    loss: float
    share: float
    guess: str
    loss_of_guess: float
    has_diverged: bool
    fell_to: float | None = None

    def __str__(self) -> str:
        return f"{self.loss:.4g}, {self.share:.2g} times that of always predicting {self.guess}"

    def message(self) -> str:
        return (
            f"than guessing: the training loss is {self.loss:.4g}, and always predicting "
            f"{self.guess} has {self.loss_of_guess:.4g}{self._by_heart()}"
        )

    def _by_heart(self) -> str:
        if self.fell_to is None:
            return ""
        return f"; it fell to {self.fell_to:.4g}, but the validation loss got no better"


def measure_training_loss(run: DiagnosedRun) -> TrainingLoss | str:
    if run.baselines.mean <= run.baselines.perfect:
        return "skipped: the targets don't vary"
    guesses = {"regression": "the mean", "multilabel": "the label shares"}
    guess = guesses.get(run.built.table.task, "the class shares")
    mean, diverged = run.baselines.mean, run.has_diverged
    return TrainingLoss(run.loss, run.share, guess, mean, diverged, fell_to(run))


def fell_to(run: DiagnosedRun) -> float | None:
    """The least training loss of epochs that early stopping discarded, if clearly better."""
    least = min(filter(math.isfinite, run.columns.get("loss", ())), default=math.inf)
    learned = not run.has_diverged and run.share > NO_BETTER and run.job.val is not None
    return least if learned and run.baselines.share(least) < LITTLE_BETTER else None


def better_training(run: DiagnosedRun) -> Edits:
    """Edits with their causes, the simplest cause first."""
    steps, rate = steps_of(run.job), candidates.learning_rate(run)
    if fell_to(run) is not None:
        smaller = [Edit("network.hidden", layers) for layers in ("[8]", "[]")]
        return candidates.because({"overfitting": smaller})
    factors = [10, 100] if 10 * steps < affordable_steps(run.job) else []
    too_short = f"{counted(steps, 'step')} {'is' if steps == 1 else 'are'} too few"
    # width isn't the problem if the loss is worse than guessing, or the network is deep
    wider = [] if run.share > WORSE or candidates.is_deep(run) else candidates.wider(run)
    causes = {
        "inputs or targets are unscaled": scalings(run),
        "initial weights unsuited to the activations": candidates.standard_starts(run),
        too_short: [candidates.longer(run, factor) for factor in factors],
        f"learning rate {rate:g} is too small": candidates.higher_rates(run),
        f"learning rate {rate:g} is too large": candidates.lower_rates(run),
        "too few hidden units": wider,
        "too many layers for this many steps": candidates.shallow(run),
        f"{run.job.optimizer.name} is unsuited to this loss": [Edit("optimizer", "adam")],
        "the schedule lowers the rate too early": candidates.constant_rate(run),
    }
    return candidates.because(causes)


def worse_share(edited: DiagnosedRun) -> float:
    """The share of the training or the validation loss after a trial, whichever is larger.

    A network can't memorize validation rows.
    """
    theta = trained(edited, trial_steps(edited))
    if theta is None:
        return math.inf
    return max(share_at(edited, theta), edited.val_share_at(theta))


def predict_much_better(run: DiagnosedRun, edits: Edits, _: object) -> Fix | None:
    """The first edit that predicts much better; else None, as the data may be to blame."""
    limit = MUCH_BETTER * max(run.share, run.val_share)
    trial = first_below(run, edits, worse_share, limit)
    if trial is None or trial[1] >= limit:
        return None
    edited = run.with_edit(trial[0])
    assert edited is not None
    return Fix(trial[0], trial_in_words(trial[1], trial_steps(edited)))


def predict_better(run: DiagnosedRun, edits: Edits, _: object) -> Fix:
    """The first edit that predicts clearly better, else the best one."""
    trial = first_below(run, edits, worse_share, CLEARLY_BETTER)
    assert trial is not None, "adam can always be tried"
    edit, share = trial
    edited = run.with_edit(edit)
    assert edited is not None
    if share <= max(NO_BETTER, BETTER * max(run.share, run.val_share)):
        return Fix(edit, trial_in_words(share, trial_steps(edited)))
    tried = f"with it {of_guessing(share)} is left; no edit tried did better"
    may_be_noise = ": the features may not predict the target" if share < WORSE else ""
    return Fix(replace(edit, cause=""), f"{tried}{may_be_noise}")


GUESSING = Check[TrainingLoss](
    name="guessing",
    question="Does the run predict better than the best constant?",
    rank=Rank.SYMPTOM,
    measure=measure_training_loss,
    criteria=(
        Criterion(
            number=lambda loss: None if loss.has_diverged else loss.share,
            most=WORSE,
            message=lambda loss: f"worse {loss.message()}",
            candidates=better_training,
            choose=predict_better,
        ),
        Criterion(
            number=lambda loss: loss.share,
            most=NO_BETTER,
            where_little_learned=True,
            message=lambda loss: f"no better {loss.message()}",
            candidates=better_training,
            choose=predict_better,
        ),
        Criterion(
            number=lambda loss: loss.share,
            most=LITTLE_BETTER,
            where_little_learned=True,
            message=lambda loss: f"little better {loss.message()}",
            candidates=better_training,
            choose=predict_much_better,
        ),
    ),
)


@frozen
class Regularization:
    """penalty: beside `loss`, for the trained weights.  rate: the largest dropout rate.
    noise: the largest standard deviation of noise.
    share: the validation loss, as a share of the best constant's.
    """

    penalty: float
    loss: float
    rate: float
    noise: float
    share: float

    def __str__(self) -> str:
        penalties = f"penalties of {self.penalty:.3g} beside a loss of {self.loss:.3g}"
        said = [penalties] * bool(self.penalty) + [f"dropout of {self.rate:g}"] * bool(self.rate)
        said += [f"noise of {self.noise:g}"] * bool(self.noise)
        return " and ".join(said)

    def message(self) -> str:
        return f"held back by {self}: {of_guessing(self.share)} is left"


def measure_regularization(run: DiagnosedRun) -> Regularization | str:
    network = run.built.network
    penalty = network.penalty(network.layout.views(run.theta))
    rates = [node.layer.rate for node in network.nodes if isinstance(node.layer, Dropout)]
    stds = [node.layer.std for node in network.nodes if isinstance(node.layer, GaussianNoise)]
    rate, noise = max(rates, default=0.0), max(stds, default=0.0)
    if not (rate or noise or penalty):
        return "skipped: no penalty, no dropout and no noise"
    return Regularization(penalty, run.loss, rate, noise, run.val_share)


def lighter(run: DiagnosedRun) -> Edits:
    return [edit for factor in FACTORS for edit in candidates.gentler(run, factor)]


def generalize_most(run: DiagnosedRun, edits: Edits, measured: Regularization) -> Fix | None:
    """The edit with the least validation loss, if that is much less."""
    steps = trial_steps(run)
    trial = best(outcomes(run, edits, lambda edited: val_share_after(edited, steps)))
    if trial is None or trial[1] > min(MUCH_BETTER * measured.share, NO_BETTER):
        return None
    edit, share = trial
    return Fix(edit, trial_in_words(share, steps))


REGULARIZATION = Check[Regularization](
    name="regularization",
    question="Do penalties, dropout or noise keep the network from learning?",
    rank=Rank.EFFECT,
    measure=measure_regularization,
    criteria=(
        Criterion(
            number=lambda found: max(found.rate, found.noise, found.penalty),
            most=0.0,
            where_little_learned=True,
            message=Regularization.message,
            candidates=lighter,
            choose=generalize_most,
        ),
    ),
)
