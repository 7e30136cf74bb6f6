"""Linear inputs: the inputs of the linear model, with one-hot inputs instead of embeddings."""

from collections.abc import Iterator
from typing import Self

import numpy as np

from nncli.engine.rows import Batch, X
from nncli.parts.arrays import Array

BLOCK_VALUES = 2**22  # read at a time


class LinearInputs:
    """(rows, inputs): the numbers x, then a one-hot input for each category of an embedded column.

    counts: the number of categories of each embedded column; later ones have only zeros.
    """

    def __init__(self, rows: Batch, counts: dict[str, int]) -> None:
        self.rows, self.counts = rows, counts
        self.width = int(rows.x.shape[1]) + sum(counts.values())

    @classmethod
    def of(cls, train: Batch) -> Self:
        """The inputs of training rows, with a one-hot input for each category among them."""
        codes = {name: block[0 : len(train)] for name, block in train.inputs.items() if name != X}
        return cls(train, {name: int(each.max(initial=-1)) + 1 for name, each in codes.items()})

    def like(self, rows: Batch) -> "LinearInputs":
        """The same inputs of other rows."""
        return LinearInputs(rows, self.counts)

    def __len__(self) -> int:
        return len(self.rows)

    def blocks(self) -> Iterator[tuple[int, Array]]:
        """Yields (first row, float64 rows) of each block, whether rows are in memory or on disk."""
        step = max(BLOCK_VALUES // self.width, 1)
        for start in range(0, len(self), step):
            chosen = slice(start, start + step)
            x = np.asarray(self.rows.x[chosen], float)
            yield start, np.hstack([x, *self._categories(chosen)]) if self.counts else x

    def _categories(self, chosen: slice) -> Iterator[Array]:
        for name, count in self.counts.items():
            yield self.rows.inputs[name][chosen][:, None] == np.arange(count)
