"""Decision: which class, or which labels, a row is given by probabilities. Nothing else decides."""

import numpy as np

from nncli.frozen import frozen
from nncli.parts.arrays import Array


@frozen
class Decision:
    """argmax of the probabilities; with a threshold, the second of two classes where p > threshold.

    Of equally likely classes the first, and so where p equals the threshold: 0.5 decides as no
    threshold does.

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
        # as float64, lest float32 probabilities round the threshold to one of their own
        return (predictions[..., 1] > np.float64(self.threshold)).astype(np.intp)


LIKELIEST = Decision()


def has_label(probabilities: Array) -> Array:
    """(...) whether a row has a label of such a probability: of several labels each that is more
    likely than not, p > 1/2."""
    return np.asarray(probabilities > 0.5)
