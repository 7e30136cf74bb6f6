"""Linear fits: ridge and logistic regression, by scikit-learn."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from nncli.parts.arrays import Array

STRENGTH = 10.0  # C of logistic regression: 1, the default, is too little to learn 4 rows of AND
PENALTIES = 10.0 ** np.arange(-6, 5)  # of ridge slopes, to choose from by leave-one-out
STEPS = 1000


@dataclass(frozen=True)
class Ridge:
    """Ridge regression, whose penalty is chosen by leave-one-out; largest: of each target."""

    model: Any
    largest: Array

    @classmethod
    def fit(cls, x: Array, y: Array, weights: Array) -> "Ridge":
        from sklearn import linear_model

        largest = np.abs(y).max(axis=0)
        largest[largest == 0] = 1.0
        model = linear_model.RidgeCV(alphas=PENALTIES)
        if len(x) < 3:  # none is left to choose by
            model = linear_model.Ridge(alpha=PENALTIES[-1])
        return cls(model.fit(x, y / largest, weights), largest)

    def predict(self, x: Array) -> Array:
        return np.asarray(self.model.predict(x).reshape(len(x), -1) * self.largest)


@dataclass(frozen=True)
class Logistic:
    """Logistic regression; classes without a training row get the probability 0.

    model: None where the training rows are all of one class.
    """

    model: Any
    seen: Array
    classes: int

    @classmethod
    def fit(cls, x: Array, truth: Array, classes: int, weights: Array) -> "Logistic":
        from sklearn.linear_model import LogisticRegression

        seen, model = np.unique(truth), None
        if len(seen) > 1:
            model = LogisticRegression(C=STRENGTH, max_iter=STEPS)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a yardstick may stop a little short of the end
                model.fit(x, truth, weights)
        return cls(model, seen, classes)

    def predict(self, x: Array) -> Array:
        probabilities = np.zeros((len(x), self.classes))
        given = 1.0 if self.model is None else self.model.predict_proba(x)
        probabilities[:, self.seen] = given
        return probabilities
