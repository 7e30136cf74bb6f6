"""Class predictions: what most metrics need, kept where all probabilities take too much memory."""

from typing import Any

import numpy as np

from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.decision import LIKELIEST, Decision


@frozen
class ClassPredictions:
    """The most probable class of each row and the probability of its true class, (rows,) each.

    classes: their number; more than 2, so that no threshold applies.
    """

    predicted: Array
    true_probability: Array
    classes: int

    @classmethod
    def empty(cls, rows: int, classes: int, dtype: np.dtype[Any]) -> "ClassPredictions":
        """Zeros for so many rows, to be filled by `note`."""
        return cls(np.zeros(rows, np.intp), np.zeros(rows, dtype), classes)

    def note(self, rows: slice, probabilities: Array, truth: Array) -> None:
        """Fill in some rows. probabilities: (rows, classes).  truth: (rows,) class indices."""
        self.predicted[rows] = LIKELIEST(probabilities)
        self.true_probability[rows] = probabilities[np.arange(len(truth)), truth]


Predictions = Array | ClassPredictions


def predicted_classes(predictions: Predictions, decision: Decision) -> Array:
    """(rows,) the predicted class; `decision` isn't needed for `ClassPredictions`."""
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
    """Counts of rows by true class, by predicted class, and by both if equal: (classes,) each."""

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
        """true + predicted; 0 for a class that is neither."""
        return np.asarray(self.true + self.predicted)
