"""Fewer rows: as many of the training rows as a learning curve asks for."""

from dataclasses import replace

import numpy as np

from nncli.errors import DataError
from nncli.parts.arrays import Array
from nncli.parts.splits import Rows
from nncli.parts.table import Table


def with_train_rows(
    table: Table, rows: Rows, count: int | None, random: np.random.Generator
) -> Rows:
    """The same validation and test rows, and `count` of the training rows; None: all of them.

    With one stream, the rows of a smaller count are among those of a larger one.
    Raises DataError if there aren't so many.
    """
    if count is None:
        return rows
    if count > len(rows.train):
        message = f"expected at most {len(rows.train):,}, the training rows, found {count:,}"
        raise DataError(message)
    order = _order(table, rows.train, random)
    return replace(rows, train=np.sort(rows.train[order[:count]]))


def _order(table: Table, train: Array, random: np.random.Generator) -> Array:
    """Places of rows in an order of chance; any first of them have the classes' proportions."""
    order: Array = random.permutation(len(train))
    if not table.classes:
        return order
    ranks, classes = np.empty(len(train)), table.y[train[order]]
    for index in range(len(table.classes)):
        own = np.flatnonzero(classes == index)
        ranks[own] = (np.arange(len(own)) + random.random()) / max(len(own), 1)
    return np.asarray(order[np.argsort(ranks, kind="stable")])
