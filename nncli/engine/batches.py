"""Batches: which rows each step takes."""

from typing import Literal

import numpy as np

from nncli.parts.arrays import Array

Sampling = Literal["shuffle", "without_replacement", "with_replacement"]


class Batches:
    """The row indices of each step of an epoch, drawn from one random stream.

    in_place: whether every step takes all rows in their own order, so that nothing is drawn.
    """

    def __init__(
        self, rows: int, batch: int, sampling: Sampling, random: np.random.Generator
    ) -> None:
        self.rows, self.batch, self.sampling, self.random = rows, batch, sampling, random
        self.in_place = batch == rows and sampling != "with_replacement"
        self.per_pass = -(-rows // batch) if sampling == "shuffle" else 1
        self._order = np.zeros(0, np.intp)  # of the present pass

    def draw(self, step: int, index: Array) -> int:
        """Fill `index` with the rows of step 0, 1, ... of an epoch; return how many.

        The steps of an epoch must be drawn in order: they share the stream.
        """
        if self.in_place:
            return self.rows
        if self.sampling == "with_replacement":
            index[:] = self.random.integers(self.rows, size=self.batch)
            return self.batch
        if self.sampling == "without_replacement":
            index[:] = self.random.choice(self.rows, self.batch, replace=False)
            return self.batch
        place = step % self.per_pass
        if place == 0:
            self._order = self.order()
        chosen = self._order[place * self.batch : (place + 1) * self.batch]
        index[: len(chosen)] = chosen
        return len(chosen)

    def order(self) -> Array:
        """The shuffled rows of the next pass, which `draw` cuts into batches."""
        return self.random.permutation(self.rows)

    def orders(self, out: Array) -> None:
        """Write the orders of the next passes to `out`, (passes, rows).

        The bits are those of as many calls of `order`; for few rows it takes a third of the time.
        """
        out[:] = np.arange(self.rows)
        self.random.permuted(out, axis=1, out=out)

    def sizes(self) -> set[int]:
        """Every number of rows that `draw` can return."""
        if self.sampling != "shuffle" or self.in_place:
            return {self.batch}
        return {self.batch, self.rows - (self.per_pass - 1) * self.batch}
