"""Partial dependence: the mean prediction, when one column is set to each of several values."""

import numpy as np

from nncli.frozen import frozen
from nncli.influence.importance import Predict
from nncli.parts.arrays import Array, evenly_spaced
from nncli.parts.table import Kind, Table

STEPS = 25  # values of a number
MAX_ROWS = 200  # rows for a mean
MAX_CATEGORIES = 12
ENDS = (0.01, 0.99)  # quantiles that limit a number's values


@frozen
class PartialDependence:
    """The partial dependence on one column.

    positions: (steps,) its values; of a category, indices in the table's categories.
    means: (steps, outputs) predictions, averaged over rows.
    deciles: of a number in the training rows.  categories: the name of each position.
    of_categories: the number of all categories; the most frequent ones are shown.
    """

    name: str
    kind: Kind
    positions: Array
    means: Array
    deciles: Array
    categories: tuple[str, ...] = ()
    of_categories: int = 0


def partial_dependence(
    predict: Predict, table: Table, rows: Array, names: list[str]
) -> list[PartialDependence]:
    """The dependence on each column in `names`, over a sample of the training rows `rows`."""
    chosen = rows[evenly_spaced(len(rows), MAX_ROWS)]
    x = np.asarray(table.x[chosen], float)
    return [_along(predict, table, rows, name, x) for name in names]


def _along(predict: Predict, table: Table, rows: Array, name: str, x: Array) -> PartialDependence:
    column, kind = table.column(name), table.kind(name)
    values = column.values[rows]
    present = values[np.isfinite(values)]
    deciles, words, count = np.empty(0), tuple[str, ...](), 0
    if kind in ("categorical", "boolean") or table.orders.get(name):
        positions, words, count = _categories(table, name, present)
    else:
        deciles = np.quantile(present, np.linspace(0.1, 0.9, 9))
        low, high = np.quantile(present, ENDS).tolist()
        positions = np.unique(np.linspace(low, high, STEPS))
    moved = np.tile(x, (len(positions), 1))
    moved[:, table.features.index(name)] = np.repeat(positions, len(x))
    with np.errstate(all="ignore"):
        answers = predict(moved).reshape(len(positions), len(x), -1)
        means = _means(answers)
    return PartialDependence(name, kind, positions, means, deciles, words, count)


def _means(answers: Array) -> Array:
    """The mean over the rows that have a prediction."""
    is_known = ~np.isnan(answers)
    counts = is_known.sum(axis=1)
    if (counts == answers.shape[1]).all():
        return np.asarray(answers.mean(axis=1))
    return np.asarray(np.where(is_known, answers, 0.0).sum(axis=1) / counts)


def _categories(table: Table, name: str, present: Array) -> tuple[Array, tuple[str, ...], int]:
    """(codes, names, the number of all) of the most frequent categories, in the table's order."""
    codes, counts = np.unique(present, return_counts=True)
    kept = np.sort(np.argsort(-counts, kind="stable")[:MAX_CATEGORIES])
    known = table.categories.get(name) or table.orders.get(name) or ("no", "yes")
    words = [known[int(c)] if 0 <= c < len(known) else f"{c:g}" for c in codes[kept].tolist()]
    return np.asarray(codes[kept]), tuple(words), len(codes)
