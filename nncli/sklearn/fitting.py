"""Fitting: trains the networks of an estimator, without a run directory."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nncli.artifacts.held_out import HeldOut, predict_held_out
from nncli.assembly.build import assemble
from nncli.assembly.decided import chosen_by, chosen_for, decision_of
from nncli.assembly.model import Model
from nncli.assembly.split_table import SplitTable
from nncli.config.experiment import EnsembleKeys, Experiment
from nncli.config.resolve import resolve_split
from nncli.data.data_checks import refuse_singleton_classes
from nncli.data.folds import member_rows
from nncli.data.formulas.columns import with_hidden_columns
from nncli.engine.epoch_scorer import completed
from nncli.engine.job import Job
from nncli.engine.state import TRAINING_STREAMS, stream
from nncli.engine.threads import limited
from nncli.engine.trainer import train
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.decision import Decision
from nncli.parts.splits import NoSplit, Rows, Split
from nncli.parts.table import Table
from nncli.sklearn.blocks import SOURCE, read


@frozen
class FittedNetwork:
    """A trained network.

    theta: the weights to use.  epochs: the number trained.  loss: the objective at theta.
    history: the columns of metrics.csv.
    """

    model: Model
    theta: Array
    epochs: int
    loss: float
    history: dict[str, Array]

    def predict(self, table: Table, rows: Array) -> Array:
        """See `TrainedModel.predict`."""
        return self.model.predict(self.theta, self.model.inputs(table, rows))


@frozen
class Fitted:
    """The trained network, or the members of an ensemble.

    decision: turns probabilities into a class.
    held_out: an ensemble's predictions for its validation rows; None for a single network.
    """

    networks: tuple[FittedNetwork, ...]
    decision: Decision
    held_out: HeldOut | None = None


def fit(parameters: Mapping[str, Any], table: Table) -> Fitted:
    """Train the network of an estimator's parameters.

    Raises ConfigError, DataError or Diverged.
    """
    experiment = read(parameters, table)
    if experiment.data.features.is_chosen:
        with SOURCE.errors_at("data.features"):
            table = with_hidden_columns(table, **experiment.data.features.chosen)
    split = resolve_split(experiment.data, table)
    if not isinstance(split, NoSplit):
        refuse_singleton_classes(table)
    random = stream("split", experiment.seeds.split)
    rows = split.rows(table, random)
    if experiment.ensemble is not None:
        return _fit_members(experiment, experiment.ensemble, table, split, rows, random)
    job, network = _fit_network(experiment, table, split, rows)
    with limited(job.training):
        chosen = chosen_for(experiment.decision, job, network.theta)
    return Fitted((network,), decision_of(experiment.decision, chosen))


def _fit_network(
    experiment: Experiment, table: Table, split: Split, rows: Rows
) -> tuple[Job, FittedNetwork]:
    built = assemble(experiment, SOURCE, SplitTable(table, split, rows))
    job, state = built.job, built.job.start()
    with limited(job.training):
        reports = [report for report in train(job, state) if report.is_logged or report.is_best]
        kept = state.best.epoch if state.best_theta is not None else state.epoch
        used = next(report for report in reports if report.epoch == kept)
        loss = completed(used, job, state.weights).loss
    assert loss is not None
    logged = [report.columns() for report in reports if report.is_logged]
    history = {name: np.array([row[name] for row in logged], dtype=float) for name in logged[0]}
    return job, FittedNetwork(built.model, state.weights.copy(), state.epoch, loss, history)


def _fit_members(
    experiment: Experiment,
    keys: EnsembleKeys,
    table: Table,
    split: Split,
    rows: Rows,
    random: np.random.Generator,
) -> Fitted:
    """Train the members of an ensemble, and predict the rows that they held out."""
    folds = keys.folds(is_by_time=False)
    parts = member_rows(split, table, rows, folds, random) if folds else [rows] * keys.members
    networks = []
    for number, part in enumerate(parts):
        seeds = experiment.seeds.moved(TRAINING_STREAMS, number)
        networks.append(_fit_network(replace(experiment, seed=seeds), table, split, part)[1])
    target, held_out, chosen = networks[0].model.preprocessing.target, None, None
    if len(parts[0].val):
        members, val = [each.predict for each in networks], [part.val for part in parts]
        held_out = predict_held_out(members, val, table, target, has_folds=bool(folds))
        chosen = chosen_by(experiment.decision, held_out.predictions, held_out.truth)
    return Fitted(tuple(networks), decision_of(experiment.decision, chosen), held_out)
