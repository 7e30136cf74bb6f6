"""Capacity: can a fresh network memorize a few rows?"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from nncli.doctor import candidates
from nncli.doctor.check import Check, Criterion, Fix, Rank
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.edit import Edits
from nncli.doctor.fix_trials import BETTER, first_below, learns, of_guessing
from nncli.doctor.forward import (
    BATCH,
    BaselineLosses,
    data_loss,
    sampled,
    with_batch_statistics,
)
from nncli.doctor.step_statistics import affordable_steps, make_steps
from nncli.engine.evaluator import EvaluationSet
from nncli.engine.job import Job
from nncli.frozen import frozen
from nncli.parts.arrays import Array, evenly_spaced
from nncli.parts.optimizers import Adam, Optimizer
from nncli.parts.schedules import Constant

ROWS = 10
LEARNED = 0.1  # of the best constant's loss on these rows
EVALUATIONS = 10  # evaluations during the steps
REFERENCES = tuple(Adam(learning_rate=rate) for rate in (0.01, 0.001, 0.1))


@frozen
class Memorized:
    """The remaining loss on a few rows that a fresh network was trained to memorize.

    reference: with adam.  own: with the run's optimizer, called `name`; None if it makes no steps.
    """

    rows: EvaluationSet
    reference: float
    own: float | None
    name: str

    def __str__(self) -> str:
        result = f"{len(self.rows)} rows: {self.reference:.2g} of their loss remains with adam"
        own = "" if self.own is None else f", {self.own:.2g} with the run's {self.name}"
        return f"{result}{own}"

    def too_small(self) -> str:
        left = of_guessing(self.reference)
        return f"the network can't overfit {len(self.rows)} rows: even with adam {left} remains"

    def bad_steps(self) -> str:
        assert self.own is not None
        return (
            f"the network can overfit {len(self.rows)} rows, but not with its optimizer: "
            f"{of_guessing(self.own)} remains"
        )


def measure_capacity(run: DiagnosedRun) -> Memorized | str:
    rows = few_rows(run)
    if len(rows) < 2 or not varies(rows):
        return "skipped: no two training rows with inputs and targets of their own"
    own = least_loss(run, rows, run.job.optimizer) if run.has_steps else None
    name = run.job.optimizer.name
    if own is not None and own <= LEARNED:
        return f"{len(rows)} rows: {own:.2g} of their loss remains with {name}"
    return Memorized(rows, left_by_reference(run, rows), own, name)


def few_rows(run: DiagnosedRun) -> EvaluationSet:
    """Up to ten training rows with different inputs, of each class in turn.

    Only as many as the network can fit: an affine map inputs + 1, any network as many as it has
    parameters per output.
    """
    network, rows = run.network, sampled(run.rows, BATCH)
    most = min(ROWS, network.layout.trainable // network.outputs)
    if len(network.nodes) == 1:
        most = min(most, network.inputs + 1)
    given = [block[0 : len(rows)].reshape(len(rows), -1) for block in rows.inputs.values()]
    _, first = np.unique(np.hstack(given), axis=0, return_index=True)
    order = np.sort(first)
    if run.built.table.classes:
        order = order[np.argsort(_turn(rows.truth[order]), kind="stable")]
    else:
        order = order[evenly_spaced(len(order), most)]
    few = rows.at(order[: max(most, 0)])
    return replace(few, weights=None)


def _turn(classes: Array) -> Array:
    """For each row, the number of earlier rows of its class."""
    turn = np.zeros(len(classes), np.intp)
    for value in np.unique(classes):
        own = classes == value
        turn[own] = np.arange(own.sum())
    return turn


def varies(rows: EvaluationSet) -> bool:
    return bool((rows.targets != rows.targets[:1]).any())


def least_loss(run: DiagnosedRun, rows: EvaluationSet, optimizer: Optimizer) -> float:
    """The least loss reached on the rows, as a share of the best constant's loss.

    Trains a fresh network on all rows at once, with a constant rate, without dropout and penalties.
    """
    job = _job(run, rows, optimizer)
    baselines, state = BaselineLosses.of(job.network.loss, rows), job.start()
    least, steps = np.inf, affordable_steps(job) // EVALUATIONS
    for _ in range(EVALUATIONS):
        if not make_steps(job, state, steps):
            break
        least = min(least, baselines.share(_training_loss(job, state.theta, rows)))
        if least < LEARNED / 10:
            break
    return float(least)


def left_by_reference(run: DiagnosedRun, rows: EvaluationSet) -> float:
    """The same with adam, at the first usual rate that memorizes the rows, else at the best one."""
    least = math.inf
    for optimizer in REFERENCES:
        if least > LEARNED:
            least = min(least, least_loss(run, rows, optimizer))
    return least


def _job(run: DiagnosedRun, rows: EvaluationSet, optimizer: Optimizer) -> Job:
    training = replace(
        run.job.training,
        batch_size="full",
        sampling="shuffle",
        steps_per_epoch=1,
        clip_grad_norm=None,
        early_stopping=None,
        converged=None,
    )
    return replace(
        run.job,
        network=run.network,
        optimizer=optimizer,
        schedule=Constant(),
        training=training,
        train=rows,
        val=None,
    )


def _training_loss(job: Job, theta: Array, rows: EvaluationSet) -> float:
    """The loss with the batch's own statistics, as batch_norm uses in training."""
    return data_loss(job.network, with_batch_statistics(job.network, theta, rows), rows)


def larger_networks(run: DiagnosedRun) -> Edits:
    return [*candidates.standard_starts(run), *candidates.wider(run)]


def other_steps(run: DiagnosedRun) -> Edits:
    factors = (0.1, 0.01, 1e-3, 1e-4, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7)
    return [*candidates.learning_rates(run, factors), *candidates.standard_starts(run)]


def memorize_by_reference(run: DiagnosedRun, edits: Edits, measured: Memorized) -> Fix | None:
    def outcome(edited: DiagnosedRun) -> float:
        return left_by_reference(edited, few_rows(edited))

    return _memorize(run, edits, outcome, measured.reference)


def memorize(run: DiagnosedRun, edits: Edits, measured: Memorized) -> Fix | None:
    def outcome(edited: DiagnosedRun) -> float:
        return least_loss(edited, measured.rows, edited.job.optimizer)

    assert measured.own is not None
    return _memorize(run, edits, outcome, measured.own)


def _memorize(
    run: DiagnosedRun, edits: Edits, outcome: Callable[[DiagnosedRun], float], share: float
) -> Fix | None:
    """The first edit that memorizes the rows; None if none does much better, or learns the data."""
    trial = first_below(run, edits, outcome, LEARNED)
    if trial is None or trial[1] > BETTER * share:
        return None
    edit, after = trial
    return Fix(edit, f"with it {after:.2g} of their loss is left") if learns(run, edit) else None


CAPACITY = Check[Memorized](
    name="overfit a few rows",
    question="Can the network overfit a few rows from its initial weights?",
    rank=Rank.SYMPTOM,
    measure=measure_capacity,
    criteria=(
        Criterion(
            number=lambda left: left.reference,
            most=LEARNED,
            where_little_learned=True,
            message=Memorized.too_small,
            candidates=larger_networks,
            choose=memorize_by_reference,
        ),
        Criterion(
            number=lambda left: left.own if left.reference <= LEARNED else None,
            most=LEARNED,
            where_little_learned=True,
            message=Memorized.bad_steps,
            candidates=other_steps,
            choose=memorize,
        ),
    ),
)
