"""The ensemble: the networks of a study as one model that predicts their mean."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from nncli.artifacts.chosen_threshold import chosen_threshold
from nncli.artifacts.held_out import HeldOut, mean
from nncli.artifacts.path_safety import path_inside
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.study_directory import StudyDirectory, StudyFacts
from nncli.artifacts.trained_model import ChosenRows, Scored, TrainedModel, TrainedNetwork
from nncli.artifacts.trial_records import COMPLETED
from nncli.assembly.build import Built
from nncli.assembly.decided import decision_of
from nncli.assembly.model import Model
from nncli.config.resolved import Resolved
from nncli.data.preprocessing import Preprocessing
from nncli.engine.evaluator import EvaluationSet
from nncli.errors import UserError
from nncli.parts.arrays import Array
from nncli.parts.decision import Decision
from nncli.parts.splits import Rows
from nncli.parts.table import Table
from nncli.parts.threshold_choice import ChosenThreshold

HELD_OUT = "held_out.npz"


class Ensemble(TrainedModel):
    """The completed members as one model."""

    def __init__(self, study: StudyDirectory) -> None:
        self.study, self.path = study, study.path

    @cached_property
    def facts(self) -> StudyFacts:
        """The study's facts. Raises UserError for an ensemble that isn't trained yet."""
        facts = self.study.facts()
        if not facts.ended:
            raise UserError(
                f"{self.path}: an ensemble whose training has not come to its end "
                f"(nncli train --resume {self.path} goes on)"
            )
        return facts

    @cached_property
    def members(self) -> list[TrainedNetwork]:
        """The completed members, in order."""
        folders = [
            path_inside(self.path, trial.run)
            for trial in self.study.trials(self.facts)
            if trial.state == COMPLETED
        ]
        if not folders:
            raise UserError(f"{self.path}: no member of this ensemble came to its end")
        return [TrainedNetwork(RunReader(RunDirectory.open(folder))) for folder in folders]

    @cached_property
    def networks(self) -> Sequence[RunReader]:
        return [member.reader for member in self.members]

    @property
    def recorded(self) -> Resolved:
        return self.members[0].recorded

    @cached_property
    def model(self) -> Model:
        """The first member's model; its preprocessing knows the categories of all members."""
        first = self.members[0].model
        fitted = [member.model.preprocessing for member in self.members]
        return replace(first, preprocessing=_with_all_categories(fitted))

    @cached_property
    def built(self) -> Built:
        """The first member's job; with folds, on the rows that train any member, without val."""
        built, own = self.members[0].built, self.members[0].built.rows
        if not self.facts.folds:
            return built
        pool = np.union1d(own.train, own.val)
        rows = Rows(pool, own.val[:0], own.test)
        train = built.model.evaluation_set(built.table, pool, built.row_weights)
        return replace(built, rows=rows, job=replace(built.job, train=train))

    @property
    def splits(self) -> dict[str, Array]:
        """The rows by split; with folds each training row is also a val row of the member that
        held it out."""
        found = super().splits
        held_out = {"val": self._held_out.rows} if len(self._held_out.rows) else {}
        return {"train": found["train"], **held_out, **found}

    @cached_property
    def _held_out(self) -> HeldOut:
        """The recorded predictions for held-out rows."""
        return HeldOut.decode(self.study.read(HELD_OUT), self.path / HELD_OUT)

    def held_out(self) -> HeldOut:
        if not len(self._held_out.rows):
            raise UserError(f"{self.path}: its members have no validation rows")
        return self._held_out

    @cached_property
    def chosen(self) -> ChosenThreshold | None:
        return chosen_threshold(self.study, self.recorded.decision)

    @property
    def decision(self) -> Decision:
        return decision_of(self.recorded.decision, self.chosen)

    def summary(self) -> Mapping[str, Any]:
        return {"stopped": "epochs", **self.facts.result}

    def predict(self, table: Table, rows: Array | None = None) -> Array:
        return mean([member.predict(table, rows) for member in self.members])

    def decide(self, table: Table) -> Array:
        return self.decision(self.predict(table))

    def score(self, chosen: ChosenRows) -> Scored:
        built = self.built
        rows = built.model.evaluation_set(chosen.table, chosen.rows, built.row_weights)
        is_held_out = chosen.table is built.table and chosen.name == "val"
        own = self._held_out.predictions if is_held_out else None
        predicted = self.predict(chosen.table, chosen.rows) if own is None else own
        loss = objective(built.model, predicted, rows)
        return Scored(rows, loss, predicted, are_new=not (is_held_out and self.facts.folds))


def objective(model: Model, predictions: Array, rows: EvaluationSet) -> float:
    """The model's loss for given predictions, without the weight penalty."""
    loss, coding = model.network.loss, model.coding
    outputs = predictions
    if not coding.classes and not coding.has_labels:
        outputs = coding.encode(predictions)
    elif coding.classes and coding.units == 1:
        outputs = _below_one(predictions[:, 1:])
    elif coding.has_labels:
        outputs = _below_one(predictions)
    targets = np.asarray(rows.targets[:])
    if rows.weights is None:
        total = loss.total(outputs, targets)
    else:
        total = float(np.sum(rows.weights @ loss.terms(outputs, targets)))
    return total * loss.factor(*targets.shape)


def _below_one(probabilities: Array) -> Array:
    """Probabilities clipped below 1: one rounded to 1 would make the whole loss ln(0)."""
    return np.asarray(np.minimum(probabilities, 1 - np.finfo(probabilities.dtype).epsneg))


def _with_all_categories(fitted: Sequence[Preprocessing]) -> Preprocessing:
    """The first preprocessing, with the union of all members' categories per feature."""
    features = []
    for own in zip(*(each.features for each in fitted), strict=True):
        every = dict.fromkeys(name for feature in own for name in feature.codes)
        features.append(replace(own[0], categories=tuple(every), rare=()))
    return replace(fitted[0], features=tuple(features))
