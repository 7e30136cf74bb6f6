"""Fitted categories: what the training rows say of a column of texts."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from nncli.data.rare_categories import RARE_CATEGORY, Rare
from nncli.frozen import frozen
from nncli.parts.arrays import Array

ImputeCategory = Literal["most_frequent", "category", "none"]
MISSING_CATEGORY = "(missing)"


@frozen
class Embed:
    """Vectors of `size` numbers for the categories of a column that has more than `above`."""

    size: int
    above: int


def fit_categories(
    names: Sequence[str],
    present: Array,
    missing: int,
    impute: ImputeCategory,
    rare: Rare,
    embed: Embed | None,
) -> dict[str, Any]:
    """fill, categories, rare and embedding of a FittedColumn.

    names: of the column's categories.  present: (rows,) indices into them, of the cells that are
    there.  missing: how many aren't.
    """
    counts = np.bincount(present.astype(int), minlength=len(names)).tolist()
    of_name = {name: count for name, count in zip(names, counts, strict=True) if count}
    seen = sorted(of_name)
    fill = None
    if impute == "most_frequent":
        fill = max(seen, key=of_name.__getitem__)  # the first of those that tie
    elif impute == "category":
        fill = MISSING_CATEGORY
        seen += [fill] if missing and fill not in seen else []
    if fill is not None and missing:
        of_name[fill] = of_name.get(fill, 0) + missing
    merged = rare.among(of_name)
    if merged:
        seen = [name for name in seen if name not in {*merged, RARE_CATEGORY}] + [RARE_CATEGORY]
    size = embed.size if embed is not None and len(seen) > embed.above else 0
    return {"fill": fill, "categories": tuple(seen), "rare": tuple(merged), "embedding": size}
