"""Label checks: warnings of absent and rare labels."""

from collections.abc import Iterator

import numpy as np

from nncli.errors import few, printable
from nncli.parts.splits import Rows
from nncli.parts.table import Table

RARE_SHARE = 0.05  # of training rows: below it, a label's accuracy says little
SPLIT_WORDS = {"train": "training", "val": "validation"}


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
                which = f"no {SPLIT_WORDS.get(name, name)} row has {labels}, which"
                yield f"{which} {effect_of_absence(name, len(lacking))}: see data.split"


def effect_of_absence(split: str, count: int) -> str:
    """What follows if a split has no row of `count` classes or labels, in words."""
    if split == "train":
        return "can't be learnt"
    return f"{'has' if count == 1 else 'have'} no part in the scores there"


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
