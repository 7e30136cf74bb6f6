"""Correlation: pairs of correlated columns, of which a model may use either."""

import numpy as np

from nncli.frozen import frozen
from nncli.parts.arrays import Array, evenly_spaced
from nncli.parts.table import Table

STRONG = 0.8
MAX_ROWS = 2_000


@frozen
class CorrelatedPair:
    """Two numeric columns with their Spearman rank correlation."""

    first: str
    second: str
    correlation: float


def correlated_pairs(table: Table, rows: Array, names: list[str]) -> list[CorrelatedPair]:
    """The pairs of numeric columns in `names` with |r| >= 0.8, the strongest first."""
    numeric = [name for name in names if table.kind(name) == "numeric"]
    chosen = rows[evenly_spaced(len(rows), MAX_ROWS)]
    ranks = [_ranks(table.column(name).values[chosen]) for name in numeric]
    found = []
    for second in range(len(numeric)):
        for first in range(second):
            r = _pearson(ranks[first], ranks[second])
            if abs(r) >= STRONG:
                found.append(CorrelatedPair(numeric[first], numeric[second], r))
    return sorted(found, key=lambda pair: -abs(pair.correlation))


def _ranks(values: Array) -> Array:
    """(rows,) ranks, the mean rank for equal values; NaN for missing ones."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[inverse]
    return np.asarray(np.where(np.isnan(values), np.nan, ranks))


def _pearson(a: Array, b: Array) -> float:
    """The correlation over rows that have both values; ranks are those among these rows."""
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < 3:
        return 0.0
    if not both.all():
        a, b = _ranks(a[both]), _ranks(b[both])
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else 0.0
