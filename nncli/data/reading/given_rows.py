"""Given rows: reads a DataFrame, a list of dicts or a dict of columns as if it were a file."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

import numpy as np

from nncli.data.column_names import nfc
from nncli.data.reading.chunks import MAX_EXACT_INT, Chunk
from nncli.data.targets import cell_text
from nncli.errors import UserError, printable
from nncli.parts.arrays import Array, Shape

SOURCE = "rows"  # the file's name in messages, as in `rows:row 3`
NULL_TYPES = ("NoneType", "NAType", "NaTType")


class GivenRows:
    """A table in memory.

    formats: by date column, the training file's format; dates in other columns become ISO 8601.
    Raises UserError for anything that is no table.

    >>> rows = GivenRows([{"age": 3, "place": "Bonn"}, {"age": None, "place": "Köln"}])
    >>> rows.names, next(rows.chunks()).columns
    (('age', 'place'), [array([ 3., nan]), ['Bonn', 'Köln']])
    """

    row_word = "row "
    texts: frozenset[str] = frozenset()
    row_indices: frozenset[str] = frozenset()
    non_features: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()
    image_shape: Shape = ()
    pixels: tuple[str, ...] = ()

    def __init__(self, rows: Any, formats: Mapping[str, str | None] | None = None) -> None:
        columns = _columns(rows)
        self.names = tuple(nfc(str(name)) for name, _ in columns)
        if equal := [name for name in self.names if self.names.count(name) > 1]:
            raise UserError(f"{SOURCE}: several columns are called '{printable(equal[0])}'")
        self._cells = {
            name: _cells(values, (formats or {}).get(name))
            for name, (_, values) in zip(self.names, columns, strict=True)
        }
        lengths = {name: len(cells) for name, cells in self._cells.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name} {count:,}" for name, count in [*lengths.items()][:10])
            raise UserError(f"{SOURCE}: expected columns of as many rows, found {listed}")
        self.rows = next(iter(lengths.values()), 0)

    def chunks(self) -> Iterator[Chunk]:
        yield Chunk([*self._cells.values()], np.arange(1, self.rows + 1))

    def count_cells(self) -> int:
        return self.rows * len(self.names)

    def count_rows(self) -> int:
        return self.rows


def _columns(rows: Any) -> list[tuple[Any, Any]]:
    """(name, values) of each column, in order."""
    if isinstance(rows, Mapping):
        is_one_row = bool(rows) and all(_is_cell(value) for value in rows.values())
        return [(name, [value] if is_one_row else value) for name, value in rows.items()]
    if hasattr(rows, "columns") and hasattr(rows, "shape"):  # pandas, polars
        positions = range(len(rows.columns))
        iloc = getattr(rows, "iloc", None)
        return [
            (name, rows[name] if iloc is None else iloc[:, place])
            for name, place in zip(rows.columns, positions, strict=True)
        ]
    if isinstance(rows, Sequence) and rows and all(isinstance(row, Mapping) for row in rows):
        return _transposed(rows)
    found = "no row" if isinstance(rows, Sequence) and not rows else type(rows).__name__
    raise UserError(
        f"{SOURCE}: expected a DataFrame, a list of dicts (one a row) or a dict of columns, "
        f"found {found}"
    )


def _transposed(rows: Sequence[Mapping[Any, Any]]) -> list[tuple[Any, list[Any]]]:
    """(name, values) of each column of a list of dicts. Raises UserError for different keys."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    for number, row in enumerate(rows, start=1):
        if lacking := [name for name in names if name not in row]:
            named = printable(str(lacking[0]))
            raise UserError(
                f"{SOURCE}:row {number}: lacks '{named}', which other rows have (None says that it "
                "is missing)"
            )
    return [(name, [row[name] for row in rows]) for name in names]


def _is_cell(value: Any) -> bool:
    return isinstance(value, str) or not hasattr(value, "__len__")


def _cells(values: Any, date_format: str | None) -> Array | list[str]:
    """A column as float64 with NaN for missing, or as strings, empty for missing."""
    array = values if isinstance(values, list | tuple) else np.asanyarray(values)  # keeps a mask
    if isinstance(array, np.ndarray) and array.ndim != 1:
        raise UserError(
            f"{SOURCE}: expected columns of single values, found {array.ndim} dimensions"
        )
    if isinstance(array, np.ndarray) and array.dtype.kind in "bf":
        return np.ma.filled(array.astype(float), np.nan)
    cells = [None if _is_missing(value) else value for value in _as_python(array)]
    if all(value is None or _is_exact(value) for value in cells):
        return np.array([np.nan if value is None else value for value in cells], dtype=float)
    return ["" if value is None else _text(value, date_format) for value in cells]


def _is_exact(value: Any) -> bool:
    """Whether float64 represents a cell exactly: a number or a boolean."""
    if isinstance(value, int | np.integer):
        return abs(int(value)) <= MAX_EXACT_INT
    return isinstance(value, float | np.number | Decimal)


def _as_python(array: Any) -> list[Any]:
    """The values of an array or sequence, None where masked."""
    if isinstance(array, np.ndarray) and array.dtype.kind == "M":
        array = array.astype("datetime64[us]")  # tolist makes integers of nanoseconds
    return array.tolist() if isinstance(array, np.ndarray) else list(array)


def _is_missing(value: Any) -> bool:
    return type(value).__name__ in NULL_TYPES or (
        isinstance(value, float | np.floating | Decimal) and value != value
    )


def _text(value: Any, date_format: str | None) -> str:
    """A cell as it is written in a text file."""
    if isinstance(value, date | time):
        return value.strftime(date_format) if date_format else value.isoformat()
    if isinstance(value, bool | np.bool_):
        return cell_text(bool(value))
    if isinstance(value, float):
        return cell_text(value)
    return str(value)
