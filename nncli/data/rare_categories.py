"""Rare categories: those of few training rows, which share one place among the others."""

from collections.abc import Mapping

import numpy as np

from nncli.constraints import PositiveInt
from nncli.frozen import frozen
from nncli.parts.table import Column

RARE_CATEGORY = "(rare)"


@frozen
class Rare:
    """A category is rare if it has fewer than min_count rows, or there are more than fit.

    max_categories: places there are at most, that of the rare ones among them; None: any number.
    So a text that many rows have in common is told from others, and what few rows have is learnt
    from all of them together. The rule of scikit-learn's OneHotEncoder (min_frequency,
    max_categories).
    """

    min_count: PositiveInt = 1
    max_categories: PositiveInt | None = None

    @property
    def is_asked(self) -> bool:
        """Whether there may be any."""
        return self.min_count > 1 or self.max_categories is not None

    def among(self, counts: Mapping[str, int]) -> list[str]:
        """The rare ones, sorted. counts: how many rows have each category.

        >>> Rare(min_count=2).among({"red": 5, "blue": 2, "teal": 1})
        ['teal']
        >>> Rare(max_categories=2).among({"red": 5, "blue": 2, "teal": 1})
        ['blue', 'teal']
        """
        frequent = sorted(
            (name for name, count in counts.items() if count >= self.min_count),
            key=lambda name: (counts[name], name),
            reverse=True,  # of those that tie the last by name first, as scikit-learn has it
        )
        if self.max_categories is not None:
            has_rare = len(counts) > min(len(frequent), self.max_categories)
            frequent = frequent[: self.max_categories - has_rare]
        return sorted(counts.keys() - set(frequent))


NONE_RARE = Rare()
USUAL = Rare(min_count=2)  # a text that two rows share says something: docs/accuracy.md


def counts_of(column: Column) -> dict[str, int]:
    """How many rows have each text of a column."""
    codes, counts = np.unique(column.values[~np.isnan(column.values)], return_counts=True)
    names = [column.categories[int(code)] for code in codes]
    return dict(zip(names, counts.tolist(), strict=True))
