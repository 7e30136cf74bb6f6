"""Fewer rows: takes a subset of the training rows, for a learning curve."""

from dataclasses import replace

import numpy as np

from nncli.errors import DataError
from nncli.parts.arrays import Array
from nncli.parts.splits import Rows
from nncli.parts.table import Table


def with_train_rows(table: Table, rows: Rows, count: int, random: np.random.Generator) -> Rows:
    """The split with only `count` of its training rows, in the classes' proportions.

    With the same random state, a smaller count gives a subset of a larger one.
    Raises DataError if there are fewer rows.
    """
    if count > len(rows.train):
        message = f"expected at most {len(rows.train):,}, the training rows, found {count:,}"
        raise DataError(message)
    order = _order(table, rows.train, random)
    return replace(rows, train=np.sort(rows.train[order[:count]]))


def _order(table: Table, train: Array, random: np.random.Generator) -> Array:
    """A random permutation of the rows, whose first n have the classes' proportions, for any n."""
    order: Array = random.permutation(len(train))
    if not table.classes:
        return order
    ranks, classes = np.empty(len(train)), table.y[train[order]]
    for index in range(len(table.classes)):
        members = np.flatnonzero(classes == index)
        ranks[members] = (np.arange(len(members)) + random.random()) / max(len(members), 1)
    return np.asarray(order[np.argsort(ranks, kind="stable")])
