"""Resamples: bootstrap samples of rows, and statistics of many samples at once, for metrics.

A thousand calls of a metric for a hundred rows each would take their time for the calls alone.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np

from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.decision import Decision, has_label
from nncli.parts.metrics.class_predictions import Counts

AT_ONCE = 200_000  # values of the resamples that are in memory at the same time


@frozen
class Resamples:
    """Samples of rows, drawn with replacement; each iteration gives the same samples.

    rows: to draw from.  size: of a resample, in rows.  count: of resamples.  columns: values per
    row.
    """

    rows: int
    size: int
    count: int
    columns: int
    seed: int

    def __iter__(self) -> Iterator[Array]:
        """(some resamples, size) row indices, until there are `count` resamples."""
        random, step = np.random.default_rng(self.seed), AT_ONCE // (self.size * self.columns)
        for start in range(0, self.count, max(step, 1)):
            some = min(max(step, 1), self.count - start)
            yield random.integers(self.rows, size=(some, self.size))

    def scores(self, score: Callable[[Array], Array]) -> Array:
        """(count,) values of `score`, a function of (some resamples, size) row indices."""
        return np.concatenate([np.empty(0), *map(score, self)])


def row_means(values: Array, drawn: Array) -> Array:
    """(resamples,) means of values (rows,) or (rows, columns).  drawn: (resamples, size)."""
    return np.asarray(values[drawn].reshape(len(drawn), -1).mean(axis=1))


def column_means(values: Array, drawn: Array) -> Array:
    """(resamples, columns) means of values (rows, columns).  drawn: (resamples, size)."""
    return np.asarray(values[drawn].mean(axis=1))


class ClassCounts:
    """drawn (resamples, size) -> `Counts` of each resample, (resamples, classes) each."""

    def __init__(self, predictions: Array, truth: Array, decision: Decision) -> None:
        self.classes, self.truth, self.chosen = predictions.shape[1], truth, decision(predictions)

    def __call__(self, drawn: Array) -> Counts:
        shape = (len(drawn), self.classes)
        start = np.arange(len(drawn))[:, None] * self.classes
        true, chosen = (each[drawn] + start for each in (self.truth, self.chosen))
        of_rows = (true.ravel(), chosen.ravel(), true[true == chosen])
        counted = (np.bincount(cells, minlength=math.prod(shape)) for cells in of_rows)
        return Counts(*(each.reshape(shape) for each in counted))


def label_counts(predictions: Array, truth: Array, drawn: Array) -> Array:
    """(3, resamples, labels) counts of rows: predicted and true; predicted; true."""
    predicted, true = has_label(predictions), truth > 0
    return np.array([each[drawn].sum(axis=1) for each in (predicted & true, predicted, true)])


class Ranked:
    """Ranks of rows by decreasing score, computed once, so that resamples only sort integers.

    scores: (rows,).  is_true: (rows,) bool.
    """

    def __init__(self, scores: Array, is_true: Array) -> None:
        order = np.argsort(-scores, kind="stable")
        self.is_true = is_true[order]
        self.rank = np.empty_like(order)
        self.rank[order] = np.arange(len(order))
        ranked = scores[order]
        starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
        self.threshold = np.repeat(starts, np.diff(starts, append=len(ranked)))

    def roc_auc(self, drawn: Array) -> Array:
        """(resamples,) the chance that a true row ranks above a false one, ties half."""
        places = np.sort(self.rank[drawn], axis=1)
        is_true, (first, last) = self.is_true[places], _ends(self.threshold[places])
        others = np.cumsum(~is_true, axis=1)
        before = np.take_along_axis(others - ~is_true, first, axis=1)
        until = np.take_along_axis(others, last, axis=1)
        above = np.where(is_true, before + until, 0).sum(axis=1)
        pairs = 2 * others[:, -1] * is_true.sum(axis=1)
        return np.asarray((pairs - above) / pairs)  # 0 / 0 is NaN

    def average_precision(self, drawn: Array) -> Array:
        """(resamples,) sum_k (recall_k - recall_k-1) precision_k over decreasing thresholds k.

        NaN without true rows.
        """
        places = np.sort(self.rank[drawn], axis=1)
        is_true, (_, last) = self.is_true[places], _ends(self.threshold[places])
        found = np.cumsum(is_true, axis=1)
        precision = np.take_along_axis(found, last, axis=1) / (last + 1)
        return np.asarray((precision * is_true).sum(axis=1) / found[:, -1])


def _ends(values: Array) -> tuple[Array, Array]:
    """For each element of each sorted row, the first and the last column of the same value."""
    places = np.arange(values.shape[1])
    is_new = np.ones(values.shape, bool)
    is_new[:, 1:] = values[:, 1:] != values[:, :-1]
    first = np.maximum.accumulate(np.where(is_new, places, 0), axis=1)
    is_end = np.ones(values.shape, bool)
    is_end[:, :-1] = is_new[:, 1:]
    ends = np.where(is_end, places, values.shape[1])
    return first, np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
