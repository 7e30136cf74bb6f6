"""Metrics of probabilities: log loss, Brier score, areas under curves. Simple -> complex."""

from functools import partial

import numpy as np

from nncli.parts.arrays import Array
from nncli.parts.metrics import labels
from nncli.parts.metrics.class_predictions import Predictions, true_probabilities
from nncli.parts.metrics.metric import NOT_NEGATIVE, SHARE, ClassMetric, Metric, one_class
from nncli.parts.metrics.resamples import Ranked, Resamples, row_means
from nncli.registry import part


@part("log_loss")
class LogLoss(ClassMetric):
    """-mean ln(probability given to the true class), in nats; probabilities are kept from 0.

    Multilabel: the mean over rows and labels, each of which is a task of two classes.
    """

    bounds = NOT_NEGATIVE
    is_score = False

    def of_labels(self, predictions: Array, truth: Array) -> float:
        return 0.0 - float(labels.log_likelihoods(predictions, truth).mean())

    def of_classes(self, predictions: Predictions, truth: Array) -> float:
        return 0.0 - float(log_likelihoods(predictions, truth).mean())

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        each = (log_likelihoods if truth.ndim == 1 else labels.log_likelihoods)(predictions, truth)
        return 0.0 - resamples.scores(partial(row_means, each))


def log_likelihoods(predictions: Predictions, truth: Array) -> Array:
    """(rows,) ln(probability predicted for the true class, at least eps)."""
    given = true_probabilities(predictions, truth)
    return np.asarray(np.log(np.maximum(given, np.finfo(given.dtype).eps)))


@part("brier")
class Brier(Metric):
    """mean (probability of the second class - truth)^2: the Brier score of a binary task."""

    bounds = SHARE
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

    bounds = SHARE
    tasks = frozenset({"binary", "multilabel"})

    def undefined(self, truth: Array) -> str:
        return one_class(truth) if truth.ndim == 1 else labels.same_in_all(truth)

    def __call__(self, predictions: Array, truth: Array) -> float:
        if truth.ndim == 1:
            return self.of_score(predictions[:, 1], truth)
        pairs = zip(predictions.T, truth.T, strict=True)
        return float(np.mean([self.of_score(score, true) for score, true in pairs]))

    def of_score(self, score: Array, truth: Array) -> float:
        """The AUC of scores (rows,), higher where 1 is more likely.  truth: (rows,) 0 or 1."""
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

    bounds = SHARE
    takes_class_predictions = False

    def undefined(self, truth: Array) -> str:
        return one_class(truth) if truth.ndim == 1 else labels.without_rows(truth)

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


def average_precision(scores: Array, is_true: Array) -> Array:
    """(columns,) sum_k (recall_k - recall_k-1) precision_k over decreasing thresholds k.

    scores, is_true: (rows, columns). Step-wise, without interpolation, as scikit-learn defines it.
    Rows of equal score share a threshold. NaN for a column without true rows.

    >>> average_precision(np.array([[0.9], [0.8], [0.4]]), np.array([[True], [False], [True]]))
    array([0.83333333])
    """
    order = np.argsort(-scores, axis=0, kind="stable")
    ranked, hits = (np.take_along_axis(each, order, axis=0) for each in (scores, is_true))
    found = np.cumsum(hits, axis=0)
    precision = found / np.arange(1, len(scores) + 1)[:, None]
    at_threshold = np.take_along_axis(precision, _last_of_equals(ranked), axis=0)
    with np.errstate(invalid="ignore"):
        return np.asarray((at_threshold * hits).sum(axis=0) / found[-1])


def _last_of_equals(ranked: Array) -> Array:
    """For each element of each sorted column, the row of the last element equal to it."""
    rows = np.arange(len(ranked))[:, None]
    is_last = np.vstack([ranked[1:] != ranked[:-1], np.full((1, ranked.shape[1]), True)])
    ends = np.where(is_last, rows, len(ranked))
    return np.asarray(np.minimum.accumulate(ends[::-1], axis=0)[::-1])
