"""Losses: how far outputs a are from targets t. Simple -> complex.

Each loss is a sum over rows and outputs times a reduction factor; its docstring begins with the
formula. `total` is the sum, `terms` its addends, needed if rows have weights; `factor` is the
reduction factor; `gradient` writes factor * d(total)/d(a). A matched pair (softmax with
cross_entropy or focal, sigmoid with binary_cross_entropy or binary_focal) is computed from the
scores z instead: value and gradient (a - t for cross-entropies) are then exact and can't overflow.
"""

from nncli.parts.losses.focal import BinaryFocal, Focal
from nncli.parts.losses.loss import Loss
from nncli.parts.losses.margins import (
    Hinge,
    MarginLoss,
    MulticlassHinge,
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
    "MarginLoss",
    "Mse",
    "MulticlassHinge",
    "Perceptron",
    "Poisson",
    "Rss",
    "SquaredHinge",
    "SquaredMulticlassHinge",
]
