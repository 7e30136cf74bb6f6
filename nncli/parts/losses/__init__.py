"""Losses: how far outputs a are from targets t. Simple -> complex.

Each loss is a sum over rows and outputs times a reduction factor, stated first. `total` is that
sum, `terms` its addends, for rows that don't count alike; `factor` the reduction; `gradient` writes
factor * d(total)/d(a). A matched pair (softmax with cross_entropy, sigmoid with
binary_cross_entropy, and the focal losses alike) is computed from the scores z instead, where both
the value and the gradient, a - t of cross-entropies, are exact and can't overflow.
"""

from nncli.parts.losses.focal import BinaryFocal, Focal
from nncli.parts.losses.loss import Loss
from nncli.parts.losses.margins import (
    Hinge,
    MulticlassHinge,
    OfMargins,
    Perceptron,
    SquaredHinge,
    SquaredMulticlassHinge,
)
from nncli.parts.losses.numbers import HalfMse, HalfSse, Huber, Mae, Mse, Poisson, Rss
from nncli.parts.losses.probabilities import BinaryCrossEntropy, CrossEntropy

__all__ = [
    "BinaryCrossEntropy",
    "BinaryFocal",
    "CrossEntropy",
    "Focal",
    "HalfMse",
    "HalfSse",
    "Hinge",
    "Huber",
    "Loss",
    "Mae",
    "Mse",
    "MulticlassHinge",
    "OfMargins",
    "Perceptron",
    "Poisson",
    "Rss",
    "SquaredHinge",
    "SquaredMulticlassHinge",
]
