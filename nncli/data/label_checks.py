"""Label checks: warn of absent, rare and leaked labels."""

from collections.abc import Iterator

import numpy as np

from nncli.errors import few, printable
from nncli.parts.arrays import Array
from nncli.parts.splits import Rows
from nncli.parts.table import Column, Table

SAMPLED_ROWS = 1000
RARE_SHARE = 0.05  # of training rows: below it, a label's accuracy says little
SPLITS = {"train": "training", "val": "validation"}


def label_warnings(table: Table, rows: Rows) -> Iterator[str]:
    """Yield warnings, a line each, with advice."""
    if len(table) > 1:
        yield from _absent(table, rows)
        yield from _rare(table, rows)


def _absent(table: Table, rows: Rows) -> Iterator[str]:
    """Warn of labels that vary, but have a single value in one of the splits."""
    varies = table.y.min(axis=0) < table.y.max(axis=0)
    for name, chosen in rows.named().items():
        for value in (1, 0):
            lacking = np.flatnonzero((table.y[chosen] != value).all(axis=0) & varies).tolist()
            if lacking:
                labels = few([f"{_named(table, j)} = '{table.labels[j][value]}'" for j in lacking])
                why = "can't be learnt" if name == "train" else "has no part in the scores there"
                if len(lacking) > 1:
                    why = why.replace("has no", "have no")
                yield f"no {SPLITS.get(name, name)} row has {labels}, which {why}: see data.split"


def _rare(table: Table, rows: Rows) -> Iterator[str]:
    """Warn of labels that few training rows have."""
    counts = table.y[rows.train].sum(axis=0)
    rare = np.flatnonzero((counts > 0) & (counts < RARE_SHARE * len(rows.train))).tolist()
    if rare:
        labels = few([f"{_named(table, j)} ({counts[j]:,.0f})" for j in rare])
        what = "this label" if len(rare) == 1 else "these labels"
        yield (
            f"few of the {len(rows.train):,} training rows have {labels}: accuracy and "
            f"hamming_loss say little of {what}; see f1_macro and roc_auc"
        )


def _named(table: Table, label: int) -> str:
    return f"'{printable(table.targets[label])}'"


def label_leak(column: Column, table: Table) -> str:
    """How a label follows from a column's two values or its missing cells; empty if it doesn't."""
    is_missing = np.isnan(column.values)
    if same := _where(is_missing, table):
        return f"is missing exactly where {same}"
    if is_missing.any() or len(np.unique(column.values[:SAMPLED_ROWS])) != 2:
        return ""  # rules most columns out without sorting them
    is_two_valued = len(np.unique(column.values)) == 2
    if is_two_valued and (same := _where(column.values == column.values.max(), table)):
        return f"says exactly whether {same}"
    return ""


def _where(marked: Array, table: Table) -> str:
    """`the target 'a' is '1'` if the marked rows are exactly those with this value; else empty."""
    if not 1 < int(marked.sum()) < len(marked) - 1:  # a single row would be chance
        return ""
    agrees = (table.y > 0) == marked[:, None]
    for label in range(table.y.shape[1]):
        if agrees[:, label].all() or not agrees[:, label].any():
            value = table.labels[label][int(agrees[0, label])]
            return f"the target {_named(table, label)} is '{printable(value)}'"
    return ""
