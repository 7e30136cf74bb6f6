"""Chunks: the reader protocol, which yields a file's rows in chunks, and the number parser."""

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

from nncli.data.number_cells import to_number
from nncli.data.reading.plain_blocks import PlainBlock, PlainColumn, distinct_cells
from nncli.data.reading.text_format import MISSING_MARKERS
from nncli.errors import DataError, printable
from nncli.frozen import frozen
from nncli.parts.arrays import Array, Shape
from nncli.untrusted_files.opening import Unfit

MAX_COLUMNS = 50_000  # each costs some KB, and a value in the run's resolved config
SAMPLED_CELLS = 1 << 8  # looked at to see whether a column's cells repeat
MAX_EXACT_INT = 2**53  # float64 represents every integer up to here
LEADING_ZERO = re.compile(r"^\s*0\d+\s*$", re.MULTILINE)
LONG_NUMBER = re.compile(r"^\s*[+-]?(\d{16,})\s*$", re.MULTILINE)


@frozen
class Chunk:
    """Some rows of a table.

    columns: the cells of each column: strings, or float64 with NaN for missing if the file has
    dtypes.  lines: (rows,) the line or row number of each row in its file.
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

    names: the column names.  row_word: the prefix of a row's number in messages, as `row `.
    texts: columns whose dtype in the file is text.  row_indices: columns with the row labels of
    the program that wrote the file.  non_features: columns that the file declares no features ->
    the reason.  notes: a line for each guess.  image_shape, pixels: (height, width, channels) of
    the image in each row, and the names of its columns; empty for other tables.
    """

    names: tuple[str, ...]
    row_word: str
    texts: frozenset[str]
    row_indices: frozenset[str]
    non_features: Mapping[str, str]
    notes: tuple[str, ...]
    image_shape: Shape
    pixels: tuple[str, ...]

    def chunks(self) -> Iterator[Chunk]:
        """Yield all rows, from the first; may be called again."""
        ...

    def count_cells(self) -> int:
        """An estimate of the number of cells, without reading them."""
        ...

    def count_rows(self) -> int:
        """An upper bound on the number of rows if it is cheap, else an estimate."""
        ...


def loses_digits(cells: Sequence[str]) -> bool:
    """Whether a cell would lose digits as a float: it has leading zeros, or is beyond 2^53.

    >>> [loses_digits(cells) for cells in (["00501"], ["9007199254740993"], ["0", "0.5"])]
    [True, True, False]
    """
    text = "\n".join(cells)
    if ("\n0" in text or "\n " in text or text[:1] in ("0", " ")) and LEADING_ZERO.search(text):
        return True
    if max(map(len, cells), default=0) < len(str(MAX_EXACT_INT)):
        return False
    return any(int(digits) > MAX_EXACT_INT for digits in LONG_NUMBER.findall(text))


@lru_cache
def _numbers_among(missing: tuple[str, ...], decimal: str) -> list[float]:
    """The missing markers that are numbers, such as -999."""
    numbers = (to_number(text, decimal) for text in missing)
    return [number for number in numbers if number is not None]


class NumberParser:
    """A parser of cells as float64, NaN for missing.

    missing: the missing markers; one that is a number matches every spelling of it.
    decimal: the decimal separator.  expected: what a cell should hold, for messages.
    """

    expected = "a number"

    def __init__(self, missing: Sequence[str] = MISSING_MARKERS, decimal: str = ".") -> None:
        self.missing, self.decimal = frozenset(missing), decimal
        self.missing_numbers = _numbers_among(tuple(missing), decimal)

    def __call__(self, cells: Sequence[str] | Array) -> tuple[Array, list[int]]:
        """(numbers, indices of the cells that are neither finite numbers nor missing)."""
        if isinstance(cells, np.ndarray):
            values = self._without_missing(cells)
            return values, np.flatnonzero(np.isinf(values)).tolist()
        numbers = self.preparsed(cells)
        if numbers is not None:
            return self._without_missing(numbers), []
        sample = cells[:SAMPLED_CELLS]
        if 2 * len(set(sample)) > len(sample):
            return self._parse(cells)
        unique, inverse = distinct_cells(cells)  # cells repeat: each text is parsed once
        numbers, wrong = self._parse(unique)
        if not wrong:
            return numbers[inverse], []
        is_wrong = np.zeros(len(unique), dtype=bool)
        is_wrong[wrong] = True
        return numbers[inverse], np.flatnonzero(is_wrong[inverse]).tolist()

    def preparsed(self, cells: Sequence[str]) -> Array | None:
        """The numbers as NumPy has parsed them already; None if this parser may differ."""
        if not isinstance(cells, PlainColumn) or cells.decimal != self.decimal:
            return None
        return None if cells.empty and "" not in self.missing else cells.numbers

    def _parse(self, texts: Sequence[str]) -> tuple[Array, list[int]]:
        values = self._parse_finite(texts)
        if values is None:
            return self._parse_each(texts)
        return self._without_missing(values), []

    def _parse_finite(self, texts: Sequence[str]) -> Array | None:
        """The numbers if all cells are finite or missing; else None."""
        numbers = self._parse_all(texts)
        if numbers is not None:
            return numbers
        is_missing = np.array(list(map(self.missing.__contains__, texts)))
        present = [text for text, lacks in zip(texts, is_missing, strict=True) if not lacks]
        numbers = self._parse_all(present) if len(present) < len(texts) else None
        if numbers is None:
            return None
        values = np.full(len(texts), np.nan)
        values[~is_missing] = numbers
        return values

    def _parse_all(self, texts: Sequence[str]) -> Array | None:
        """The numbers if all cells are finite numbers; else None."""
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

    def _parse_each(self, texts: Sequence[str]) -> tuple[Array, list[int]]:
        values, wrong = np.full(len(texts), np.nan), []
        for index, text in enumerate(texts):
            stripped = text.strip()
            if stripped in self.missing:
                continue
            value = to_number(stripped, self.decimal)
            if value is None or (np.isinf(value) and value not in self.missing_numbers):
                wrong.append(index)
            else:
                values[index] = value
        return self._without_missing(values), wrong

    def _without_missing(self, values: Array) -> Array:
        return (
            np.where(np.isin(values, self.missing_numbers), np.nan, values)
            if self.missing_numbers
            else values
        )


def refuse_width(path: Path, columns: int) -> None:
    """Raises DataError for more columns than a table may have."""
    if columns > MAX_COLUMNS:
        message = f"{columns:,} columns: a table may have {MAX_COLUMNS:,}"
        raise DataError(f"{path}: {message}", key="data.path")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn errors of the operating system and of gzip into DataError, at data.path."""

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
