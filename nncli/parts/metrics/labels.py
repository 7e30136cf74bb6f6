"""Labels: counts and scores of multilabel predictions.

predictions: (rows, labels) probabilities.  truth: (rows, labels), 0 or 1.
"""

import numpy as np

from nncli.parts.arrays import Array
from nncli.parts.decision import has_label


def label_counts(predictions: Array, truth: Array) -> Array:
    """(3, labels) counts of rows: predicted and true; predicted; true."""
    predicted, true = has_label(predictions), truth > 0
    return np.array([(predicted & true).sum(axis=0), predicted.sum(axis=0), true.sum(axis=0)])


def exact_match(predictions: Array, truth: Array) -> float:
    """The share of rows with every label right (subset accuracy)."""
    return float((has_label(predictions) == (truth > 0)).all(axis=1).mean())


def mean_ratio(numerator: Array, denominator: Array) -> Array:
    """The mean ratio over the last axis, the labels; 0 for a label whose denominator is 0."""
    return np.asarray((numerator / np.maximum(denominator, 1)).mean(axis=-1))


def log_likelihoods(predictions: Array, truth: Array) -> Array:
    """(rows, labels) ln(probability predicted for the true value, at least eps)."""
    given = np.where(truth > 0, predictions, 1.0 - predictions)
    return np.asarray(np.log(np.maximum(given, np.finfo(given.dtype).eps)))


def one_valued(truth: Array) -> Array:
    """(labels,) bool: whether all rows have the label, or none has."""
    return np.asarray(truth.min(axis=0) == truth.max(axis=0))


def same_in_all(truth: Array) -> str:
    """A message if all rows, or none, have some label; else empty."""
    count = int(one_valued(truth).sum())
    which = "a label" if count == 1 else f"{count:,} labels"
    return f"all of them, or none, have {which}" if count else ""


def without_rows(truth: Array) -> str:
    """A message if no row has some label; else empty."""
    count = int((truth == 0).all(axis=0).sum())
    which = "one label" if count == 1 else f"{count:,} labels"
    return f"none has {which}" if count else ""
