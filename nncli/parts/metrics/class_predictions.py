"""Class predictions: what is kept of probabilities that are too many; for most metrics enough."""

from typing import Any

import numpy as np

from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.decision import LIKELIEST, Decision


@frozen
class ClassPredictions:
    """Of each row the most probable class and the probability of the true one, (rows,) each.

    classes: how many there are to choose from: too many for a threshold to part them.
    """

    predicted: Array
    true_probability: Array
    classes: int

    @classmethod
    def empty(cls, rows: int, classes: int, dtype: np.dtype[Any]) -> "ClassPredictions":
        """With room for so many rows."""
        return cls(np.zeros(rows, np.intp), np.zeros(rows, dtype), classes)

    def note(self, rows: slice, probabilities: Array, truth: Array) -> None:
        """Keep of the probabilities of some rows, (rows, classes), what is kept."""
        self.predicted[rows] = LIKELIEST(probabilities)
        self.true_probability[rows] = probabilities[np.arange(len(truth)), truth]


Predictions = Array | ClassPredictions


def predicted_classes(predictions: Predictions, decision: Decision) -> Array:
    """(rows,) the class that each row is given; that of class predictions is decided already."""
    if isinstance(predictions, ClassPredictions):
        return predictions.predicted
    return decision(predictions)


def true_probabilities(predictions: Predictions, truth: Array) -> Array:
    """(rows,) the probability given to the true class."""
    if isinstance(predictions, ClassPredictions):
        return predictions.true_probability
    return np.asarray(predictions[np.arange(len(truth)), truth])


@frozen
class Counts:
    """By class, how many rows are of it, are taken for it, and are both: (classes,) each."""

    true: Array
    predicted: Array
    hits: Array

    @classmethod
    def of(cls, predictions: Predictions, truth: Array, decision: Decision) -> "Counts":
        chosen = predicted_classes(predictions, decision)
        classes = (
            predictions.classes
            if isinstance(predictions, ClassPredictions)
            else predictions.shape[1]
        )
        of_rows = (truth, chosen, truth[chosen == truth])
        return cls(*(np.bincount(each, minlength=classes) for each in of_rows))

    @property
    def both(self) -> Array:
        """True or predicted, twice where a row is both."""
        return np.asarray(self.true + self.predicted)
