"""Baseline losses: what a perfect answer and guesses would cost, over the same rows."""

from dataclasses import dataclass

import numpy as np

from nncli.engine.evaluator import EvaluationSet
from nncli.parts.arrays import Array
from nncli.parts.losses import BinaryCrossEntropy, CrossEntropy, Loss


@dataclass(frozen=True)
class BaselineLosses:
    """Data losses over the same rows: what to compare a loss with.

    perfect: the targets themselves as outputs (0, but for poisson).  even: the guess of one who
    knows nothing.  mean: the best constant answer.
    """

    perfect: float
    even: float
    mean: float

    @classmethod
    def of(cls, loss: Loss, rows: EvaluationSet) -> "BaselineLosses":
        targets, weights = rows.targets, rows.weights
        return cls(
            loss_of(loss, targets, rows),
            loss_of(loss, even_guess(loss, targets, weights), rows),
            loss_of(loss, mean_guess(targets, weights), rows),
        )

    def share(self, loss: float) -> float:
        """How much of the best constant's loss is left: 1 has learned nothing, 0 everything."""
        span = self.mean - self.perfect
        return (loss - self.perfect) / span if span > 0 else 0.0


def even_guess(loss: Loss, targets: Array, weights: Array | None) -> Array:
    """(1, outputs): what to say before anything is learned.

    1 / classes for cross-entropies, so that the loss is ln(classes); else the mean target.
    """
    if isinstance(loss, CrossEntropy):
        return np.full((1, targets.shape[1]), 1.0 / targets.shape[1])
    if isinstance(loss, BinaryCrossEntropy):
        return np.full((1, targets.shape[1]), 0.5)
    return mean_guess(targets, weights)


def mean_guess(targets: Array, weights: Array | None) -> Array:
    """(1, outputs): the best constant answer, the mean target (of classes, their shares)."""
    return np.atleast_2d(np.average(targets.astype(float), axis=0, weights=weights))


def loss_of(loss: Loss, outputs: Array, rows: EvaluationSet) -> float:
    """The loss of given outputs, (rows or 1, outputs)."""
    targets = rows.targets.astype(float)
    outputs = np.broadcast_to(outputs, targets.shape)
    with np.errstate(all="ignore"):
        if rows.weights is None:
            total = loss.total(outputs, targets)
        else:
            total = float(np.sum(rows.weights @ loss.terms(outputs, targets)))
    return total * loss.factor(*targets.shape)
