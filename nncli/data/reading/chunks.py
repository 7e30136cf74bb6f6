"""Chunks: some rows of a table as they stand in a file, and texts -> numbers."""

import gzip
import os
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from nncli.data.reading.number_cells import to_number
from nncli.data.reading.plain_blocks import PlainBlock, PlainColumn, distinct_cells
from nncli.data.reading.text_format import MISSING
from nncli.errors import DataError, printable
from nncli.frozen import frozen
from nncli.parts.arrays import Array, Shape
from nncli.untrusted_files.opening import Unfit

MOST_COLUMNS = 50_000  # each costs some KB, and a value in the run's resolved config
SOME = 1 << 8  # cells that show whether a column's cells repeat
EXACT = 2**53  # up to which float64 tells every whole number from its neighbours
LEADING_ZERO = re.compile(r"^\s*0\d+\s*$", re.MULTILINE)
LONG_NUMBER = re.compile(r"^\s*[+-]?(\d{16,})\s*$", re.MULTILINE)


@frozen
class Chunk:
    """Some rows of a table.

    columns: each one's cells, as texts, or as float64 with NaN for missing where a file has types.
    lines: (rows,) where each row stands in its file.
    """

    columns: Sequence[Sequence[str] | Array]
    lines: Array

    def only(self, chosen: Array) -> "Chunk":
        """The rows where `chosen` is true."""
        if chosen.all():
            return self
        if isinstance(self.columns, PlainBlock):
            return Chunk(self.columns.only(chosen), self.lines[chosen])
        columns = [
            cells[chosen]
            if isinstance(cells, np.ndarray)
            else [cell for cell, is_chosen in zip(cells, chosen, strict=True) if is_chosen]
            for cells in self.columns
        ]
        return Chunk(columns, self.lines[chosen])


class TableReader(Protocol):
    """A table in a file.

    names: of its columns.  row_word: what stands before a row's number in a place, as `row `.
    texts: columns whose type in the file is text, whatever they look like.
    row_indices: columns that hold the row labels of the program that wrote the file.
    set_aside: columns that the file says are no features, and why.  notes: what was guessed.
    picture, pixels: (height, width, channels) of what its rows are pictures, and their columns.
    """

    names: tuple[str, ...]
    row_word: str
    texts: frozenset[str]
    row_indices: frozenset[str]
    set_aside: Mapping[str, str]
    notes: tuple[str, ...]
    picture: Shape
    pixels: tuple[str, ...]

    def chunks(self) -> Iterator[Chunk]:
        """The rows, from the first one on; may be called again."""
        ...

    def count_cells(self) -> int:
        """About how many cells there are, without reading them."""
        ...

    def count_rows(self) -> int:
        """At least as many rows as there are, where that is quickly told; else about as many."""
        ...


def has_codes(cells: Sequence[str]) -> bool:
    """Whether some cells are digits that a number would not keep: 00501, or beyond 2^53.

    >>> [has_codes(cells) for cells in (["00501", "7"], ["9007199254740993"], ["0", "0.5", "10"])]
    [True, True, False]
    """
    text = "\n".join(cells)
    if ("\n0" in text or "\n " in text or text[:1] in ("0", " ")) and LEADING_ZERO.search(text):
        return True
    if max(map(len, cells), default=0) < len(str(EXACT)):
        return False
    return any(int(digits) > EXACT for digits in LONG_NUMBER.findall(text))


@lru_cache
def _numbers_among(missing: tuple[str, ...], decimal: str) -> list[float]:
    """Those of the texts that mean no value which are numbers."""
    numbers = (to_number(text, decimal) for text in missing)
    return [number for number in numbers if number is not None]


class NumberParser:
    """Cells -> numbers; what is missing becomes NaN.

    missing: the texts that mean so; one that is a number means every cell of that value.
    decimal: the sign before a fraction.  expected: what a cell should hold, in words.
    """

    expected = "a number"

    def __init__(self, missing: Sequence[str] = MISSING, decimal: str = ".") -> None:
        self.missing, self.decimal = frozenset(missing), decimal
        self.codes = _numbers_among(tuple(missing), decimal)

    def __call__(self, cells: Sequence[str] | Array) -> tuple[Array, list[int]]:
        """(numbers, indices of the cells that are neither finite numbers nor missing)."""
        if isinstance(cells, np.ndarray):
            values = self._without_codes(cells)
            return values, np.flatnonzero(np.isinf(values)).tolist()
        numbers = self.read_before(cells)
        if numbers is not None:
            return self._without_codes(numbers), []
        some = cells[:SOME]
        if 2 * len(set(some)) > len(some):
            return self._read(cells)
        different, places = distinct_cells(cells)  # cells repeat: each text is read once
        numbers, wrong = self._read(different)
        if not wrong:
            return numbers[places], []
        is_wrong = np.zeros(len(different), dtype=bool)
        is_wrong[wrong] = True
        return numbers[places], np.flatnonzero(is_wrong[places]).tolist()

    def read_before(self, cells: Sequence[str]) -> Array | None:
        """The numbers of cells that were read as plain ones, if they mean the same here."""
        if not isinstance(cells, PlainColumn) or cells.decimal != self.decimal:
            return None
        return None if cells.empty and "" not in self.missing else cells.numbers

    def _read(self, texts: Sequence[str]) -> tuple[Array, list[int]]:
        values = self._quickly(texts)
        if values is None:
            return self._carefully(texts)
        return self._without_codes(values), []

    def _quickly(self, texts: Sequence[str]) -> Array | None:
        """Their numbers, if all but what is missing are plain and finite ones."""
        numbers = self._plain(texts)
        if numbers is not None:
            return numbers
        is_missing = np.array(list(map(self.missing.__contains__, texts)))
        present = [text for text, lacks in zip(texts, is_missing, strict=True) if not lacks]
        numbers = self._plain(present) if len(present) < len(texts) else None
        if numbers is None:
            return None
        values = np.full(len(texts), np.nan)
        values[~is_missing] = numbers
        return values

    def _plain(self, texts: Sequence[str]) -> Array | None:
        """Their numbers, if all of them are finite ones."""
        joined = "".join(texts)
        if "_" in joined or (self.decimal != "." and "." in joined):
            return None
        if self.decimal != "." and self.decimal in joined:
            texts = [text.replace(self.decimal, ".") for text in texts]
        try:
            numbers = np.fromiter(map(float, texts), float, len(texts))
        except ValueError:
            return None
        return numbers if np.isfinite(numbers).all() else None

    def _carefully(self, texts: Sequence[str]) -> tuple[Array, list[int]]:
        values, wrong = np.full(len(texts), np.nan), []
        for index, text in enumerate(texts):
            stripped = text.strip()
            if stripped in self.missing:
                continue
            value = to_number(stripped, self.decimal)
            if value is None or (np.isinf(value) and value not in self.codes):
                wrong.append(index)
            else:
                values[index] = value
        return self._without_codes(values), wrong

    def _without_codes(self, values: Array) -> Array:
        return np.where(np.isin(values, self.codes), np.nan, values) if self.codes else values


def refuse_width(path: Path, columns: int) -> None:
    """Raises DataError for more columns than a table may have."""
    if columns > MOST_COLUMNS:
        message = f"{columns:,} columns: a table may have {MOST_COLUMNS:,}"
        raise DataError(f"{path}: {message}", key="data.path")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns what the operating system and gzip refuse into DataError."""

    def refuse(message: str) -> DataError:
        return DataError(f"{path}: {message}", key="data.path")

    try:
        yield
    except Unfit as error:
        raise refuse(str(error)) from None
    except FileNotFoundError:
        raise refuse("no such file") from None
    except (gzip.BadGzipFile, zlib.error):
        raise refuse("not gzip data") from None
    except EOFError:
        raise refuse("the gzip data ends too early") from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else " ".join(str(error).split())
        raise refuse(f"can't be read: {printable(reason, 300)}") from None
