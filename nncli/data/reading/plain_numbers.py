"""Plain numbers: the columns of numbers among cut cells, by NumPy's reader.

It rounds as `float` does, for both call Python's own conversion of decimals.
"""

from itertools import pairwise

import numpy as np

from nncli.data.reading.cut_cells import BLANK, NINE, ZERO, CutCells
from nncli.parts.arrays import Array

PART = 1 << 16  # cells that are read at a time: what the reader needs besides is small
SWAPPED = str.maketrans(",.", ".,")
NUMBERS = np.isin(np.arange(128), [ord(sign) for sign in "0123456789+-.eE"])


def read_numbers(cells: CutCells, decimal: str) -> tuple[list[int], Array]:
    """(the columns whose cells are finite numbers or empty, (columns, rows) NaN where empty)."""
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
    keeps = is_plain.all(axis=1)  # the others have words: nan, inf
    return np.array(columns)[keeps].tolist(), numbers[keeps]


def _may_be_number(cell: str, decimal: str) -> bool:
    try:
        return not cell.strip() or bool(np.isfinite(float(_with_points(cell, decimal))))
    except ValueError:
        return False


def _with_points(text: str, decimal: str) -> str:
    """With a point for the decimal comma, and a comma for what would be taken for one."""
    return text if decimal == "." else text.translate(SWAPPED)


def _load(cells: CutCells, columns: list[int], decimal: str) -> Array | None:
    """(columns, rows) numbers, NaN where a cell is empty; None if some cells are none."""
    if not columns:
        return None
    numbers, step = np.empty((len(columns), len(cells))), max(PART // cells.width, 1)
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


def _lines(cells: CutCells, part: slice, decimal: str) -> list[str]:
    """Some of the lines, `nan` in empty cells."""
    begin = int(cells.ends[part.start - 1, -1]) + 1 if part.start else 0
    end = int(cells.ends[part.stop - 1, -1]) + 1
    places = cells.starts[part][cells.is_empty[part]].tolist()
    if places:
        edges = pairwise([begin, *places, end])
        text = "nan".join([cells.text[start:stop] for start, stop in edges])
    else:
        text = cells.text[begin:end]
    return _with_points(text, decimal).split("\n")[:-1]


def _are_of_digits(cells: CutCells) -> Array:
    """(columns,) whether cells that aren't empty have a digit, and only signs of numbers."""
    signs, shape = np.minimum(cells.signs, 127), cells.ends.shape
    is_digit = (signs >= ZERO) & (signs <= NINE)
    is_strange = ~NUMBERS[signs] & (signs != BLANK)
    is_strange[cells.ends.ravel()] = False
    has_strange, has_digit = (
        np.add.reduceat(each, cells.starts.ravel(), dtype=np.int32).reshape(shape) > 0
        for each in (is_strange, is_digit)
    )
    is_wrong: Array = has_strange | ~(has_digit | cells.is_empty)
    return np.asarray(~is_wrong.any(axis=0))
