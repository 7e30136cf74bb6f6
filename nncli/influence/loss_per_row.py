"""Loss per row: how far predictions are from the truth, in terms that every task has."""

from collections.abc import Callable

import numpy as np

from nncli.parts.arrays import Array
from nncli.parts.table import Task

MIN_PROBABILITY = float(
    np.finfo(float).eps
)  # of a probability: the loss of being wrong stays finite


def log_losses(predictions: Array, truth: Array) -> Array:
    """(rows,) -ln of the probability of what is true; of several labels their mean."""
    if truth.ndim == 1:
        of_truth = predictions[np.arange(len(truth)), truth]
        return np.asarray(-np.log(np.clip(of_truth, MIN_PROBABILITY, 1.0)))
    of_truth = np.where(truth > 0, predictions, 1.0 - predictions)
    return np.asarray(-np.log(np.clip(of_truth, MIN_PROBABILITY, 1.0)).mean(axis=1))


def rmse(predictions: Array, truth: Array) -> float:
    """sqrt(mean (prediction - truth)^2); of several targets the mean of each one's, in its spread
    over these rows, as they need not have one unit."""
    each = np.sqrt(((predictions - truth) ** 2).mean(axis=0))
    return float((each / spreads(truth)).mean()) if truth.shape[1] > 1 else float(each[0])


def spreads(truth: Array) -> Array:
    """(targets,) standard deviations, 1 for a target that doesn't vary."""
    found = truth.std(axis=0)
    return np.asarray(np.where(found > 0, found, 1.0))


def loss_of(task: Task, targets: int = 1) -> tuple[str, Callable[[Array, Array], float]]:
    """What is measured, in words, and the measure: log loss of classes and labels, RMSE of numbers.

    RMSE has the target's own unit, as its square hasn't.
    """
    if task != "regression":
        return "log loss", lambda predictions, truth: float(log_losses(predictions, truth).mean())
    return ("RMSE in standard deviations, mean of the targets" if targets > 1 else "RMSE"), rmse
