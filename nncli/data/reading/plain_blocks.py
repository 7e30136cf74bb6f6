"""Plain blocks: lines without quotes -> columns of numbers, by NumPy's reader, and of texts.

It all comes out as the csv module and `float` would have it; what isn't surely so is left to them.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from nncli.data.reading.cut_cells import BLANK, NINE, ZERO, CutCells, cut_cells
from nncli.data.reading.distinct_cells import distinct_texts, distinct_words
from nncli.data.reading.plain_numbers import read_numbers
from nncli.parts.arrays import Array

LONG = 16  # digits from which float64 may round a whole number


class PlainColumn(Sequence[str]):
    """The cells of one column of a block; texts are made where they are asked for."""

    def __init__(self, block: "PlainBlock", index: int) -> None:
        self._block, self._index = block, index

    @property
    def numbers(self) -> Array | None:
        """(rows,) float64, NaN where a cell is empty; None if others aren't finite numbers."""
        place = self._block.numeric.get(self._index)
        return None if place is None else self._block.numbers[place]

    @property
    def decimal(self) -> str:
        """The sign before a fraction by which `numbers` are read."""
        return self._block.decimal

    @property
    def empty(self) -> int:
        """How many cells are."""
        return int(self._block.empty[self._index])

    @property
    def has_fractions(self) -> bool:
        return bool(self._block.fractions[self._block.numeric[self._index]])

    @property
    def may_have_codes(self) -> bool:
        """Whether a whole number may lose digits: leading zeros, or those beyond 2^53."""
        return bool(self._block.codes[self._index])

    @cached_property
    def texts(self) -> list[str]:
        return self._block.cells.texts(self._index)

    def distinct(self) -> tuple[list[str], Array]:
        """(the different texts, in the order of the rows; which of them each row has)."""
        cells = self._block.cells
        starts, ends = cells.starts[:, self._index], cells.ends[:, self._index]
        found = distinct_words(cells.signs, starts, ends - starts)
        if found is None:
            return distinct_texts(self.texts)
        firsts, places = found
        return cells.texts(self._index, firsts), places

    def __len__(self) -> int:
        return len(self._block.cells)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return self._block.cells.texts(self._index, key)
        return self._block.cells.texts(self._index, slice(key, key + 1))[0]

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def count(self, value: str) -> int:
        return self.texts.count(value)


class PlainBlock(Sequence[PlainColumn]):
    """Some lines of a text table as columns. decimal: the sign before a fraction."""

    def __init__(self, cells: CutCells, decimal: str) -> None:
        self.cells, self.decimal = cells, decimal

    def __len__(self) -> int:
        return self.cells.width

    def __getitem__(self, index: Any) -> Any:
        return PlainColumn(self, range(len(self))[index])  # which raises IndexError

    def only(self, chosen: Array) -> "PlainBlock":
        """The rows where `chosen` is true."""
        columns, numbers = self._read
        other = PlainBlock(self.cells.only(chosen), self.decimal)
        other.__dict__["_read"] = columns, numbers[:, chosen]
        return other

    @cached_property
    def empty(self) -> Array:
        """(columns,) how many cells are."""
        counts: Array = np.count_nonzero(self.cells.is_empty, axis=0)
        return counts

    @cached_property
    def codes(self) -> Array:
        """(columns,) whether a cell begins with zero and a digit, or has many."""
        signs, starts, ends = self.cells.signs, self.cells.starts, self.cells.ends
        first, second = signs[starts], signs[np.minimum(starts + 1, ends)]
        are = (first == ZERO) & (second >= ZERO) & (second <= NINE)
        are |= (first < BLANK) & ~self.cells.is_empty
        are |= ends - starts >= LONG
        found: Array = are.any(axis=0)
        return found

    @cached_property
    def fractions(self) -> Array:
        """(numeric columns,) whether some number isn't whole."""
        are: Array = np.floor(self.numbers) < self.numbers
        return np.asarray(are.any(axis=1))

    @property
    def numbers(self) -> Array:
        """(numeric columns, rows), NaN where a cell is empty."""
        return self._read[1]

    @cached_property
    def numeric(self) -> dict[int, int]:
        """The columns whose cells are finite numbers or empty -> their places in `numbers`."""
        return {column: place for place, column in enumerate(self._read[0])}

    @cached_property
    def _read(self) -> tuple[list[int], Array]:
        """(columns, their numbers)."""
        return read_numbers(self.cells, self.decimal)


def plain_block(text: str, width: int, delimiter: str, decimal: str) -> PlainBlock | None:
    """Lines of so many cells as columns; None if they are for the csv module to read."""
    cells = None if delimiter == decimal else cut_cells(text, width, delimiter)
    return None if cells is None else PlainBlock(cells, decimal)


def distinct_cells(cells: Sequence[str]) -> tuple[list[str], Array]:
    """(the different cells, in the order of the rows; which of them each row has)."""
    return cells.distinct() if isinstance(cells, PlainColumn) else distinct_texts(cells)
