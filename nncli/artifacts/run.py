"""Run: use a trained run from Python. Nothing is printed; errors are the package's own."""

from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from nncli.artifacts.open_model import trained_model
from nncli.artifacts.prediction_intervals import PredictionIntervals
from nncli.artifacts.recorded_scores import recorded_scores
from nncli.config.dump import plain
from nncli.data.class_values import class_values
from nncli.errors import UserError
from nncli.parts.arrays import Array
from nncli.parts.decision import has_label
from nncli.parts.table import Table


class Run:
    """A run directory: config, metrics, history and predictions for new rows.

    path: of a run or an ensemble.  Every file is checked against the manifest before use.
    Raises UserError if there is no run, CorruptRun for a damaged one.

    >>> import pathlib, tempfile
    >>> import nncli, nncli.study
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "fruit.csv").write_text("grams,colour,fruit\\n" + "".join(
    ...     f"{150 + n},{'red' if n % 4 else 'yellow'},apple\\n{20 + n},yellow,lemon\\n"
    ...     for n in range(20)))
    >>> _ = (folder / "fruit.yaml").write_text('''
    ... data: {path: fruit.csv, target: fruit, split: none}
    ... optimizer: {type: adam, learning_rate: 0.05}
    ... training: {epochs: 30}
    ... output: {plots: []}
    ... ''')
    >>> trained = nncli.study.run(folder / "fruit.yaml", seeds=1, runs_dir=folder)
    >>> run = nncli.Run(trained.path / "seed-0")
    >>> run.predict([{"grams": 160, "colour": "red"}, {"grams": 25, "colour": None}]).tolist()
    ['apple', 'lemon']
    >>> run.classes.tolist(), run.predict_proba({"grams": [160], "colour": ["red"]}).shape
    (['apple', 'lemon'], (1, 2))
    >>> run.metrics["train"]["accuracy"], run.config["optimizer"]["learning_rate"]
    (1.0, 0.05)
    >>> [*run.history][:3], len(run.history["loss"])
    (['epoch', 'loss', 'accuracy'], 31)
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        self._trained = trained_model(self.path)
        self._reader = self._trained.networks[0]

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @cached_property
    def config(self) -> dict[str, Any]:
        """The resolved config, with every default filled in."""
        value: dict[str, Any] = plain(self._trained.recorded)
        return value

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """{"train": {"loss": ..., "accuracy": ...}, "val": ...}, of the kept weights.

        Has "test" after `nncli evaluate`; empty while the run trains.
        """
        return recorded_scores(self._trained)

    @property
    def history(self) -> dict[str, Array]:
        """The columns of metrics.csv, from epoch 0 (before training); also while the run trains."""
        if len(self._trained.networks) > 1:
            one = self._reader.run.path
            raise UserError(f"{self.path}: each member has a history of its own: {one}, say")
        return {name: np.array(values) for name, values in self._reader.columns().items()}

    @property
    def features(self) -> list[str]:
        """The columns that rows must have, in any order."""
        return [feature.name for feature in self._trained.model.preprocessing.features]

    @property
    def targets(self) -> list[str]:
        """The names of the predicted targets or labels."""
        return [*self._trained.model.preprocessing.targets]

    @property
    def classes(self) -> Array:
        """The classes of `predict_proba`'s columns, typed as pandas reads them; of labels, their
        names; empty for regression."""
        learnt = self._trained.model.preprocessing
        return np.array(learnt.targets) if learnt.labels else class_values(learnt.classes)

    def predict(self, rows: Any) -> Array:
        """Predict rows: (rows,) classes or numbers, (rows, targets) for several targets, (rows,
        labels) booleans.

        rows: a DataFrame, a list of dicts (one per row), a dict of columns, or one row as a dict.
        The order of columns doesn't matter, further ones are ignored, None and NaN are missing.
        Raises UserError for a lacking column or a cell that can't be read.
        """
        trained, learnt = self._trained, self._trained.model.preprocessing
        table = self._table(rows)
        if learnt.classes:
            return np.asarray(self.classes[trained.decide(table)])
        predicted = trained.predict(table)
        if learnt.labels:
            return has_label(predicted)
        return predicted[:, 0] if len(learnt.targets) == 1 else predicted

    def predict_proba(self, rows: Any) -> Array:
        """(rows, classes) or (rows, labels) probabilities, in the order of `classes`."""
        learnt = self._trained.model.preprocessing
        if not (learnt.classes or learnt.labels):
            raise UserError(f"{self.path}: it predicts numbers, which have no probabilities")
        return self._trained.predict(self._table(rows))

    def predict_interval(self, rows: Any, level: float = 0.9) -> tuple[Array, Array]:
        """Lower and upper ends of prediction intervals, shaped as `predict`'s result.

        level: the share of targets to cover. See `nncli predict --interval`.
        """
        trained = self._trained
        intervals = PredictionIntervals.of(trained, level)
        ends = intervals(trained.predict(self._table(rows)))
        is_one = len(trained.model.preprocessing.targets) == 1
        low, high = (end[:, 0] if is_one else end for end in ends)
        return low, high

    def _table(self, rows: Any) -> Table:
        self._trained.check_finite()
        return self._trained.model.read_given(rows)
