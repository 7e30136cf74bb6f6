"""Fitted categories: the categories, imputation and rare categories of a text column."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from nncli.data.rare_categories import RARE_CATEGORY, RareRule
from nncli.frozen import frozen
from nncli.parts.arrays import Array

ImputeCategory = Literal["most_frequent", "category", "none"]
MISSING_CATEGORY = "(missing)"


@frozen
class Embed:
    """Embedding vectors of `size` numbers, for columns of more than `above` categories."""

    size: int
    above: int


def fit_categories(
    names: Sequence[str],
    present: Array,
    missing: int,
    impute: ImputeCategory,
    rare: RareRule,
    embed: Embed | None,
) -> dict[str, Any]:
    """The fields `fill`, `categories`, `rare` and `embedding` of a FittedColumn.

    names: the column's categories.  present: (rows,) indices into them, without missing cells.
    missing: the number of missing cells.
    """
    counts = np.bincount(present.astype(int), minlength=len(names)).tolist()
    rows_of = {name: count for name, count in zip(names, counts, strict=True) if count}
    seen = sorted(rows_of)
    fill = None
    if impute == "most_frequent":
        fill = max(seen, key=rows_of.__getitem__)  # the first of a tie
    elif impute == "category":
        fill = MISSING_CATEGORY
        seen += [fill] if missing and fill not in seen else []
    if fill is not None and missing:
        rows_of[fill] = rows_of.get(fill, 0) + missing
    merged = rare.rare_among(rows_of)
    if merged:
        seen = [name for name in seen if name not in {*merged, RARE_CATEGORY}] + [RARE_CATEGORY]
    size = embed.size if embed is not None and len(seen) > embed.above else 0
    return {"fill": fill, "categories": tuple(seen), "rare": tuple(merged), "embedding": size}
