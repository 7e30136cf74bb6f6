"""Metrics of predicted numbers, in a regression. Simple -> complex."""

from functools import partial

import numpy as np

from nncli.parts.arrays import Array
from nncli.parts.metrics.metric import NOT_NEGATIVE, NUMBERS, Metric
from nncli.parts.metrics.resamples import Resamples, column_means, row_means
from nncli.registry import part


@part("mse")
class MeanSquaredError(Metric):
    """mean (prediction - truth)^2 over rows and targets."""

    bounds = NOT_NEGATIVE
    tasks = NUMBERS
    is_score = False

    def __call__(self, predictions: Array, truth: Array) -> float:
        return float(np.square(predictions - truth).mean())

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        return resamples.scores(partial(row_means, np.square(predictions - truth)))


@part("rmse")
class RootMeanSquaredError(Metric):
    """sqrt(mean (prediction - truth)^2), a target at a time, then averaged."""

    bounds = NOT_NEGATIVE
    tasks = NUMBERS
    is_score = False

    def __call__(self, predictions: Array, truth: Array) -> float:
        return float(np.sqrt(np.square(predictions - truth).mean(axis=0)).mean())

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        squares = partial(column_means, np.square(predictions - truth))
        return resamples.scores(lambda drawn: np.sqrt(squares(drawn)).mean(axis=1))


@part("mae")
class MeanAbsoluteError(Metric):
    """mean |prediction - truth| over rows and targets."""

    bounds = NOT_NEGATIVE
    tasks = NUMBERS
    is_score = False

    def __call__(self, predictions: Array, truth: Array) -> float:
        return float(np.abs(predictions - truth).mean())

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        return resamples.scores(partial(row_means, np.abs(predictions - truth)))


@part("median_absolute_error")
class MedianAbsoluteError(Metric):
    """median |prediction - truth|, a target at a time, then averaged."""

    bounds = NOT_NEGATIVE
    tasks = NUMBERS
    is_score = False

    def __call__(self, predictions: Array, truth: Array) -> float:
        return float(np.median(np.abs(predictions - truth), axis=0).mean())

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        off = np.abs(predictions - truth)
        return resamples.scores(lambda drawn: np.median(off[drawn], axis=1).mean(axis=1))


@part("max_error")
class MaxError(Metric):
    """max |prediction - truth| over rows and targets."""

    bounds = NOT_NEGATIVE
    tasks = NUMBERS
    is_score = False

    def __call__(self, predictions: Array, truth: Array) -> float:
        return float(np.abs(predictions - truth).max())


@part("r2")
class R2(Metric):
    """1 - sum (prediction - truth)^2 / sum (truth - mean)^2, a target at a time, then averaged.

    A target without spread counts 1 if predicted exactly, else 0. NaN for fewer than 2 rows.
    """

    bounds = (-np.inf, 1.0)
    tasks = NUMBERS

    def undefined(self, truth: Array) -> str:
        return "fewer than 2" if len(truth) < 2 else ""

    def __call__(self, predictions: Array, truth: Array) -> float:
        if len(truth) < 2:
            return float("nan")
        return float(self._scores(predictions[None], truth[None])[0])

    def of_resamples(self, predictions: Array, truth: Array, resamples: Resamples) -> Array:
        return resamples.scores(lambda drawn: self._scores(predictions[drawn], truth[drawn]))

    def _scores(self, predictions: Array, truth: Array) -> Array:
        """(samples,) R^2 for predictions and truth (samples, rows, targets)."""
        residual = np.square(predictions - truth).sum(axis=1)
        spread = np.square(truth - truth.mean(axis=1, keepdims=True)).sum(axis=1)
        constant = (truth == truth[:, :1]).all(axis=1)  # spread == 0, but for rounding errors
        scores = 1.0 - residual / np.where(constant, 1.0, spread)
        exact = np.where(residual == 0, 1.0, 0.0)
        return np.asarray(np.where(constant, exact, scores).mean(axis=1))
