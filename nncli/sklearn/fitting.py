"""Fitting: parameters and a table -> a fitted network, without a run directory."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nncli.assembly.build import Built, assemble
from nncli.assembly.decided import chosen_for, decision_of
from nncli.assembly.model import Model
from nncli.assembly.split_table import SplitTable
from nncli.config.experiment import Experiment
from nncli.config.resolve import resolve_split
from nncli.data.data_checks import refuse_singleton_classes
from nncli.engine.state import stream
from nncli.engine.threads import limited
from nncli.engine.trainer import train
from nncli.parts.arrays import Array
from nncli.parts.decision import Decision
from nncli.parts.splits import NoSplit
from nncli.parts.table import Table
from nncli.sklearn.blocks import SOURCE, read


@dataclass(frozen=True)
class Fitted:
    """What is left of a training run.

    theta: the weights to use.  epochs: how many were trained.  loss: the objective at theta.
    history: the columns of metrics.csv.  decision: which class a row is given.
    """

    model: Model
    theta: Array
    epochs: int
    loss: float
    history: dict[str, Array]
    decision: Decision


def fit(parameters: Mapping[str, Any], table: Table) -> Fitted:
    """Train what an estimator's parameters declare.

    Raises ConfigError and DataError for what can't be used; Diverged.
    """
    experiment = read(parameters, is_regression=table.task == "regression")
    built = _build(experiment, table)
    job = built.job
    state = job.start()
    with limited(job.training):
        reports = [report for report in train(job, state) if report.is_logged or report.is_best]
        chosen = chosen_for(experiment.decision, job, state.weights)
    kept = state.best.epoch if state.best_theta is not None else state.epoch
    loss = next(report.loss for report in reports if report.epoch == kept)
    rows = [report.columns() for report in reports if report.is_logged]
    history = {name: np.array([row[name] for row in rows], dtype=float) for name in rows[0]}
    decision = decision_of(experiment.decision, chosen)
    return Fitted(built.model, state.weights.copy(), state.epoch, loss, history, decision)


def _build(experiment: Experiment, table: Table) -> Built:
    split = resolve_split(experiment.data, table)
    if not isinstance(split, NoSplit):
        refuse_singleton_classes(table)
    rows = split.rows(table, stream("split", experiment.seeds.split))
    return assemble(experiment, SOURCE, SplitTable(table, split, rows))
