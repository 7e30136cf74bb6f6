"""Trained models: predict and score with one run's network, or an ensemble's."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nncli.artifacts.held_out import HeldOut
from nncli.artifacts.run_directory import WEIGHTS
from nncli.artifacts.run_reader import RunReader
from nncli.assembly.build import Built
from nncli.assembly.decided import decided_in_words, decision_record
from nncli.assembly.model import Model
from nncli.config.resolved import Resolved
from nncli.engine.evaluator import EvaluationSet, Evaluator
from nncli.engine.rows import Inputs
from nncli.engine.threads import limited
from nncli.errors import CorruptRun, UserError
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.decision import Decision
from nncli.parts.table import Table
from nncli.parts.threshold_choice import ChosenThreshold


@frozen
class ChosenRows:
    """Rows to score. name: of their split or file."""

    name: str
    table: Table
    rows: Array


@frozen
class Scored:
    """Scored rows.

    rows: as input of baseline models.  loss: the objective on them.
    predictions: (rows, classes) probabilities, or (rows, targets) in original units.
    are_new: False if baseline models, which fit on all of `built`'s training rows, would have
    trained on these rows.
    """

    rows: EvaluationSet
    loss: float
    predictions: Array
    are_new: bool = True


class TrainedModel(ABC):
    """A model that predicts rows of a table.

    path: of its run or study.
    """

    path: Path

    @property
    def name(self) -> str:
        return self.path.resolve().name

    @property
    @abstractmethod
    def recorded(self) -> Resolved:
        """The resolved config that was trained."""

    @property
    @abstractmethod
    def model(self) -> Model:
        """Reads rows and encodes targets."""

    @property
    @abstractmethod
    def built(self) -> Built:
        """The data and its training rows, which baseline models fit on.

        Raises UserError if the data has changed, CorruptRun if the run's own copy has.
        """

    @property
    @abstractmethod
    def chosen(self) -> ChosenThreshold | None:
        """The chosen threshold; None if the config fixes one or has none."""

    @property
    @abstractmethod
    def decision(self) -> Decision:
        """The rule that turns probabilities into a class."""

    @property
    @abstractmethod
    def networks(self) -> Sequence[RunReader]:
        """The runs whose networks predict."""

    @abstractmethod
    def predict(self, table: Table, rows: Array | None = None) -> Array:
        """(rows, classes) or (rows, labels) probabilities, or (rows, targets) in original units.

        rows: of the table; all by default. Raises TableError for cells that can't be read.
        """

    @abstractmethod
    def decide(self, table: Table) -> Array:
        """(rows,) predicted class indices."""

    @abstractmethod
    def score(self, chosen: ChosenRows) -> Scored:
        """Predictions and objective for rows with known targets."""

    @abstractmethod
    def held_out(self) -> HeldOut:
        """Predictions for the validation rows. Raises UserError if there are none."""

    @property
    def splits(self) -> dict[str, Array]:
        """The rows by split."""
        return self.built.rows.named()

    def chosen_rows(self, name: str) -> ChosenRows:
        """The rows of a recorded split."""
        return ChosenRows(name, self.built.table, self.splits[name])

    @property
    def decided(self) -> str:
        """The decision threshold in words; empty without a `decision` block."""
        keys, classes = self.recorded.decision, self.model.preprocessing.classes
        return decided_in_words(keys, self.chosen, classes[1]) if keys else ""

    @property
    def decision_keys(self) -> Mapping[str, Any] | None:
        """The decision record for JSON; None without a `decision` block."""
        keys, classes = self.recorded.decision, self.model.preprocessing.classes
        return decision_record(keys, self.chosen, classes) if keys else None

    def summary(self) -> Mapping[str, Any]:
        """Final metrics and stop reason; empty for a killed or running run."""
        return {}

    def check_finite(self) -> None:
        """Raises CorruptRun if a weight is not finite."""
        for reader in self.networks:
            for tensor in reader.model.network.layout.tensors:
                numbers = reader.theta[tensor.start : tensor.start + tensor.size]
                if not np.isfinite(numbers).all():
                    path = reader.run.path
                    raise CorruptRun(
                        f"{path / WEIGHTS}: {tensor.name} is not finite: nothing can be predicted "
                        f"from it (nncli doctor {path} looks for the cause)"
                    )


class TrainedNetwork(TrainedModel):
    """The network of one run."""

    def __init__(self, reader: RunReader) -> None:
        self.reader, self.path = reader, reader.run.path

    @property
    def recorded(self) -> Resolved:
        return self.reader.recorded

    @property
    def model(self) -> Model:
        return self.reader.model

    @property
    def built(self) -> Built:
        return self.reader.built

    @property
    def chosen(self) -> ChosenThreshold | None:
        return self.reader.chosen

    @property
    def decision(self) -> Decision:
        return self.reader.decision

    @property
    def networks(self) -> Sequence[RunReader]:
        return (self.reader,)

    def summary(self) -> Mapping[str, Any]:
        return self.reader.summary()

    def predict(self, table: Table, rows: Array | None = None) -> Array:
        rows = np.arange(len(table)) if rows is None else rows
        found = []
        for piece in self.model.pieces(rows):
            inputs = self._inputs(table, piece)
            with limited(self.recorded.training):
                found.append(self.model.predict(self.reader.theta, inputs))
        return np.concatenate(found)

    def decide(self, table: Table) -> Array:
        inputs = self._inputs(table, np.arange(len(table)))
        with limited(self.recorded.training):
            return self.model.predict_classes(self.reader.theta, inputs, self.decision)

    def _inputs(self, table: Table, rows: Array) -> Inputs:
        with np.errstate(all="ignore"):  # overflow raises TableError
            return self.model.inputs(table, rows)

    def score(self, chosen: ChosenRows) -> Scored:
        rows = self.built.model.evaluation_set(chosen.table, chosen.rows, self.built.row_weights)
        return self._scored(rows)

    def held_out(self) -> HeldOut:
        val, rows = self.built.job.val, self.built.rows.val
        if val is None:
            raise UserError(f"{self.path}: this run has no validation rows")
        return HeldOut(rows, self._scored(val).predictions, val.truth, self._error_ratio)

    @property
    def _error_ratio(self) -> Array:
        """1 for each numeric target: one network predicts held-out rows and new ones."""
        fitted = self.model.preprocessing
        return np.ones(0 if fitted.classes or fitted.labels else len(fitted.targets))

    def _scored(self, rows: EvaluationSet) -> Scored:
        job = self.built.job
        with limited(job.training), np.errstate(all="ignore"):
            evaluator = Evaluator(job.network, self.reader.theta, rows, job.decode, {}, keeps=True)
            loss = evaluator.score().loss
            return Scored(rows, loss, job.decode(evaluator.outputs))
