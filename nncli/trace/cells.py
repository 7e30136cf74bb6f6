"""Cells: an array as rows of cells, with the middle of long and wide ones left out."""

from collections.abc import Callable, Iterator

from nncli.engine.notation import written
from nncli.trace.arithmetic import Index
from nncli.trace.tensor import Tensor

LONGEST = 12  # rows or columns that are all shown
ENDS = 3  # of longer ones, so many from either end
GAP = "..."
Cell = Callable[[Tensor, Index], str]


def number(tensor: Tensor, index: Index) -> str:
    """The value at one place."""
    return written(float(tensor.values[index]))


def grid(tensor: Tensor, cell: Cell = number) -> list[list[str]]:
    """The cells that are shown, row by row; a vector is one row, a number one cell.

    cell: what stands at a place.
    """
    rows, columns = shape(tensor)
    lines = []
    for row in shown(rows):
        across = [GAP if GAP in (row, column) else "" for column in shown(columns)]
        for place, column in enumerate(shown(columns)):
            if isinstance(row, int) and isinstance(column, int):
                across[place] = cell(tensor, index_of(tensor, row, column))
        lines.append(across)
    return lines


def shape(tensor: Tensor) -> tuple[int, int]:
    """Rows and columns of the grid, of which none is left out."""
    rows, columns = (1, 1, *tensor.values.shape)[-2:]
    return rows, columns


def index_of(tensor: Tensor, row: int, column: int) -> Index:
    """The place in the array of a place in its grid."""
    return (row, column)[2 - tensor.values.ndim :] if tensor.values.ndim else ()


def shown(count: int) -> list[int | str]:
    """0, 1, 2, "...", 97, 98, 99 of 100."""
    if count <= LONGEST:
        return list(range(count))
    return [*range(ENDS), GAP, *range(count - ENDS, count)]


def places(tensor: Tensor) -> Iterator[Index]:
    """Where the cells that are shown stand in the array."""
    rows, columns = shape(tensor)
    for row in shown(rows):
        for column in shown(columns):
            if isinstance(row, int) and isinstance(column, int):
                yield index_of(tensor, row, column)
