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
    """(rows, 2) probabilities, of one output, that of the second class."""
    outputs = np.clip(outputs, 0.0, 1.0)
    return np.hstack([1.0 - outputs, outputs])


def two_sides(outputs: Any) -> Any:
    """(rows, 2) how far one output is towards each of two classes, from -1 to 1."""
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
    """(rows, labels) how far each output is towards its label, from -1 to 1."""
    return np.clip((outputs + 1.0) / 2.0, 0.0, 1.0)


def numbers_in_units(outputs: Any) -> Any:
    """(rows, targets) numbers in the targets' units."""
    return in_original_units(outputs * np.array(SCALE) + np.array(SHIFT))


def unchanged(values: Any) -> Any:
    """What was predicted is the target."""
    return values


def exponential(values: Any) -> Any:
    """What was predicted is ln(target)."""
    return np.exp(values)


def exponential_less_one(values: Any) -> Any:
    """What was predicted is ln(1 + target)."""
    return np.expm1(values)


def squared(values: Any) -> Any:
    """What was predicted is sqrt(target)."""
    return np.square(np.maximum(values, 0.0))


in_original_units: Any = unchanged


def likeliest(answers: Any) -> Any:
    """(rows,) the class of each row."""
    return np.array(CLASSES)[answers.argmax(axis=1)]


def above_threshold(answers: Any) -> Any:
    """(rows,) the class of each row: the second where its probability is above the threshold."""
    return np.array(CLASSES)[(answers[:, 1] > np.float64(THRESHOLD)).astype(int)]


def has_labels(answers: Any) -> Any:
    """(rows, labels) what each label is, in the words of its target."""
    return np.column_stack(
        [np.array(pair)[(p > 0.5).astype(int)] for pair, p in zip(LABELS, answers.T, strict=True)]
    )
