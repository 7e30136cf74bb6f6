"""Scoring: a trained model on a set of rows, beside what else can be made of the same table."""

import numpy as np

from nncli.artifacts.trained_model import ChosenRows, Scored, TrainedModel
from nncli.data.memory import available
from nncli.engine.threads import limited
from nncli.errors import DataError, UserError
from nncli.evaluation.best_model import LINEAR, TREES
from nncli.evaluation.boosted_trees import Rows, boosted_trees
from nncli.evaluation.coverage import coverage
from nncli.evaluation.intervals import resample
from nncli.evaluation.linear_model import linear_model
from nncli.evaluation.report import Report
from nncli.parts.arrays import Array
from nncli.parts.decision import LIKELIEST
from nncli.parts.metrics import AveragePrecision, MatthewsCorrcoef, Metric, deciding
from nncli.parts.table import Task
from nncli.untrusted_files.opening import in_words

COPIES = 4  # of a number for each row and class: predictions, two rivals', a resample


def _besides(task: Task) -> dict[str, Metric]:
    """What a report has whether or not training measures it."""
    metrics = (AveragePrecision(), MatthewsCorrcoef())
    return {metric.name: metric for metric in metrics if task in metric.tasks}


def _refuse_too_many(rows: int, classes: int) -> None:
    """Raises UserError if the probabilities of all rows, and of what they are beside, won't fit."""
    size = COPIES * 8 * rows * classes + COPIES * 8 * classes**2  # and counts of class by class
    if size > (free := available()):
        raise UserError(
            f"a report of {rows:,} rows and {classes:,} classes would take about {in_words(size)} "
            f"of memory: {in_words(free)} are free: metrics.csv has what training measured"
        )


def _rivals(
    trained: TrainedModel, rows: ChosenRows, scored: Scored
) -> tuple[dict[str, Array], int, str]:
    """Predictions of baselines, a linear model and boosted trees by name, and what to say of them.

    Rows that are new to what is scored, and not to them, have baselines alone.
    """
    built, job = trained.built, trained.built.job
    table, seed = built.table, job.seeds.split
    rivals = dict(built.baselines(len(scored.rows.truth)))
    if not scored.are_new:
        return rivals, len(job.train), ""
    linear = linear_model(
        job.train, scored.rows, len(table.classes), has_labels=bool(table.labels), seed=seed
    )
    rivals[LINEAR] = linear.predictions
    learnt, asked = Rows(table, built.rows.train), Rows(rows.table, rows.rows)
    trees = boosted_trees(learnt, asked, job.train.weights, seed)
    if trees.predictions is not None:
        rivals[TREES] = trees.predictions
    return rivals, linear.fitted_rows, trees.note


def evaluate(trained: TrainedModel, rows: ChosenRows) -> Report:
    """Score a trained model on rows, beside its baselines, a linear model and boosted trees.

    A decision threshold is theirs too; the majority class is what it is.
    """
    built, job = trained.built, trained.built.job
    table = built.table
    if table.classes:
        _refuse_too_many(len(rows.rows), len(table.classes))
    seed = job.seeds.split
    metrics = {**job.metrics, **_besides(table.task)}
    chosen = deciding(metrics, trained.decision)
    scored = trained.score(rows)
    truth = scored.rows.truth
    if not table.classes and not np.isfinite(scored.rows.targets).all():
        dtype = scored.rows.targets.dtype
        raise DataError(f"{rows.name}: its targets overflow when scaled or stored as {dtype}")
    with limited(job.training), np.errstate(all="ignore"):
        rivals, fitted_rows, trees_note = _rivals(trained, rows, scored)
        network = resample(chosen, scored.predictions, truth, seed=seed)
        others = {
            rival: resample(
                chosen if rival in (LINEAR, TREES) else deciding(metrics, LIKELIEST),
                each,
                truth,
                seed=seed,
            )
            for rival, each in rivals.items()
        }
    return Report(
        run=trained.name,
        name=rows.name,
        loss=scored.loss,
        chosen=chosen,
        network=network,
        baselines=others,
        predictions=scored.predictions,
        truth=truth,
        fitted_rows=fitted_rows,
        training_rows=len(job.train),
        classes=tuple(table.classes),
        targets=tuple(table.targets) if table.task == "regression" else (),
        labels=tuple(table.targets) if table.labels else (),
        decision=trained.decision,
        decided=trained.decided,
        decision_keys=trained.decision_keys,
        trees_note=trees_note,
        coverage=coverage(trained, rows, scored),
        are_new=scored.are_new,
    )
