"""Metrics of decided classes and labels: accuracy, precision, recall, F1. Simple -> complex."""

import math
from functools import partial
from typing import Any

import numpy as np

from nncli.parts.arrays import Array
from nncli.parts.decision import LIKELIEST, Decision, has_label
from nncli.parts.metrics import labels
from nncli.parts.metrics.class_predictions import Counts, Predictions, predicted_classes
from nncli.parts.metrics.metric import (
    LABELS,
    SHARE,
    ClassMetric,
    ClassPredictionMetric,
    Metric,
    one_class,
)
from nncli.parts.metrics.resamples import ClassCounts, Resamples, label_counts, row_means
from nncli.registry import part


@part("accuracy")
class Accuracy(ClassMetric):
    """The share of rows that are given their true class.

    Multilabel: the share of rows with every label right, also called subset accuracy or exact
    match; hamming_loss counts each label separately.
    """

    bounds = SHARE

    def of_labels(self, predictions: Array, truth: Array) -> float:
        return labels.exact_match(predictions, truth)

    def of_classes(self, predictions: Predictions, truth: Array) -> float:
        is_right = predicted_classes(predictions, self.decision) == truth
        return float(np.count_nonzero(is_right)) / len(truth)

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        if truth.ndim == 1:
            return resamples.scores(partial(row_means, self.decision(predictions) == truth))
        return resamples.scores(
            partial(row_means, (has_label(predictions) == (truth > 0)).all(axis=1))
        )


def confusion(predictions: Array, truth: Array, decision: Decision = LIKELIEST) -> Array:
    """(classes, classes) counts: true class by row, predicted class by column."""
    classes = predictions.shape[1]
    cells = truth * classes + decision(predictions)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


@part("balanced_accuracy")
class BalancedAccuracy(ClassPredictionMetric):
    """The mean, over the classes present, of the share of their rows found (recall)."""

    bounds = SHARE

    def __call__(self, predictions: Predictions, truth: Array) -> float:
        counts = Counts.of(predictions, truth, self.decision)
        present = counts.true > 0
        return float((counts.hits[present] / counts.true[present]).mean())

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        count = ClassCounts(predictions, truth, self.decision)

        def score(drawn: Array) -> Array:
            counts = count(drawn)
            found = counts.hits / np.maximum(counts.true, 1)
            return np.asarray(found.sum(axis=1) / (counts.true > 0).sum(axis=1))

        return resamples.scores(score)


class MacroMean(ClassMetric):
    """The mean of a ratio over the classes that are true or predicted, or over all labels.

    A ratio with denominator 0 counts as 0.
    """

    bounds = SHARE

    def ratio(self, right: Array, predicted: Array, true: Array) -> tuple[Array, Array]:
        """(numerator, denominator) of each class or label, from its counts of rows."""
        raise NotImplementedError

    def of_labels(self, predictions: Array, truth: Array) -> float:
        return float(labels.mean_ratio(*self.ratio(*labels.label_counts(predictions, truth))))

    def of_classes(self, predictions: Predictions, truth: Array) -> float:
        counts = Counts.of(predictions, truth, self.decision)
        ratios, counted = self._of_counts(counts)
        return float(ratios[counted].mean())

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        if truth.ndim == 2:
            counted = partial(label_counts, predictions, truth)
            return resamples.scores(lambda drawn: labels.mean_ratio(*self.ratio(*counted(drawn))))
        counts = ClassCounts(predictions, truth, self.decision)

        def score(drawn: Array) -> Array:
            ratios, is_counted = self._of_counts(counts(drawn))
            return np.asarray((ratios * is_counted).sum(axis=1) / is_counted.sum(axis=1))

        return resamples.scores(score)

    def _of_counts(self, counts: Counts) -> tuple[Array, Array]:
        """(ratios, whether each class counts)."""
        over, under = self.ratio(counts.hits, counts.predicted, counts.true)
        return over / np.maximum(under, 1), counts.both > 0


@part("precision_macro")
class PrecisionMacro(MacroMean):
    """The mean over classes or labels of true positives / predicted ones, 0 if never predicted."""

    def ratio(self, right: Array, predicted: Array, true: Array) -> tuple[Array, Array]:
        return right, predicted


@part("recall_macro")
class RecallMacro(MacroMean):
    """The mean over classes or labels of true positives / actual ones, 0 for one without rows."""

    def ratio(self, right: Array, predicted: Array, true: Array) -> tuple[Array, Array]:
        return right, true


@part("f1_macro")
class F1Macro(MacroMean):
    """The mean over classes of 2 tp / (2 tp + fp + fn), over classes that are true or predicted.

    Multilabel: over all labels, 0 for one neither true nor predicted.
    """

    def ratio(self, right: Array, predicted: Array, true: Array) -> tuple[Array, Array]:
        return 2 * right, predicted + true


@part("matthews_corrcoef", "mcc")
class MatthewsCorrcoef(ClassPredictionMetric):
    """The correlation of true and predicted classes (MCC; of more than two, Gorodkin's R_K).

    1: all right, 0: no better than chance, and so if one class only is predicted. NaN if all rows
    are of one class.
    """

    bounds = (-1.0, 1.0)

    def undefined(self, truth: Array) -> str:
        return one_class(truth)

    def __call__(self, predictions: Predictions, truth: Array) -> float:
        counts = Counts.of(predictions, truth, self.decision)
        rows, true, predicted = len(truth), counts.true, counts.predicted
        true_spread = rows**2 - int(true @ true)
        if not true_spread:
            return float("nan")
        predicted_spread = rows**2 - int(predicted @ predicted)
        shared = rows * int(counts.hits.sum()) - int(true @ predicted)
        return shared / math.sqrt(true_spread * predicted_spread) if predicted_spread else 0.0

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        count = ClassCounts(predictions, truth, self.decision)

        def score(drawn: Array) -> Array:
            counts, rows = count(drawn), resamples.size
            true_spread = rows**2 - np.square(counts.true).sum(axis=1)
            predicted_spread = rows**2 - np.square(counts.predicted).sum(axis=1)
            shared = rows * counts.hits.sum(axis=1) - (counts.true * counts.predicted).sum(axis=1)
            found = shared / np.sqrt(true_spread.astype(float) * predicted_spread)
            return np.where(true_spread > 0, np.where(predicted_spread > 0, found, 0.0), np.nan)

        return resamples.scores(score)


class MicroMetric(Metric):
    """A ratio of counts over all labels together."""

    bounds = SHARE
    tasks = LABELS

    def __call__(self, predictions: Array, truth: Array) -> float:
        right, predicted, true = labels.label_counts(predictions, truth).sum(axis=1).tolist()
        return float(self.of_counts(right, predicted, true))

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        counts = partial(label_counts, predictions, truth)
        return resamples.scores(lambda drawn: self.of_counts(*counts(drawn).sum(axis=2)))

    def of_counts(self, right: Any, predicted: Any, true: Any) -> Any:
        """The ratio, from one count each or arrays of counts."""
        raise NotImplementedError


@part("precision_micro")
class PrecisionMicro(MicroMetric):
    """True positives of all labels / labels predicted; 0 if none is."""

    def of_counts(self, right: Any, predicted: Any, true: Any) -> Any:
        return right / np.maximum(predicted, 1)


@part("recall_micro")
class RecallMicro(MicroMetric):
    """True positives of all labels / labels that rows have; 0 if none has any."""

    def of_counts(self, right: Any, predicted: Any, true: Any) -> Any:
        return right / np.maximum(true, 1)


@part("f1_micro")
class F1Micro(MicroMetric):
    """2 tp / (2 tp + fp + fn) of all labels together; 0 if none is true or predicted."""

    def of_counts(self, right: Any, predicted: Any, true: Any) -> Any:
        return 2 * right / np.maximum(predicted + true, 1)


@part("hamming_loss")
class HammingLoss(Metric):
    """The share of wrong labels, over rows and labels."""

    bounds = SHARE
    tasks = LABELS
    is_score = False

    def __call__(self, predictions: Array, truth: Array) -> float:
        return float((has_label(predictions) != (truth > 0)).mean())

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        return resamples.scores(partial(row_means, has_label(predictions) != (truth > 0)))
