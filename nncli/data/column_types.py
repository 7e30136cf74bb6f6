"""Column types, told from the values, and which columns teach a network nothing."""

import re
from collections.abc import Sequence

import numpy as np

from nncli.parts.arrays import Array
from nncli.parts.table import Column, Kind

PAIRS = (("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("on", "off"), ("1", "0"))
TRUTHS = {word: truth for pair in PAIRS for word, truth in zip(pair, (1.0, 0.0), strict=True)}
MOST_CATEGORIES = 1000
FEW = 10  # rows up to which all values may differ by chance
ID_NAME = re.compile(r"(index|row|row_?number|rowid)$|(^|.*[^a-z])(id|uuid|guid)$|.*[a-z](Id|ID)$")


def kind_of(column: Column) -> Kind:
    """What the values are: 0 and 1 alone, or yes and no, are boolean."""
    if column.categories:
        return "boolean" if truths(column.categories) is not None else "categorical"
    present = column.values[~np.isnan(column.values)]
    return "boolean" if np.isin(present, (0.0, 1.0)).all() else "numeric"


def truths(categories: Sequence[str]) -> Array | None:
    """What each category means as 0 or 1; None unless they are truth values, both of one pair."""
    words = [category.lower() for category in categories]
    if len(set(words)) < len(words) or not any(set(words) <= set(pair) for pair in PAIRS):
        return None
    return np.array([TRUTHS[word] for word in words])


def uninformative(name: str, column: Column) -> str:
    """Why a column teaches a network nothing: `constant` or `id-like` in words; empty if it may."""
    present = column.values[~np.isnan(column.values)]
    if not len(present):
        return ""  # an error of its own
    least, most = present.min(), present.max()
    if least == most:
        value = column.categories[int(least)] if column.categories else f"{least:g}"
        return f"constant: always {value}"
    if column.categories:
        different = len(np.unique(present))
        if different > max(len(present) / 2, 2 * FEW) or len(present) == different >= FEW:
            return f"id-like: {different:,} different texts in {len(present):,} rows"
        if different > MOST_CATEGORIES:
            return f"too many categories: {different:,}"
        return ""
    counts_rows = most - least == len(present) - 1 and len(present) > 2 * FEW
    if (counts_rows or (ID_NAME.match(name) and len(present) >= FEW)) and _all_differ(present):
        return "id-like: a different whole number in every row"
    return ""


def _all_differ(values: Array) -> bool:
    return bool((values == np.floor(values)).all()) and len(np.unique(values)) == len(values)


def is_class_number(values: Array) -> bool:
    """Whether a numeric target looks like names of classes: 2 values, or 0..k-1 or 1..k, k <= 20.

    Ten rows a class are asked for, so that a small count isn't taken for one.
    """
    different = np.unique(values)
    if len(different) == 2:
        return True
    counts = np.array_equal(different, np.arange(len(different)) + different[0])
    starts = different[0] in (0.0, 1.0)
    return bool(counts and starts and len(different) <= 20 and len(values) >= 10 * len(different))
