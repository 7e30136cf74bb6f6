"""Metric: what all metrics are asked, and those of classes."""

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


def deciding(metrics: Mapping[str, Metric], decision: Decision) -> dict[str, Metric]:
    """The same metrics where classes are decided so."""
    return {name: metric.deciding(decision) for name, metric in metrics.items()}


def one_class(truth: Array) -> str:
    return "they have one class only" if len(np.unique(truth)) < 2 else ""
