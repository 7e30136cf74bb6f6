"""Scoring: evaluates a trained model on a set of rows, beside baselines and reference models."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from nncli.artifacts.trained_model import ChosenRows, Scored, TrainedModel
from nncli.data.memory import available
from nncli.engine.threads import limited
from nncli.errors import DataError, UserError
from nncli.evaluation.background_fit import BackgroundFit
from nncli.evaluation.best_model import LINEAR, TREES
from nncli.evaluation.boosted_trees import Rows
from nncli.evaluation.coverage import coverage
from nncli.evaluation.intervals import resample
from nncli.evaluation.reference_models import ReferenceTask
from nncli.evaluation.report import Report
from nncli.parts.decision import LIKELIEST
from nncli.parts.metrics import AveragePrecision, MatthewsCorrcoef, Metric, deciding
from nncli.parts.table import Task
from nncli.untrusted_files.opening import size_in_words

if TYPE_CHECKING:
    from nncli.evaluation.background_fit import Fitted

COPIES = 4  # of a number for each row and class: predictions of three models, a resample


def _further_metrics(task: Task) -> dict[str, Metric]:
    """The metrics that a report always has, in addition to those measured in training."""
    metrics = (AveragePrecision(), MatthewsCorrcoef())
    return {metric.name: metric for metric in metrics if task in metric.tasks}


def _refuse_too_many(rows: int, classes: int) -> None:
    """Raises UserError if the probabilities of all rows and models don't fit into memory."""
    size = COPIES * 8 * rows * classes + COPIES * 8 * classes**2  # and confusion matrices
    if size > (free := available()):
        raise UserError(
            f"a report of {rows:,} rows and {classes:,} classes would take about "
            f"{size_in_words(size)} of memory: {size_in_words(free)} are free: metrics.csv has "
            "what training measured"
        )


def _task(trained: TrainedModel, rows: ChosenRows, scored: Scored) -> ReferenceTask:
    """The task of the reference models."""
    built, job = trained.built, trained.built.job
    train, scored_table = (
        replace(each, origin=None, aside={}) for each in (built.table, rows.table)
    )
    return ReferenceTask(
        job.train,
        scored.rows,
        Rows(train, built.rows.train),
        Rows(scored_table, rows.rows),
        len(built.table.classes),
        has_labels=bool(built.table.labels),
        seed=job.seeds.split,
        threads=job.training.threads,
    )


def evaluate(
    trained: TrainedModel,
    rows: ChosenRows,
    background: BackgroundFit | None = None,
    meanwhile: Callable[[Report], None] = lambda report: None,
) -> Report:
    """Score a trained model on rows, beside baselines, a linear model and boosted trees.

    The reference models use the same decision threshold; the majority class doesn't. Rows that the
    model hasn't trained on, but reference models would, are scored without these.

    background: fits the reference models, if it has been started.
    meanwhile: is called with the report before the reference models are fitted.
    """
    job, table = trained.built.job, trained.built.table
    if table.classes:
        _refuse_too_many(len(rows.rows), len(table.classes))
    scored = trained.score(rows)
    if not table.classes and not np.isfinite(scored.rows.targets).all():
        dtype = scored.rows.targets.dtype
        raise DataError(f"{rows.name}: its targets overflow when scaled or stored as {dtype}")
    background = background or BackgroundFit()
    task = _task(trained, rows, scored) if scored.are_new else None
    if task is not None:
        background.ask(task)
    with limited(job.training), np.errstate(all="ignore"):
        report = _without_references(trained, rows, scored)
        meanwhile(report)
        if task is None:
            return report
        return _with_references(report, background.fitted(task), job.seeds.split)


def _without_references(trained: TrainedModel, rows: ChosenRows, scored: Scored) -> Report:
    """The report of the network and its baselines."""
    built, job = trained.built, trained.built.job
    table, truth, seed = built.table, scored.rows.truth, job.seeds.split
    metrics = {**job.metrics, **_further_metrics(table.task)}
    chosen, likeliest = deciding(metrics, trained.decision), deciding(metrics, LIKELIEST)
    return Report(
        run=trained.name,
        name=rows.name,
        loss=scored.loss,
        chosen=chosen,
        network=resample(chosen, scored.predictions, truth, seed=seed),
        baselines={
            name: resample(likeliest, each, truth, seed=seed)
            for name, each in built.baselines(len(truth)).items()
        },
        predictions=scored.predictions,
        truth=truth,
        fitted_rows=len(job.train),
        training_rows=len(job.train),
        classes=tuple(table.classes),
        targets=tuple(table.targets) if table.task == "regression" else (),
        labels=tuple(table.targets) if table.labels else (),
        decision=trained.decision,
        decided=trained.decided,
        decision_keys=trained.decision_keys,
        coverage=coverage(trained, rows, scored),
        are_new=scored.are_new,
    )


def _with_references(report: Report, fitted: "Fitted", seed: int) -> Report:
    """The report with the linear model and boosted trees added."""
    linear, trees = fitted
    references = {LINEAR: linear.predictions}
    if trees.predictions is not None:
        references[TREES] = trees.predictions
    scored = {
        name: resample(report.chosen, each, report.truth, seed=seed)
        for name, each in references.items()
    }
    return replace(
        report,
        baselines={**report.baselines, **scored},
        fitted_rows=linear.fitted_rows,
        trees_note=trees.note,
    )
