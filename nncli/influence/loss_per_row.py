"""Loss per row: the loss of predictions, by task."""

from collections.abc import Callable

import numpy as np

from nncli.parts.arrays import Array
from nncli.parts.metrics import labels
from nncli.parts.metrics.probabilities import log_likelihoods
from nncli.parts.table import Task


def log_losses(predictions: Array, truth: Array) -> Array:
    """(rows,) -ln of the probability of the truth; of several labels, the mean over labels."""
    if truth.ndim == 1:
        return -log_likelihoods(predictions, truth)
    return np.asarray(-labels.log_likelihoods(predictions, truth).mean(axis=1))


def rmse(predictions: Array, truth: Array) -> float:
    """sqrt(mean (prediction - truth)^2); of several targets, the mean of RMSE / standard deviation.

    Several targets may have different units.
    """
    each = np.sqrt(((predictions - truth) ** 2).mean(axis=0))
    return float((each / spreads(truth)).mean()) if truth.shape[1] > 1 else float(each[0])


def spreads(truth: Array) -> Array:
    """(targets,) standard deviations; 1 for a constant target."""
    found = truth.std(axis=0)
    return np.asarray(np.where(found > 0, found, 1.0))


def loss_of(task: Task, targets: int = 1) -> tuple[str, Callable[[Array, Array], float]]:
    """(the loss in words, its function): log loss for classes and labels, RMSE for numbers.

    RMSE, unlike its square, has the target's unit.
    """
    if task != "regression":
        return "log loss", lambda predictions, truth: float(log_losses(predictions, truth).mean())
    return ("RMSE in standard deviations, mean of the targets" if targets > 1 else "RMSE"), rmse
