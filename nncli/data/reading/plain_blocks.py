"""Plain blocks: parses lines without quotes into columns, with NumPy's reader of numbers.

The results are equal to those of the csv module and `float`, to which other lines are left.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from nncli.data.reading.cell_offsets import BLANK, NINE, ZERO, CellOffsets, locate_cells
from nncli.data.reading.distinct_cells import distinct_texts, hashed_cells
from nncli.data.reading.plain_numbers import read_numbers
from nncli.parts.arrays import Array

INEXACT_DIGITS = 16  # from which float64 may round an integer


class PlainColumn(Sequence[str]):
    """One column of a block, as a lazy sequence of texts."""

    def __init__(self, block: "PlainBlock", index: int) -> None:
        self._block, self._index = block, index

    @property
    def numbers(self) -> Array | None:
        """(rows,) float64, NaN for an empty cell; None if any other cell is no finite number."""
        row = self._block.numeric.get(self._index)
        return None if row is None else self._block.numbers[row]

    @property
    def decimal(self) -> str:
        """The decimal separator of `numbers`."""
        return self._block.decimal

    @property
    def empty(self) -> int:
        """The number of empty cells."""
        return int(self._block.empty[self._index])

    @property
    def has_fractions(self) -> bool:
        return bool(self._block.fractions[self._block.numeric[self._index]])

    @property
    def may_lose_digits(self) -> bool:
        """Whether some integer may lose digits as a float: leading zeros, or beyond 2^53."""
        return bool(self._block.may_lose_digits[self._index])

    @cached_property
    def texts(self) -> list[str]:
        return self._block.cells.texts(self._index)

    def distinct(self) -> tuple[list[str], Array]:
        """(unique texts in order of appearance, inverse indices)."""
        cells = self._block.cells
        starts, ends = cells.starts[:, self._index], cells.ends[:, self._index]
        found = hashed_cells(cells.codes, starts, ends - starts)
        if found is None:
            return distinct_texts(self.texts)
        first_rows, inverse = found
        return cells.texts(self._index, first_rows), inverse

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
    """Some lines of a text table, as a sequence of columns. decimal: the decimal separator."""

    def __init__(self, cells: CellOffsets, decimal: str) -> None:
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
        """(columns,) the number of empty cells."""
        counts: Array = np.count_nonzero(self.cells.is_empty, axis=0)
        return counts

    @cached_property
    def may_lose_digits(self) -> Array:
        """(columns,) whether some cell begins with zero and a digit, or has many digits."""
        codes, starts, ends = self.cells.codes, self.cells.starts, self.cells.ends
        first, second = codes[starts], codes[np.minimum(starts + 1, ends)]
        are = (first == ZERO) & (second >= ZERO) & (second <= NINE)
        are |= (first < BLANK) & ~self.cells.is_empty
        are |= ends - starts >= INEXACT_DIGITS
        found: Array = are.any(axis=0)
        return found

    @cached_property
    def fractions(self) -> Array:
        """(numeric columns,) whether some number is no integer."""
        are: Array = np.floor(self.numbers) < self.numbers
        return np.asarray(are.any(axis=1))

    @property
    def numbers(self) -> Array:
        """(numeric columns, rows) float64, NaN for an empty cell."""
        return self._read[1]

    @cached_property
    def numeric(self) -> dict[int, int]:
        """The columns of finite numbers and empty cells -> their rows in `numbers`."""
        return {column: row for row, column in enumerate(self._read[0])}

    @cached_property
    def _read(self) -> tuple[list[int], Array]:
        """(columns, their numbers)."""
        return read_numbers(self.cells, self.decimal)


def plain_block(text: str, width: int, delimiter: str, decimal: str) -> PlainBlock | None:
    """Parse lines of `width` cells; None if they need the csv module."""
    cells = None if delimiter == decimal else locate_cells(text, width, delimiter)
    return None if cells is None else PlainBlock(cells, decimal)


def distinct_cells(cells: Sequence[str]) -> tuple[list[str], Array]:
    """(unique cells in order of appearance, inverse indices)."""
    return cells.distinct() if isinstance(cells, PlainColumn) else distinct_texts(cells)
