"""Ranking: what the order of scores is worth, whatever threshold is drawn through it."""

import numpy as np

from nncli.parts.arrays import Array


def average_precision(scores: Array, is_true: Array) -> Array:
    """sum_k (recall_k - recall_k-1) precision_k over thresholds k, falling; both (rows, columns).

    (columns,): step-wise, without interpolation, as scikit-learn defines it. Rows of equal score
    share a threshold. NaN for a column without true rows.

    >>> average_precision(np.array([[0.9], [0.8], [0.4]]), np.array([[True], [False], [True]]))
    array([0.83333333])
    """
    order = np.argsort(-scores, axis=0, kind="stable")
    ranked, hits = (np.take_along_axis(each, order, axis=0) for each in (scores, is_true))
    found = np.cumsum(hits, axis=0)
    precision = found / np.arange(1, len(scores) + 1)[:, None]
    at_threshold = np.take_along_axis(precision, _last_of_equals(ranked), axis=0)
    with np.errstate(invalid="ignore"):
        return np.asarray((at_threshold * hits).sum(axis=0) / found[-1])


def _last_of_equals(ranked: Array) -> Array:
    """Of each row of each column, which row is the last of those that equal it."""
    rows = np.arange(len(ranked))[:, None]
    is_last = np.vstack([ranked[1:] != ranked[:-1], np.full((1, ranked.shape[1]), True)])
    ends = np.where(is_last, rows, len(ranked))
    return np.asarray(np.minimum.accumulate(ends[::-1], axis=0)[::-1])
