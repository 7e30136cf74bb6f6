"""Plain numbers: parses the numeric columns of a block with NumPy's reader.

NumPy rounds as `float` does: both call Python's conversion of decimals.
"""

from itertools import pairwise

import numpy as np

from nncli.data.reading.cell_offsets import BLANK, NINE, ZERO, CellOffsets
from nncli.parts.arrays import Array

CELLS_AT_ONCE = 1 << 16  # for the reader's own memory to stay small
SWAP_COMMA_AND_POINT = str.maketrans(",.", ".,")
IS_IN_NUMBERS = np.isin(np.arange(128), [*map(ord, "0123456789+-.eE")])


def read_numbers(cells: CellOffsets, decimal: str) -> tuple[list[int], Array]:
    """(columns of finite numbers and empty cells, (columns, rows) float64, NaN for empty)."""
    first = cells.text[: cells.ends[0, -1]].split(cells.delimiter)
    columns = [index for index, cell in enumerate(first) if _may_be_number(cell, decimal)]
    numbers = _load(cells, columns, decimal)
    if numbers is None:
        is_of_digits = _are_of_digits(cells)
        columns = [column for column in columns if is_of_digits[column]]
        numbers = _load(cells, columns, decimal)
    if numbers is None:
        return [], np.empty((0, len(cells)))
    is_plain = np.isfinite(numbers)
    if is_plain.all():
        return columns, numbers
    is_plain |= cells.is_empty[:, columns].T
    keeps = is_plain.all(axis=1)  # without columns that have nan or inf
    return np.array(columns)[keeps].tolist(), numbers[keeps]


def _may_be_number(cell: str, decimal: str) -> bool:
    try:
        return not cell.strip() or bool(np.isfinite(float(_with_points(cell, decimal))))
    except ValueError:
        return False


def _with_points(text: str, decimal: str) -> str:
    """Swap commas and points if the decimal separator is a comma."""
    return text if decimal == "." else text.translate(SWAP_COMMA_AND_POINT)


def _load(cells: CellOffsets, columns: list[int], decimal: str) -> Array | None:
    """(columns, rows) numbers, NaN for an empty cell; None if a cell is no number."""
    if not columns:
        return None
    numbers, step = np.empty((len(columns), len(cells))), max(CELLS_AT_ONCE // cells.width, 1)
    for start in range(0, len(cells), step):
        part = slice(start, min(start + step, len(cells)))
        try:
            found = np.loadtxt(
                _lines(cells, part, decimal),
                delimiter=cells.delimiter,
                comments=None,
                usecols=columns,
                ndmin=2,
            )
        except ValueError:
            return None
        if len(found) != part.stop - part.start:
            return None
        numbers[:, part] = found.T
    return numbers


def _lines(cells: CellOffsets, part: slice, decimal: str) -> list[str]:
    """The lines of some rows as texts, with `nan` in empty cells and a decimal point."""
    begin = int(cells.ends[part.start - 1, -1]) + 1 if part.start else 0
    end = int(cells.ends[part.stop - 1, -1]) + 1
    places = cells.starts[part][cells.is_empty[part]].tolist()
    if places:
        edges = pairwise([begin, *places, end])
        text = "nan".join([cells.text[start:stop] for start, stop in edges])
    else:
        text = cells.text[begin:end]
    return _with_points(text, decimal).split("\n")[:-1]


def _are_of_digits(cells: CellOffsets) -> Array:
    """(columns,) whether all non-empty cells have a digit and consist of characters of numbers."""
    codes, shape = np.minimum(cells.codes, 127), cells.ends.shape
    is_digit = (codes >= ZERO) & (codes <= NINE)
    is_strange = ~IS_IN_NUMBERS[codes] & (codes != BLANK)
    is_strange[cells.ends.ravel()] = False
    has_strange, has_digit = (
        np.add.reduceat(mask, cells.starts.ravel(), dtype=np.int32).reshape(shape) > 0
        for mask in (is_strange, is_digit)
    )
    is_wrong: Array = has_strange | ~(has_digit | cells.is_empty)
    return np.asarray(~is_wrong.any(axis=0))
