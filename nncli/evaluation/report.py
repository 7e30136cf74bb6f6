"""The report: a model's scores on a set of rows, with intervals and those of simpler models."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any

import numpy as np

from nncli.evaluation.best_model import LINEAR, NETWORK, TREES, Best, best_of
from nncli.evaluation.class_scores import (
    Calibration,
    ClassScores,
    PrecisionRecallCurve,
    RocCurve,
    calibration,
    per_class,
    precision_recall_curves,
    roc_curves,
)
from nncli.evaluation.coverage import Coverage
from nncli.evaluation.intervals import (
    MIN_ROWS,
    WITHOUT,
    Estimate,
    Resampled,
    Standing,
    standing,
)
from nncli.evaluation.label_scores import LabelReport
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.decision import LIKELIEST, Decision
from nncli.parts.metrics import Metric, confusion

SPLITS = ("test", "val", "train")  # in the order in which they are chosen
FEW_ROWS = 30


@frozen
class Report:
    """Scores of a trained model on a set of rows.

    run: its name.  name: the split's, or the file's.  loss: the objective on these rows.
    chosen: the metrics by name.  network, baselines: scores of the model's predictions, and of
    simpler models' by name.
    predictions, truth: as metrics take them.
    fitted_rows: the number of training rows that the linear model was fitted to.
    trees_note: what was reduced to keep boosted trees quick, or why there are none.
    classes, targets, labels: their names; only one of them isn't empty.
    coverage: of each target's prediction intervals.
    are_new: False if reference models, but not the model itself, would have trained on these rows.
    decision: the rule that turns probabilities into a class.  decided: the threshold in words, if
    there is one; decision_keys: the same for JSON.
    """

    run: str
    name: str
    loss: float
    chosen: Mapping[str, Metric]
    network: Resampled
    baselines: Mapping[str, Resampled]
    predictions: Array
    truth: Array
    fitted_rows: int
    training_rows: int
    classes: tuple[str, ...]
    targets: tuple[str, ...]
    labels: tuple[str, ...] = ()
    decision: Decision = LIKELIEST
    decided: str = ""
    decision_keys: Mapping[str, Any] | None = None
    trees_note: str = ""
    coverage: Sequence[Coverage] = ()
    are_new: bool = True

    @property
    def rows(self) -> int:
        return len(self.truth)

    @property
    def what(self) -> str:
        """The number and kind of the rows, as `22 test rows`."""
        word = "row" if self.rows == 1 else "rows"
        rest = f"{self.name} {word}" if self.name in SPLITS else f"{word} of {self.name}"
        return f"{self.rows:,} {rest}"

    @property
    def metrics(self) -> dict[str, float]:
        """The loss, then the metrics, on all rows."""
        return {"loss": self.loss, **self.network.values}

    @cached_property
    def intervals(self) -> dict[str, Estimate]:
        """The interval of every metric except the loss."""
        return self.network.estimates()

    @cached_property
    def differences(self) -> dict[str, dict[str, Estimate]]:
        """network - baseline of every metric, by baseline."""
        return {name: self.network.differences(other) for name, other in self.baselines.items()}

    def standings(self, baseline: str) -> dict[str, Standing]:
        """Whether the network is better than a baseline, by each metric that both have."""
        return {
            name: standing(difference, is_score=self.chosen[name].is_score)
            for name, difference in self.differences[baseline].items()
            if not np.isnan(difference.value)
        }

    @cached_property
    def best(self) -> Best | None:
        """Which of the network, the linear model and boosted trees is best by the first metric.

        None for training rows, and if too little is known to tell.
        """
        names = [name for name in self.chosen if self.chosen[name].name not in WITHOUT]
        if not names or self.name == "train":
            return None
        others = {name: self.baselines[name] for name in (LINEAR, TREES) if name in self.baselines}
        metric = self.chosen[names[0]]
        return best_of({NETWORK: self.network, **others}, metric, names[0], self.rows)

    @cached_property
    def is_finite(self) -> bool:
        """Whether all predictions are finite, so that they can be drawn."""
        return bool(np.isfinite(self.predictions).all())

    @cached_property
    def counts(self) -> Array:
        """(classes, classes) counts: true class by row, predicted class by column."""
        return confusion(self.predictions, self.truth, self.decision)

    @cached_property
    def by_class(self) -> dict[str, ClassScores]:
        return per_class(self.predictions, self.truth, self.classes, self.decision)

    @cached_property
    def of_labels(self) -> LabelReport:
        """The scores label by label."""
        return LabelReport(self.predictions, self.truth, self.labels)

    @property
    def roc_curves(self) -> list[RocCurve]:
        """The ROC curves of classes or labels."""
        if self.labels:
            return self.of_labels.roc_curves()
        return roc_curves(self.predictions, self.truth, self.classes)

    @property
    def precision_recall_curves(self) -> list[PrecisionRecallCurve]:
        """The precision-recall curves of classes or labels."""
        if self.labels:
            return self.of_labels.precision_recall_curves()
        return precision_recall_curves(self.predictions, self.truth, self.classes)

    @cached_property
    def calibration(self) -> Calibration | None:
        """The calibration; None for numbers, and if predictions aren't finite."""
        if not self.is_finite or not (self.classes or self.labels):
            return None
        if self.labels:
            return self.of_labels.calibration()
        return calibration(self.predictions, self.truth)

    def to_json(self) -> dict[str, Any]:
        """What `evaluate --json` prints, without the run's path and the files."""
        value: dict[str, Any] = {
            "split": self.name,
            "rows": self.rows,
            "metrics": self.metrics,
            "baselines": {name: dict(other.values) for name, other in self.baselines.items()},
            "intervals": _intervals(self.intervals),
            "differences": {name: _intervals(each) for name, each in self.differences.items()},
            "best": self.best.to_json() if self.best else None,
        }
        if self.classes:
            value["classes"] = {name: asdict(scores) for name, scores in self.by_class.items()}
            value["confusion"] = {"classes": list(self.classes), "counts": self.counts.tolist()}
        if self.labels:
            value |= self.of_labels.to_json()
        if self.classes or self.labels:
            value["calibration_error"] = self.calibration.error if self.calibration else None
        if self.coverage:
            value["prediction_intervals"] = [asdict(each) for each in self.coverage]
        if self.decision_keys is not None:
            value["decision"] = dict(self.decision_keys)
        return value | {"notes": self.notes()}

    def notes(self) -> list[str]:
        """Sentences on what limits the scores: few rows, missing intervals, samples."""
        notes = []
        if self.rows < MIN_ROWS:
            notes.append(f"intervals: none, as it takes {MIN_ROWS} rows to tell anything")
        elif self.rows < FEW_ROWS:
            notes.append(
                f"intervals: {self.rows} rows are few: they are rough, and more likely too narrow "
                "than too wide"
            )
        if not self.are_new:
            notes.append(f"no {LINEAR} beside it: one would have to learn from these very rows")
        if self.decision_keys is not None and self.decision_keys.get("split") == self.name:
            notes.append("the threshold was chosen on these rows: expect less on new ones")
        reasons: dict[str, list[str]] = {}
        for name, estimate in self.intervals.items():
            has_none = estimate.low is None or estimate.left_out
            if np.isnan(estimate.value) or (self.rows >= MIN_ROWS and has_none):
                reasons.setdefault(self._why_none(name, estimate), []).append(name)
        notes += [f"{', '.join(names)}: {reason}" for reason, names in reasons.items()]
        if self.fitted_rows < self.training_rows:
            sample = f"{self.fitted_rows:,} of {self.training_rows:,} training rows"
            notes.append(f"{LINEAR}: fitted on a random sample of {sample}")
        if self.trees_note:
            notes.append(f"{TREES}: {self.trees_note}")
        return notes

    def _why_none(self, name: str, estimate: Estimate) -> str:
        if self.chosen[name].name in WITHOUT:
            return "no interval, as resampling can't tell how much larger a maximum could be"
        if not np.isfinite(estimate.value):
            why = self.chosen[name].undefined(self.truth)
            return f"undefined on these rows{f': {why}' if why else ''}"
        if estimate.left_out:
            same = "" if estimate.interval else "; no interval, as all others score the same"
            return f"undefined in {estimate.left_out:.1%} of the resamples, left out{same}"
        if name == "accuracy" and estimate.value == 1.0:
            unseen = 1 - 0.05 ** (1 / self.rows)  # P(none of n rows wrong) = (1 - p)^n = 5%
            return (
                f"no interval, as none of {self.rows:,} rows is wrong; a true share of wrong rows "
                f"up to {unseen:.2g} would fit that"
            )
        return "no interval, as every resample scores the same"


def _intervals(estimates: Mapping[str, Estimate]) -> dict[str, list[float] | None]:
    return {name: estimate.interval for name, estimate in estimates.items()}
