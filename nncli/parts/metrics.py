"""Metrics: what a prediction is worth, in the terms of the task. Simple -> complex.

They are computed at every logged epoch, where importing scikit-learn (over a second) and its
input checks would dwarf the training of a small network; the tests hold every one of them against
scikit-learn's.
"""

import copy
import math
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np

from nncli.parts import labels
from nncli.parts.arrays import Array
from nncli.parts.class_predictions import Counts, Predictions, predicted_classes, true_probabilities
from nncli.parts.decision import LIKELIEST, Decision, has_label
from nncli.parts.ranking import average_precision
from nncli.parts.resamples import (
    ClassCounts,
    Ranked,
    Resamples,
    column_means,
    label_counts,
    row_means,
)
from nncli.parts.table import Task
from nncli.registry import Part, part

CLASSES = frozenset({"binary", "classification"})
LABELS = frozenset({"multilabel"})
NUMBERS = frozenset({"regression"})


class Metric(Part):
    """(predictions, truth) -> number.

    tasks: where it applies. For classes, predictions are probabilities (rows, classes) whose rows
    sum to 1 and truth holds class indices (rows,); for labels they are the probability of each
    (rows, labels) and truth is 0 or 1 (rows, labels); for numbers both are (rows, targets).
    is_score: whether higher is better.
    decision: which class a row is given; a metric that asks for it calls `self.decision`.
    takes_class_predictions: whether it takes `ClassPredictions` in place of probabilities, which
    may be too many.
    """

    kind = "metric"
    tasks: ClassVar[frozenset[str]] = CLASSES
    is_score: ClassVar[bool] = True
    takes_class_predictions: ClassVar[bool] = False
    decision: ClassVar[Decision] = LIKELIEST

    def deciding(self, decision: Decision) -> Self:
        """The same metric where classes are decided so."""
        metric = copy.copy(self)
        object.__setattr__(metric, "decision", decision)
        return metric

    def undefined(self, truth: Array) -> str:
        """Why it is NaN for this truth, whatever is predicted; empty if it isn't."""
        return ""

    def __call__(self, predictions: Any, truth: Array) -> float:
        raise NotImplementedError

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        """Its value for each of many draws of the rows."""
        return resamples.scores(
            lambda drawn: np.array([self(predictions[rows], truth[rows]) for rows in drawn])
        )


class ClassPredictionMetric(Metric):
    """One that needs no more than each row's most probable class and the true one's probability."""

    takes_class_predictions = True


class ClassMetric(ClassPredictionMetric):
    """Of classes by `of_classes`, and of several labels by `of_labels`."""

    tasks = CLASSES | LABELS

    def __call__(self, predictions: Any, truth: Array) -> float:
        return (self.of_classes if truth.ndim == 1 else self.of_labels)(predictions, truth)

    def of_classes(self, predictions: Any, truth: Array) -> float:
        raise NotImplementedError

    def of_labels(self, predictions: Array, truth: Array) -> float:
        raise NotImplementedError


@part("accuracy")
class Accuracy(ClassMetric):
    """The share of rows that are given their true class.

    Multilabel: the share of rows with every label right, which is called subset accuracy, or exact
    match; hamming_loss counts each label apart.
    """

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


def deciding(metrics: Mapping[str, Metric], decision: Decision) -> dict[str, Metric]:
    """The same metrics where classes are decided so."""
    return {name: metric.deciding(decision) for name, metric in metrics.items()}


def confusion(predictions: Array, truth: Array, decision: Decision = LIKELIEST) -> Array:
    """(classes, classes) counts: true class by row, predicted class by column."""
    classes = predictions.shape[1]
    cells = truth * classes + decision(predictions)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


@part("balanced_accuracy")
class BalancedAccuracy(ClassPredictionMetric):
    """The mean, over the classes present, of the share of their rows found (recall)."""

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

    A ratio whose denominator is 0 counts 0.
    """

    def ratio(self, right: Array, predicted: Array, true: Array) -> tuple[Array, Array]:
        """(numerator, denominator) of the counts of each class or label."""
        raise NotImplementedError

    def of_labels(self, predictions: Array, truth: Array) -> float:
        return float(labels.share(*self.ratio(*labels.label_counts(predictions, truth))))

    def of_classes(self, predictions: Predictions, truth: Array) -> float:
        counts = Counts.of(predictions, truth, self.decision)
        ratios, counted = self._of_counts(counts)
        return float(ratios[counted].mean())

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        if truth.ndim == 2:
            counted = partial(label_counts, predictions, truth)
            return resamples.scores(lambda drawn: labels.share(*self.ratio(*counted(drawn))))
        counts = ClassCounts(predictions, truth, self.decision)

        def score(drawn: Array) -> Array:
            ratios, is_counted = self._of_counts(counts(drawn))
            return np.asarray((ratios * is_counted).sum(axis=1) / is_counted.sum(axis=1))

        return resamples.scores(score)

    def _of_counts(self, counts: Counts) -> tuple[Array, Array]:
        """(ratios, whether they count)."""
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

    def undefined(self, truth: Array) -> str:
        return _one_class(truth)

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


def _one_class(truth: Array) -> str:
    return "they have one class only" if len(np.unique(truth)) < 2 else ""


class MicroMetric(Metric):
    """Of all labels' cells together, as if they were one label's."""

    tasks = LABELS

    def __call__(self, predictions: Array, truth: Array) -> float:
        right, predicted, true = labels.label_counts(predictions, truth).sum(axis=1).tolist()
        return float(self.of_counts(right, predicted, true))

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        counts = partial(label_counts, predictions, truth)
        return resamples.scores(lambda drawn: self.of_counts(*counts(drawn).sum(axis=2)))

    def of_counts(self, right: Any, predicted: Any, true: Any) -> Any:
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

    tasks = LABELS
    is_score = False

    def __call__(self, predictions: Array, truth: Array) -> float:
        return float((has_label(predictions) != (truth > 0)).mean())

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        return resamples.scores(partial(row_means, has_label(predictions) != (truth > 0)))


@part("log_loss")
class LogLoss(ClassMetric):
    """-mean ln(probability given to the true class), in nats; probabilities are kept from 0.

    Multilabel: the mean over rows and labels, each of which is a task of two classes.
    """

    is_score = False

    def of_labels(self, predictions: Array, truth: Array) -> float:
        return 0.0 - float(labels.log_likelihoods(predictions, truth).mean())

    def of_classes(self, predictions: Predictions, truth: Array) -> float:
        return 0.0 - float(log_likelihoods(predictions, truth).mean())

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        each = (log_likelihoods if truth.ndim == 1 else labels.log_likelihoods)(predictions, truth)
        return 0.0 - resamples.scores(partial(row_means, each))


def log_likelihoods(predictions: Predictions, truth: Array) -> Array:
    """(rows,) ln(probability given to the true class), which is kept from 0."""
    given = true_probabilities(predictions, truth)
    return np.asarray(np.log(np.maximum(given, np.finfo(given.dtype).eps)))


@part("brier")
class Brier(Metric):
    """mean (probability of the second class - truth)^2: the Brier score of a binary task."""

    tasks = frozenset({"binary"})
    is_score = False

    def __call__(self, predictions: Array, truth: Array) -> float:
        return float(np.square(predictions[:, 1] - truth).mean())

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        return resamples.scores(partial(row_means, np.square(predictions[:, 1] - truth)))


@part("roc_auc")
class RocAuc(Metric):
    """The chance that a random positive row is ranked above a random negative one, ties half.

    NaN if one of the classes has no rows. Multilabel: the mean over labels; NaN if one of them is.
    """

    tasks = frozenset({"binary", "multilabel"})

    def undefined(self, truth: Array) -> str:
        return _one_class(truth) if truth.ndim == 1 else labels.same_in_all(truth)

    def __call__(self, predictions: Array, truth: Array) -> float:
        if truth.ndim == 1:
            return self.of_score(predictions[:, 1], truth)
        pairs = zip(predictions.T, truth.T, strict=True)
        return float(np.mean([self.of_score(score, true) for score, true in pairs]))

    def of_score(self, score: Array, truth: Array) -> float:
        """score: higher where 1 is the more likely.  truth: (rows,) 0 or 1."""
        negative, positive = np.sort(score[truth == 0]), score[truth == 1]
        pairs = len(negative) * len(positive)
        if not pairs:
            return float("nan")
        below = np.searchsorted(negative, positive, "left").sum()
        not_above = np.searchsorted(negative, positive, "right").sum()
        return float(below + not_above) / (2 * pairs)

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        scores, is_true = (
            (predictions[:, 1:], truth[:, None]) if truth.ndim == 1 else (predictions, truth)
        )
        ranked = map(Ranked, scores.T, is_true.T > 0)
        return np.asarray(np.mean([resamples.scores(each.roc_auc) for each in ranked], axis=0))


@part("average_precision", "pr_auc")
class AveragePrecision(ClassMetric):
    """sum (recall_k - recall_k-1) precision_k over thresholds: the area under precision and recall.

    Of two classes, of the second; of more, the mean over those that have rows, each against all
    others. NaN if all rows are of one class. Multilabel: the mean over labels; NaN if one has no
    rows.
    """

    takes_class_predictions = False

    def undefined(self, truth: Array) -> str:
        return _one_class(truth) if truth.ndim == 1 else labels.without_rows(truth)

    def of_labels(self, predictions: Array, truth: Array) -> float:
        return float(average_precision(predictions, truth > 0).mean())

    def of_classes(self, predictions: Array, truth: Array) -> float:
        present = np.unique(truth)
        if len(present) < 2:
            return float("nan")
        columns = np.array([1]) if predictions.shape[1] == 2 else present
        return float(average_precision(predictions[:, columns], truth[:, None] == columns).mean())

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        if truth.ndim == 2:
            each = map(Ranked, predictions.T, truth.T > 0)
            found = [resamples.scores(label.average_precision) for label in each]
            return np.asarray(np.mean(found, axis=0))
        present, total = np.zeros(resamples.count, int), np.zeros(resamples.count)
        classes = np.unique(truth)
        is_binary = predictions.shape[1] == 2
        for one in [1] if is_binary else classes:
            ranked = Ranked(predictions[:, one], truth == one)
            precision = resamples.scores(ranked.average_precision)
            present, total = present + np.isfinite(precision), total + np.nan_to_num(precision)
        has_several = resamples.scores(lambda drawn: np.ptp(truth[drawn], axis=1)) > 0
        return np.where(has_several, total / present, np.nan)


@part("mse")
class MeanSquaredError(Metric):
    """mean (prediction - truth)^2 over rows and targets."""

    tasks = NUMBERS
    is_score = False

    def __call__(self, predictions: Array, truth: Array) -> float:
        return float(np.square(predictions - truth).mean())

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        return resamples.scores(partial(row_means, np.square(predictions - truth)))


@part("rmse")
class RootMeanSquaredError(Metric):
    """sqrt(mean (prediction - truth)^2), a target at a time, then averaged."""

    tasks = NUMBERS
    is_score = False

    def __call__(self, predictions: Array, truth: Array) -> float:
        return float(np.sqrt(np.square(predictions - truth).mean(axis=0)).mean())

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        squares = partial(column_means, np.square(predictions - truth))
        return resamples.scores(lambda drawn: np.sqrt(squares(drawn)).mean(axis=1))


@part("mae")
class MeanAbsoluteError(Metric):
    """mean |prediction - truth| over rows and targets."""

    tasks = NUMBERS
    is_score = False

    def __call__(self, predictions: Array, truth: Array) -> float:
        return float(np.abs(predictions - truth).mean())

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        return resamples.scores(partial(row_means, np.abs(predictions - truth)))


@part("median_absolute_error")
class MedianAbsoluteError(Metric):
    """median |prediction - truth|, a target at a time, then averaged."""

    tasks = NUMBERS
    is_score = False

    def __call__(self, predictions: Array, truth: Array) -> float:
        return float(np.median(np.abs(predictions - truth), axis=0).mean())

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        off = np.abs(predictions - truth)
        return resamples.scores(lambda drawn: np.median(off[drawn], axis=1).mean(axis=1))


@part("max_error")
class MaxError(Metric):
    """max |prediction - truth| over rows and targets."""

    tasks = NUMBERS
    is_score = False

    def __call__(self, predictions: Array, truth: Array) -> float:
        return float(np.abs(predictions - truth).max())


@part("r2")
class R2(Metric):
    """1 - sum (prediction - truth)^2 / sum (truth - mean)^2, a target at a time, then averaged.

    A target without spread counts 1 if predicted exactly, else 0. NaN for fewer than 2 rows.
    """

    tasks = NUMBERS

    def undefined(self, truth: Array) -> str:
        return "fewer than 2" if len(truth) < 2 else ""

    def __call__(self, predictions: Array, truth: Array) -> float:
        if len(truth) < 2:
            return float("nan")
        return float(self._of(predictions[None], truth[None])[0])

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        return resamples.scores(lambda drawn: self._of(predictions[drawn], truth[drawn]))

    def _of(self, predictions: Array, truth: Array) -> Array:
        """(samples,) of predictions and truth (samples, rows, targets)."""
        residual = np.square(predictions - truth).sum(axis=1)
        spread = np.square(truth - truth.mean(axis=1, keepdims=True)).sum(axis=1)
        constant = (truth == truth[:, :1]).all(axis=1)  # spread may keep a rounding error
        scores = 1.0 - residual / np.where(constant, 1.0, spread)
        exact = np.where(residual == 0, 1.0, 0.0)
        return np.asarray(np.where(constant, exact, scores).mean(axis=1))


DEFAULTS: Mapping[Task, tuple[type[Metric], ...]] = {
    "binary": (Accuracy, F1Macro, LogLoss, RocAuc),
    "classification": (Accuracy, F1Macro, LogLoss),
    "multilabel": (Accuracy, F1Macro, F1Micro, HammingLoss, RocAuc),
    "regression": (RootMeanSquaredError, MeanAbsoluteError, R2),
}
