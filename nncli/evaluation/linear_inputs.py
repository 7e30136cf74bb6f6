"""Linear inputs: what a linear model learns from, where a network looks vectors up."""

from collections.abc import Iterator
from typing import Self

import numpy as np

from nncli.engine.rows import Batch, X
from nncli.parts.arrays import Array

BLOCK_VALUES = 2**22  # read at once


class LinearInputs:
    """(rows, inputs): the numbers x, and for each embedded column an input of 0 or 1 a category.

    counts: of each block of categories, how many there are; others have only zeros.
    """

    def __init__(self, rows: Batch, counts: dict[str, int]) -> None:
        self.rows, self.counts = rows, counts
        self.width = int(rows.x.shape[1]) + sum(counts.values())

    @classmethod
    def of(cls, train: Batch) -> Self:
        """Those of training rows, with an input for each category that one of them has."""
        codes = {name: block[0 : len(train)] for name, block in train.inputs.items() if name != X}
        return cls(train, {name: int(each.max(initial=-1)) + 1 for name, each in codes.items()})

    def like(self, rows: Batch) -> "LinearInputs":
        """The same of other rows."""
        return LinearInputs(rows, self.counts)

    def __len__(self) -> int:
        return len(self.rows)

    def blocks(self) -> Iterator[tuple[int, Array]]:
        """(first row, float64 rows) after another, of rows in memory or on disk."""
        step = max(BLOCK_VALUES // self.width, 1)
        for start in range(0, len(self), step):
            chosen = slice(start, start + step)
            x = np.asarray(self.rows.x[chosen], float)
            yield start, np.hstack([x, *self._categories(chosen)]) if self.counts else x

    def _categories(self, chosen: slice) -> Iterator[Array]:
        for name, count in self.counts.items():
            yield self.rows.inputs[name][chosen][:, None] == np.arange(count)
