"""Folds: divides rows into parts, each of which is held out once."""

import numpy as np

from nncli.errors import DataError
from nncli.parts.splits import Rows, Split, TimeSplit
from nncli.parts.table import Table


def folds(
    split: Split, table: Table, rows: Rows, count: int, random: np.random.Generator
) -> list[Rows]:
    """The rows of each fold; the held-out part is its `test` rows.

    The split's own test rows are in no fold. The others are divided by the split's rule (by class,
    by group ...) into `count` parts, held out in turn. The remaining rows are divided into train
    and val in the split's proportions, so that early stopping never sees the held-out part. In a
    time split, fold i trains on the rows before part i.

    Raises DataError if there are too few rows.
    """
    pool = np.sort(np.concatenate([rows.train, rows.val]))
    val_share = len(rows.val) / len(pool)
    forward = isinstance(split, TimeSplit)
    try:
        parts = split.divide(table, pool, [1 / (count + forward)] * (count + forward), random)
    except DataError as error:
        raise DataError(f"{count} folds: {error}") from None
    found = []
    for index in range(int(forward), len(parts)):
        others = parts[:index] if forward else parts[:index] + parts[index + 1 :]
        rest = np.sort(np.concatenate(others))
        train, val = split.divide(table, rest, [1 - val_share, val_share], random)
        found.append(Rows(train, val, parts[index]))
    if any(len(fold.train) == 0 or len(fold.test) == 0 for fold in found):
        raise DataError(f"{count} folds of {len(pool)} rows: a fold would be empty")
    if val_share and any(len(fold.val) == 0 for fold in found):
        raise DataError(
            f"{count} folds of {len(pool)} rows: one would have no validation rows: take fewer "
            "folds, a larger val share, or val: 0"
        )
    return found


def member_rows(
    split: Split, table: Table, rows: Rows, count: int, random: np.random.Generator
) -> list[Rows]:
    """The rows of each member of an ensemble; the held-out part is its `val` rows.

    The train and val rows are divided by the split's rule into `count` parts, held out in turn; the
    test rows are unchanged. Raises DataError if there are too few rows.
    """
    pool = np.sort(np.concatenate([rows.train, rows.val]))
    try:
        parts = split.divide(table, pool, [1 / count] * count, random)
    except DataError as error:
        raise DataError(f"{count} members: {error}", key="ensemble.members") from None
    if any(len(part) == 0 for part in parts):
        message = f"{count} members of {len(pool)} rows: one would have no validation rows"
        raise DataError(message, key="ensemble.members")
    others = [parts[:index] + parts[index + 1 :] for index in range(count)]
    return [
        Rows(np.sort(np.concatenate(rest)), part, rows.test)
        for part, rest in zip(parts, others, strict=True)
    ]
