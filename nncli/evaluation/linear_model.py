"""The linear model: a model without hidden layers, for comparison."""

import warnings
from typing import Any

import numpy as np

from nncli.engine.evaluator import EvaluationSet
from nncli.evaluation.linear_inputs import LinearInputs
from nncli.frozen import frozen
from nncli.parts.arrays import Array

MAX_ROWS = 100_000  # of a sample
MAX_INPUTS = 10_000_000  # rows x inputs of a sample
MAX_SCORES = 50_000_000  # rows x classes x (inputs + SOFTMAX): some seconds
SOFTMAX = 30  # inputs that take as long as one class's softmax
MIN_ROWS = 1_000  # of a sample, for any number of inputs and classes
STRENGTH = 10.0  # C of logistic regression; the default, 1, is too little to learn 4 rows of AND
STRENGTHS = (0.001, 0.01, 0.1, 1.0, STRENGTH)  # candidates, chosen by held-out rows
MIN_CHOSEN_ROWS = 200  # with fewer rows, chance would choose
MANY_ROWS = 1000  # from here on one held-out fold is enough
MAX_CHOSEN = 20_000_000  # rows x inputs x classes to choose by
FOLDS = 5
TINY = 1e-15  # the least probability in the log loss
PENALTIES = 10.0 ** np.arange(-6, 5)  # candidates of ridge regression, chosen by leave-one-out
STEPS = 1000


@frozen
class Ridge:
    """Ridge regression, its penalty chosen by leave-one-out. largest: |value| of each target."""

    model: Any
    largest: Array

    @classmethod
    def fit(cls, x: Array, y: Array, weights: Array) -> "Ridge":
        from sklearn import linear_model

        largest = np.abs(y).max(axis=0)
        largest[largest == 0] = 1.0
        model = linear_model.RidgeCV(alphas=PENALTIES)
        if len(x) < 3:  # too few to leave one out
            model = linear_model.Ridge(alpha=PENALTIES[-1])
        return cls(model.fit(x, y / largest, weights), largest)

    def predict(self, x: Array) -> Array:
        return np.asarray(self.model.predict(x).reshape(len(x), -1) * self.largest)


@frozen
class Logistic:
    """Logistic regression; classes without a training row have probability 0.

    model: None if the training rows are all of one class.
    """

    model: Any
    seen: Array
    classes: int

    @classmethod
    def fit(
        cls, x: Array, truth: Array, classes: int, weights: Array, strength: float | None = None
    ) -> "Logistic":
        """strength: C; None: chosen on held-out rows."""
        from sklearn.linear_model import LogisticRegression

        seen, model = np.unique(truth), None
        if len(seen) > 1:
            strength = strength or cls._strength(x, truth, classes, weights)
            model = LogisticRegression(C=strength, max_iter=STEPS)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it need not converge fully
                model.fit(x, truth, weights)
        return cls(model, seen, classes)

    @classmethod
    def _strength(cls, x: Array, truth: Array, classes: int, weights: Array) -> float:
        """C with the least log loss on held-out rows; the search ends at the first worse one."""
        if len(x) < MIN_CHOSEN_ROWS:
            return STRENGTH
        chosen = np.random.default_rng(0).permutation(len(x))
        chosen = chosen[: max(MAX_CHOSEN // (x.shape[1] * classes), MIN_ROWS)]
        folds = np.array_split(chosen, FOLDS)[: 1 if len(chosen) >= MANY_ROWS else FOLDS]
        pairs = [(np.setdiff1d(chosen, held), held) for held in folds]
        best, least = STRENGTHS[0], np.inf
        for strength in STRENGTHS:
            loss = 0.0
            for rest, held in pairs:
                model = cls.fit(x[rest], truth[rest], classes, weights[rest], strength)
                given = model.predict(x[held])[np.arange(len(held)), truth[held]]
                loss -= float(weights[held] @ np.log(np.maximum(given, TINY)))
            if loss > least:
                break
            best, least = strength, loss
        return best

    def predict(self, x: Array) -> Array:
        probabilities = np.zeros((len(x), self.classes))
        given = 1.0 if self.model is None else self.model.predict_proba(x)
        probabilities[:, self.seen] = given
        return probabilities


@frozen
class LogisticEach:
    """A logistic regression for each label."""

    models: list[Logistic]

    @classmethod
    def fit(cls, x: Array, truth: Array, weights: Array) -> "LogisticEach":
        return cls([Logistic.fit(x, label.astype(int), 2, weights) for label in truth.T])

    def predict(self, x: Array) -> Array:
        return np.column_stack([model.predict(x)[:, 1] for model in self.models])


@frozen
class Linear:
    """Predictions of a linear model.

    predictions: (rows, classes) or (rows, labels) probabilities, or (rows, targets) in original
    units.
    fitted_rows: the number of training rows it was fitted to.
    """

    predictions: Array
    fitted_rows: int


def linear_model(
    train: EvaluationSet,
    rows: EvaluationSet,
    classes: int,
    *,
    has_labels: bool = False,
    seed: int,
) -> Linear:
    """Fit a linear model to training rows, and predict other rows.

    classes: their number; 0 for numbers and labels. It gets the network's inputs, standardized,
    with one-hot inputs instead of embeddings, and the row weights. Beyond 100,000 rows, and earlier
    with many inputs or classes, it is fitted to a random sample of the training rows. For rows with
    inputs that aren't finite, predictions are NaN.
    """
    scores = 2 * train.truth.shape[1] if has_labels else classes
    inputs = LinearInputs.of(train)
    x, truth, weights = _sample(train, inputs, scores, seed)
    with np.errstate(all="ignore"):
        scaling = _Scaling.fit(x)
        x = scaling.apply(x)
        model: Logistic | LogisticEach | Ridge
        if has_labels:
            model = LogisticEach.fit(x, truth, weights)
        elif classes:
            model = Logistic.fit(x, truth, classes, weights)
        else:
            model = Ridge.fit(x, truth, weights)
        pieces = [_predict(model, scaling.apply(block)) for _, block in inputs.like(rows).blocks()]
    return Linear(np.concatenate(pieces), len(x))


def _predict(model: Logistic | LogisticEach | Ridge, x: Array) -> Array:
    """Predictions; NaN for rows with an input that isn't finite."""
    is_finite: Array = np.asarray(np.isfinite(x).all(axis=1))
    predictions = model.predict(np.where(is_finite[:, None], x, 0.0))
    predictions[~is_finite] = np.nan
    return predictions


def _sample(
    train: EvaluationSet, given: LinearInputs, classes: int, seed: int
) -> tuple[Array, Array, Array]:
    """(inputs, truth, weights of mean 1) of as many training rows as can be fitted in seconds."""
    inputs = given.width
    affordable = min(MAX_INPUTS // inputs, MAX_SCORES // ((inputs + SOFTMAX) * max(classes, 1)))
    count = min(len(train), MAX_ROWS, max(affordable, MIN_ROWS))
    chosen = np.arange(len(train))
    if count < len(train):
        chosen = np.sort(np.random.default_rng(seed).choice(len(train), count, replace=False))
    x = np.empty((count, inputs))
    for start, block in given.blocks():
        first, last = np.searchsorted(chosen, (start, start + len(block)))
        x[first:last] = block[chosen[first:last] - start]
    weights = np.ones(count) if train.weights is None else train.weights[chosen].astype(float)
    return x, train.truth[chosen], weights / weights.mean()


@frozen
class _Scaling:
    """Standardizes inputs, after dividing by the largest value so that no square overflows."""

    largest: Array
    mean: Array
    deviation: Array

    @classmethod
    def fit(cls, x: Array) -> "_Scaling":
        largest = np.abs(x).max(axis=0)
        largest[largest == 0] = 1.0
        x = x / largest
        deviation = x.std(axis=0)
        deviation[deviation <= 10 * np.finfo(float).eps] = 1.0  # constant, up to rounding
        return cls(largest, x.mean(axis=0), deviation)

    def apply(self, x: Array) -> Array:
        scaled = x / self.largest
        scaled -= self.mean
        scaled /= self.deviation
        return scaled
