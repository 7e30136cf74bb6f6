"""Label scores: scores of each label, and of all labels together."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any

import numpy as np

from nncli.evaluation.class_scores import (
    CURVES,
    Calibration,
    PrecisionRecallCurve,
    RocCurve,
    calibration,
    precision_recall_curve,
    roc_curve,
)
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.decision import has_label
from nncli.parts.metrics import HammingLoss, RocAuc
from nncli.parts.metrics.labels import exact_match, label_counts, one_valued
from nncli.parts.metrics.probabilities import average_precision


@frozen
class LabelScores:
    """Scores of one label.

    precision: the share of the rows predicted to have it that have it.
    recall: the share of the rows that have it that are predicted so.
    f1: their harmonic mean.  accuracy: the share of right predictions.  rows: how many have it. A
    ratio whose denominator is 0 is 0; roc_auc is NaN if all rows have the label or none has, and
    average_precision if none has.
    """

    precision: float
    recall: float
    f1: float
    roc_auc: float
    average_precision: float
    accuracy: float
    rows: int


def _scores(predictions: Array, truth: Array) -> LabelScores:
    """The scores of one label, or of several labels' cells taken together; both (rows, labels)."""
    right, predicted, true = label_counts(predictions, truth).sum(axis=1).tolist()
    return LabelScores(
        right / max(predicted, 1),
        right / max(true, 1),
        2 * right / max(predicted + true, 1),
        RocAuc().of_score(predictions.ravel(), truth.ravel()),
        float(average_precision(predictions.reshape(-1, 1), truth.reshape(-1, 1) > 0)[0]),
        float((has_label(predictions) == (truth > 0)).mean()),
        true,
    )


def per_label(predictions: Array, truth: Array, names: Sequence[str]) -> dict[str, LabelScores]:
    """The scores of every label, by name."""
    return {
        name: _scores(predictions[:, j : j + 1], truth[:, j : j + 1])
        for j, name in enumerate(names)
    }


def averages(predictions: Array, truth: Array) -> dict[str, LabelScores]:
    """macro: the unweighted mean over labels; micro: the scores of all their cells together."""
    every = per_label(predictions, truth, [str(j) for j in range(truth.shape[1])]).values()
    macro = {
        key: float(np.mean([getattr(scores, key) for scores in every]))
        for key in ("precision", "recall", "f1", "roc_auc", "average_precision", "accuracy")
    }
    rows = sum(scores.rows for scores in every)
    return {"macro": LabelScores(**macro, rows=rows), "micro": _scores(predictions, truth)}


def confusions(predictions: Array, truth: Array) -> Array:
    """(labels, 2, 2) counts: without and with the label down, predicted so across."""
    right, predicted, true = label_counts(predictions, truth)
    rest = len(truth) - predicted - true + right
    cells = [[rest, predicted - right], [true - right, right]]
    return np.moveaxis(np.array(cells), 2, 0)


def drawn(
    predictions: Array, truth: Array, names: Sequence[str]
) -> Iterator[tuple[str, Array, Array]]:
    """Yields (name, scores, truth) of the 10 labels with the most rows, in their order.

    Labels that all rows have, or none has, are left out.
    """
    is_flat = one_valued(truth)
    for label in sorted(np.argsort(-truth.sum(axis=0), kind="stable")[:CURVES].tolist()):
        if not is_flat[label]:
            yield names[label], predictions[:, label], truth[:, label] > 0


@frozen
class LabelReport:
    """The scores of several labels: each one's, averages, and of whole rows."""

    predictions: Array
    truth: Array
    names: tuple[str, ...]

    @cached_property
    def by_label(self) -> dict[str, LabelScores]:
        return per_label(self.predictions, self.truth, self.names)

    @cached_property
    def averages(self) -> dict[str, LabelScores]:
        """The macro and micro averages."""
        return averages(self.predictions, self.truth)

    @property
    def subset_accuracy(self) -> float:
        """The share of rows with every label right."""
        return exact_match(self.predictions, self.truth)

    @property
    def hamming_loss(self) -> float:
        """The share of wrong labels."""
        return HammingLoss()(self.predictions, self.truth)

    def calibration(self) -> Calibration:
        """The calibration of all labels' cells together."""
        given, came_true = self.predictions.ravel(), self.truth.ravel().astype(int)
        return calibration(np.column_stack([1.0 - given, given]), came_true)

    def roc_curves(self) -> list[RocCurve]:
        return [roc_curve(*label) for label in drawn(self.predictions, self.truth, self.names)]

    def precision_recall_curves(self) -> list[PrecisionRecallCurve]:
        chosen = drawn(self.predictions, self.truth, self.names)
        return [precision_recall_curve(*label) for label in chosen]

    def to_json(self) -> dict[str, Any]:
        counts = confusions(self.predictions, self.truth).tolist()
        return {
            "labels": {name: asdict(scores) for name, scores in self.by_label.items()},
            "averages": {name: asdict(scores) for name, scores in self.averages.items()},
            "subset_accuracy": self.subset_accuracy,
            "hamming_loss": self.hamming_loss,
            "confusion": {"labels": list(self.names), "counts": counts},
        }
