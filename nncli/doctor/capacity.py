"""Can a fresh network learn a handful of rows by heart?"""

import math
from dataclasses import replace

import numpy as np

from nncli.doctor import edits
from nncli.doctor.baseline_losses import BaselineLosses
from nncli.doctor.diagnosed_run import DiagnosedRun
from nncli.doctor.finding import Check, Finding
from nncli.doctor.forward import BATCH, chosen, data_loss, evenly, sampled, settled
from nncli.doctor.step_statistics import affordable_steps, make_steps
from nncli.doctor.trials import BETTER, Trial, first_below, learns, of_guessing
from nncli.engine.evaluator import EvaluationSet
from nncli.engine.job import Job
from nncli.parts.arrays import Array
from nncli.parts.optimizers import Adam, Optimizer
from nncli.parts.schedules import Constant

NAME = "overfit a few rows"
ROWS = 10
LEARNED = 0.1  # of the best constant's loss on these rows
LOOKS = 10  # how often, in equal portions of the steps
SANE = tuple(Adam(learning_rate=rate) for rate in (0.01, 0.001, 0.1))


def examine(patient: DiagnosedRun) -> Check:
    rows = few_rows(patient)
    if len(rows) < 2 or not varies(rows):
        return Check(NAME, "skipped: no two training rows with inputs and targets of their own")
    own = left_after(patient, rows, patient.job.optimizer) if patient.has_steps else None
    count, name = len(rows), patient.job.optimizer.name
    if own is not None and own <= LEARNED:
        return Check(NAME, f"{count} rows: {own:.2g} of their loss left with {name}")
    sane = left_by_adam(patient, rows)
    result = f"{count} rows: {sane:.2g} of their loss left with adam"
    result += "" if own is None else f", {own:.2g} with the run's {name}"
    if not patient.learned_little:
        return Check(NAME, result)
    if sane > LEARNED:
        return Check(NAME, result, _too_small(patient, rows, sane))
    if own is not None:
        return Check(NAME, result, _bad_steps(patient, rows, own))
    return Check(NAME, result)


def few_rows(patient: DiagnosedRun) -> EvaluationSet:
    """Up to ten training rows with different inputs, the classes in turn.

    As many as can be asked for: an affine map fits inputs + 1 rows, any network at most as many
    as it has parameters for an output.
    """
    network, rows = patient.network, sampled(patient.rows, BATCH)
    most = min(ROWS, network.layout.trainable // network.outputs)
    if len(network.nodes) == 1:
        most = min(most, network.inputs + 1)
    _, first = np.unique(rows.x[0 : len(rows)], axis=0, return_index=True)
    order = np.sort(first)
    if patient.built.table.classes:
        order = order[np.argsort(_turn(rows.truth[order]), kind="stable")]
    else:
        order = order[evenly(len(order), most)]
    few = chosen(rows, order[: max(most, 0)])
    return replace(few, weights=None)


def _turn(classes: Array) -> Array:
    """For each row, how many rows of its class stand before it."""
    turn = np.zeros(len(classes), np.intp)
    for value in np.unique(classes):
        own = classes == value
        turn[own] = np.arange(own.sum())
    return turn


def varies(rows: EvaluationSet) -> bool:
    return bool((rows.targets != rows.targets[:1]).any())


def left_after(patient: DiagnosedRun, rows: EvaluationSet, optimizer: Optimizer) -> float:
    """The least loss reached on the rows, as a share of their best constant's.

    A fresh network, all rows at once, a constant rate, no dropout and no penalties.
    """
    job = _job(patient.job, patient, rows, optimizer)
    levels, state = BaselineLosses.of(job.network.loss, rows), job.start()
    least, steps = np.inf, affordable_steps(job) // LOOKS
    for _ in range(LOOKS):
        if not make_steps(job, state, steps):
            break
        least = min(least, levels.share(_training_loss(job, state.theta, rows)))
        if least < LEARNED / 10:
            break
    return float(least)


def left_by_adam(patient: DiagnosedRun, rows: EvaluationSet) -> float:
    """The same by a good optimizer, at the first usual rate that does it, else the best."""
    least = math.inf
    for optimizer in SANE:
        if least > LEARNED:
            least = min(least, left_after(patient, rows, optimizer))
    return least


def _job(job: Job, patient: DiagnosedRun, rows: EvaluationSet, optimizer: Optimizer) -> Job:
    training = replace(
        job.training,
        batch_size="full",
        sampling="shuffle",
        steps_per_epoch=1,
        clip_grad_norm=None,
        early_stopping=None,
        converged=None,
    )
    return replace(
        job,
        network=patient.network,
        optimizer=optimizer,
        schedule=Constant(),
        training=training,
        train=rows,
        val=None,
    )


def _training_loss(job: Job, theta: Array, rows: EvaluationSet) -> float:
    """With the batch's own statistics, as batch_norm has them in training."""
    return data_loss(job.network, settled(job.network, theta, rows), rows)


def _too_small(patient: DiagnosedRun, rows: EvaluationSet, share: float) -> list[Finding]:
    def outcome(edited: DiagnosedRun) -> float:
        return left_by_adam(edited, few_rows(edited))

    candidates = [*edits.standard_starts(patient), *edits.wider(patient)]
    message = (
        f"the network can't learn {len(rows)} rows by heart: even adam leaves {of_guessing(share)}"
    )
    return _cured(patient, first_below(patient, candidates, outcome, LEARNED), message, share)


def _bad_steps(patient: DiagnosedRun, rows: EvaluationSet, share: float) -> list[Finding]:
    def outcome(edited: DiagnosedRun) -> float:
        return left_after(edited, rows, edited.job.optimizer)

    factors = (0.1, 0.01, 1e-3, 1e-4, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7)
    candidates = [*edits.learning_rates(patient, factors), *edits.standard_starts(patient)]
    message = (
        f"the network could learn {len(rows)} rows by heart, but its optimizer leaves "
        f"{of_guessing(share)}"
    )
    return _cured(patient, first_below(patient, candidates, outcome, LEARNED), message, share)


def _cured(patient: DiagnosedRun, trial: Trial | None, message: str, share: float) -> list[Finding]:
    """The finding with the edit of a trial; none if it leaves as much, or learns nothing else."""
    if trial is None or trial[1] > BETTER * share:
        return []
    edit, after = trial
    tried = f"with it {after:.2g} of their loss is left"
    return [Finding(NAME, message, share, edit, tried)] if learns(patient, edit) else []
