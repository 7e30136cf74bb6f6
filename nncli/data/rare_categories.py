"""Rare categories: categories of few training rows, which are merged into one."""

from collections.abc import Mapping

import numpy as np

from nncli.constraints import PositiveInt
from nncli.frozen import frozen
from nncli.parts.table import Column

RARE_CATEGORY = "(rare)"


@frozen
class RareRule:
    """The rule for rare categories: fewer than min_count rows, or beyond max_categories.

    max_categories: with the merged category; None: no limit. As min_frequency and max_categories of
    scikit-learn's OneHotEncoder.
    """

    min_count: PositiveInt = 1
    max_categories: PositiveInt | None = None

    @property
    def is_active(self) -> bool:
        """Whether the rule can make any category rare."""
        return self.min_count > 1 or self.max_categories is not None

    def rare_among(self, counts: Mapping[str, int]) -> list[str]:
        """The rare categories, sorted. counts: category -> rows.

        >>> RareRule(min_count=2).rare_among({"red": 5, "blue": 2, "teal": 1})
        ['teal']
        >>> RareRule(max_categories=2).rare_among({"red": 5, "blue": 2, "teal": 1})
        ['blue', 'teal']
        """
        frequent = sorted(
            (name for name, count in counts.items() if count >= self.min_count),
            key=lambda name: (counts[name], name),
            reverse=True,  # ties: the last by name first, as scikit-learn
        )
        if self.max_categories is not None:
            has_rare = len(counts) > min(len(frequent), self.max_categories)
            frequent = frequent[: self.max_categories - has_rare]
        return sorted(counts.keys() - set(frequent))


NO_RARE = RareRule()
DEFAULT_RARE = RareRule(min_count=2)  # of `nncli init`; see docs/accuracy.md


def counts_of(column: Column) -> dict[str, int]:
    """Category -> number of rows, of a text column."""
    codes, counts = np.unique(column.values[~np.isnan(column.values)], return_counts=True)
    names = [column.categories[int(code)] for code in codes]
    return dict(zip(names, counts.tolist(), strict=True))
