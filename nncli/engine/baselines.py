"""Baselines: predictions that ignore the features."""

import numpy as np

from nncli.parts.arrays import Array


def prior(train_truth: Array, classes: int, rows: int) -> Array:
    """Predict for every row the class shares of the training rows: (rows, classes).

    Its accuracy is the majority class's, its log_loss the entropy of the classes.
    """
    shares = np.bincount(train_truth, minlength=classes) / len(train_truth)
    return np.tile(shares, (rows, 1))


def mean(train_truth: Array, rows: int) -> Array:
    """Predict for every row the mean target of the training rows: (rows, targets)."""
    return np.tile(train_truth.mean(axis=0), (rows, 1))
