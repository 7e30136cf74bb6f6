"""Metric: the base classes of metrics."""

import copy
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from nncli.parts.arrays import Array
from nncli.parts.decision import LIKELIEST, Decision
from nncli.parts.metrics.resamples import Resamples
from nncli.registry import Part

CLASSES = frozenset({"binary", "classification"})
LABELS = frozenset({"multilabel"})
NUMBERS = frozenset({"regression"})

Bounds = tuple[float, float]
UNBOUNDED, NOT_NEGATIVE, SHARE = (-np.inf, np.inf), (0.0, np.inf), (0.0, 1.0)


class Metric(Part):
    """(predictions, truth) -> number.

    tasks: the tasks that it applies to. For classes, predictions are probabilities (rows, classes)
    whose rows sum to 1, and truth is class indices (rows,); for labels, predictions are
    probabilities (rows, labels), and truth is 0 or 1 (rows, labels); for numbers both are (rows,
    targets).
    is_score: whether higher is better.
    bounds: the lowest and the highest possible value.
    decision: from probabilities to classes, for metrics of predicted classes.
    takes_class_predictions: whether it takes `ClassPredictions` in place of probabilities, as it is
    given if these take too much memory.
    """

    kind = "metric"
    tasks: ClassVar[frozenset[str]] = CLASSES
    is_score: ClassVar[bool] = True
    bounds: ClassVar[Bounds] = UNBOUNDED
    takes_class_predictions: ClassVar[bool] = False
    decision: ClassVar[Decision] = LIKELIEST

    def deciding(self, decision: Decision) -> Self:
        """A copy of the metric with this decision."""
        metric = copy.copy(self)
        object.__setattr__(metric, "decision", decision)
        return metric

    def undefined(self, truth: Array) -> str:
        """Why the metric is NaN for this truth with any predictions; empty if it isn't."""
        return ""

    def __call__(self, predictions: Any, truth: Array) -> float:
        raise NotImplementedError

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        """(resamples.count,) the metric for each resample of the rows."""
        return resamples.scores(
            lambda drawn: np.array([self(predictions[rows], truth[rows]) for rows in drawn])
        )


class ClassPredictionMetric(Metric):
    """A metric of each row's most probable class, or of the probability of its true class."""

    takes_class_predictions = True


class ClassMetric(ClassPredictionMetric):
    """A metric of classes, by `of_classes`, and of labels, by `of_labels`."""

    tasks = CLASSES | LABELS

    def __call__(self, predictions: Any, truth: Array) -> float:
        return (self.of_classes if truth.ndim == 1 else self.of_labels)(predictions, truth)

    def of_classes(self, predictions: Any, truth: Array) -> float:
        raise NotImplementedError

    def of_labels(self, predictions: Array, truth: Array) -> float:
        raise NotImplementedError


def deciding(metrics: Mapping[str, Metric], decision: Decision) -> dict[str, Metric]:
    """Copies of the metrics with this decision."""
    return {name: metric.deciding(decision) for name, metric in metrics.items()}


def one_class(truth: Array) -> str:
    """A message if all rows have the same class; else empty."""
    return "they have one class only" if len(np.unique(truth)) < 2 else ""
