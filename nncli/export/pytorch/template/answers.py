"""Answers: outputs of the network -> probabilities, or numbers in the target's units."""

from typing import Any

import numpy as np

CLASSES: Any = []
THRESHOLD: Any = None
SHIFT: Any = []
SCALE: Any = []
TARGETS: Any = []
LABELS: Any = []


def two_classes(outputs: Any) -> Any:
    """(rows, 2) probabilities, from one output: the probability of the second class."""
    outputs = np.clip(outputs, 0.0, 1.0)
    return np.hstack([1.0 - outputs, outputs])


def two_sides(outputs: Any) -> Any:
    """(rows, 2) shares of two classes, from one output between -1 and 1."""
    outputs = np.clip((outputs + 1.0) / 2.0, 0.0, 1.0)
    return np.hstack([1.0 - outputs, outputs])


def many_classes(outputs: Any) -> Any:
    """(rows, classes) probabilities."""
    outputs = outputs - np.minimum(outputs.min(axis=1, keepdims=True), 0.0)
    sums = outputs.sum(axis=1, keepdims=True)
    even = np.full_like(outputs, 1.0 / len(CLASSES))
    return np.divide(outputs, sums, out=even, where=sums > 0)


def labels(outputs: Any) -> Any:
    """(rows, labels) the probability that a row has each label."""
    return np.clip(outputs, 0.0, 1.0)


def label_sides(outputs: Any) -> Any:
    """(rows, labels) the share of each label, from outputs between -1 and 1."""
    return np.clip((outputs + 1.0) / 2.0, 0.0, 1.0)


def numbers_in_units(outputs: Any) -> Any:
    """(rows, targets) numbers in the targets' units."""
    return in_original_units(outputs * np.array(SCALE) + np.array(SHIFT))


def unchanged(values: Any) -> Any:
    """The targets, if they were predicted as they are."""
    return values


def exponential(values: Any) -> Any:
    """The targets, if ln(target) was predicted."""
    return np.exp(values)


def exponential_less_one(values: Any) -> Any:
    """The targets, if ln(1 + target) was predicted."""
    return np.expm1(values)


def squared(values: Any) -> Any:
    """The targets, if sqrt(target) was predicted."""
    return np.square(np.maximum(values, 0.0))


in_original_units: Any = unchanged


def likeliest(answers: Any) -> Any:
    """(rows,) the likeliest class of each row."""
    return np.array(CLASSES)[answers.argmax(axis=1)]


def above_threshold(answers: Any) -> Any:
    """(rows,) the class of each row: the second where its probability is above the threshold."""
    return np.array(CLASSES)[(answers[:, 1] > np.float64(THRESHOLD)).astype(int)]


def has_labels(answers: Any) -> Any:
    """(rows, labels) the predicted value of each target."""
    return np.column_stack(
        [np.array(pair)[(p > 0.5).astype(int)] for pair, p in zip(LABELS, answers.T, strict=True)]
    )
