"""Ordinal cells: words that have an order -> 0, 1, 2, ..., their places in it."""

from collections.abc import Sequence

import numpy as np

from nncli.data.categories import Categories
from nncli.data.reading.chunks import NumberParser
from nncli.data.targets import label
from nncli.errors import few, printable
from nncli.parts.arrays import Array
from nncli.parts.table import UNKNOWN_PLACE


class OrdinalParser(NumberParser):
    """Cells -> their places in `order`; what is missing becomes NaN.

    takes_unknown: whether another word is no error, but `UNKNOWN_PLACE`.
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

    def read_before(self, cells: Sequence[str]) -> Array | None:
        """None: what looks like a number isn't meant as one."""
        return None

    def __call__(self, cells: Sequence[str] | Array) -> tuple[Array, list[int]]:
        """(places, indices of the cells that are neither in the order nor missing)."""
        if isinstance(cells, np.ndarray):
            cells = ["" if value != value else label(value) for value in cells.tolist()]
        places = {cell: self._place(cell.strip()) for cell in set(cells)}
        values = np.array([places[cell] for cell in cells], dtype=float)
        wrong = [] if self.takes_unknown else np.flatnonzero(np.isinf(values)).tolist()
        return values, wrong

    def _place(self, text: str) -> float:
        if text in self.missing:
            return np.nan
        place = self.known.index(text)
        return UNKNOWN_PLACE if place is None else float(place)
