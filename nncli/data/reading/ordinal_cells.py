"""Ordinal cells: encodes ordered words as their ranks 0, 1, 2, ..."""

from collections.abc import Sequence

import numpy as np

from nncli.data.categories import Categories
from nncli.data.reading.chunks import NumberParser
from nncli.data.targets import number_text
from nncli.errors import few, printable
from nncli.parts.arrays import Array
from nncli.parts.table import UNKNOWN_RANK


class OrdinalParser(NumberParser):
    """A parser of cells as their index in `order`, NaN for missing.

    takes_unknown: whether an unknown word becomes `UNKNOWN_RANK`; else it is an error.
    """

    def __init__(
        self,
        missing: Sequence[str],
        order: Sequence[str],
        decimal: str,
        *,
        takes_unknown: bool,
        folds_case: bool,
    ) -> None:
        super().__init__([text for text in missing if text not in order], decimal)
        self.order, self.known = order, Categories(order, decimal, folds_case=folds_case)
        self.takes_unknown = takes_unknown
        self.expected = f"one of {few([printable(word) for word in order])}"

    def preparsed(self, cells: Sequence[str]) -> Array | None:
        """None: a cell that looks like a number may be a word of the order."""
        return None

    def __call__(self, cells: Sequence[str] | Array) -> tuple[Array, list[int]]:
        """(ranks, indices of the cells that are neither in the order nor missing)."""
        if isinstance(cells, np.ndarray):
            cells = ["" if value != value else number_text(value) for value in cells.tolist()]
        ranks = {cell: self._rank(cell.strip()) for cell in set(cells)}
        values = np.array([ranks[cell] for cell in cells], dtype=float)
        wrong = [] if self.takes_unknown else np.flatnonzero(np.isinf(values)).tolist()
        return values, wrong

    def _rank(self, text: str) -> float:
        if text in self.missing:
            return np.nan
        rank = self.known.index(text)
        return UNKNOWN_RANK if rank is None else float(rank)
