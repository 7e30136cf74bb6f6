"""Decision: the class, or the labels, predicted for a row by its probabilities; made only here."""

import numpy as np

from nncli.frozen import frozen
from nncli.parts.arrays import Array


@frozen
class Decision:
    """argmax of the probabilities; with a threshold, the second of two classes where p > threshold.

    On a tie the first class is chosen, also where p equals the threshold: so a threshold of 0.5
    decides as none does.

    >>> Decision()(np.array([[0.7, 0.3], [0.5, 0.5]])).tolist()
    [0, 0]
    >>> Decision(0.3)(np.array([[0.6, 0.4], [0.7, 0.3]])).tolist()
    [1, 0]
    """

    threshold: float | None = None

    def __call__(self, predictions: Array) -> Array:
        """(..., classes) probabilities -> (...) class indices."""
        if self.threshold is None:
            return np.asarray(predictions.argmax(axis=-1))
        # as float64: compared with float32 probabilities, a Python float is rounded to float32
        return (predictions[..., 1] > np.float64(self.threshold)).astype(np.intp)


LIKELIEST = Decision()


def has_label(probabilities: Array) -> Array:
    """(...) bool: whether a label of this probability is predicted, which it is if p > 1/2."""
    return np.asarray(probabilities > 0.5)
