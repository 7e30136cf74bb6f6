"""Typed files: reads tables whose columns have dtypes: .npz, .parquet and .feather."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nncli.data.column_names import nfc
from nncli.data.memory import available
from nncli.data.reading.chunks import MAX_EXACT_INT, Chunk, reading, refuse_width
from nncli.data.reading.pixel_columns import pixel_names
from nncli.errors import DataError, printable
from nncli.parts.arrays import Array, Shape
from nncli.untrusted_files.array_headers import Malformed
from nncli.untrusted_files.npz import NpzArchive
from nncli.untrusted_files.opening import open_regular

ROWS_A_CHUNK, CELLS_A_CHUNK = 1 << 16, 1 << 16  # at most
NPZ_COPIES = 2  # in memory: of the arrays, and of the encoded columns


class NpzFile:
    """An .npz file: a 1-D array is a column, a 2-D array gives columns name_1, name_2, ...

    An array of 3 or 4 dimensions holds images, (rows, height, width) or (rows, height, width,
    channels), and gives columns name_0_0, name_0_1, ... Nothing is unpickled.
    image_shape: (height, width, channels).  pixels: the names of the pixel columns.
    Raises DataError for arrays that make no table.
    """

    row_word = "row "
    row_indices: frozenset[str] = frozenset()
    non_features: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        self.path = path
        self._columns: dict[str, Array] = {}
        self.image_shape: Shape = ()
        self.pixels: tuple[str, ...] = ()
        for name, array in self._arrays().items():
            name = nfc(name)
            if array.ndim == 1:
                columns = {name: array}
            elif array.ndim == 2:
                columns = {f"{name}_{j}": column for j, column in enumerate(array.T, 1)}
            elif array.ndim in (3, 4) and not self.image_shape:
                self.image_shape = (*array.shape[1:], 1)[:3]
                self.pixels = tuple(pixel_names(name, self.image_shape))
                columns = dict(zip(self.pixels, array.reshape(len(array), -1).T, strict=True))
            else:
                what = "one array of images" if self.image_shape else "1 to 4 dimensions"
                found = f"an array of shape {array.shape}"
                raise DataError(f"{path}: {name}: expected {what}, found {found}")
            if equal := [known for known in columns if known in self._columns]:
                raise DataError(f"{path}: several columns are called '{equal[0]}'")
            self._columns |= columns
        lengths = {len(column) for column in self._columns.values()}
        if len(lengths) != 1:
            listed = ", ".join(f"{name} {len(c):,}" for name, c in list(self._columns.items())[:10])
            raise DataError(f"{path}: expected arrays of as many rows, found {listed or 'none'}")
        self.names = tuple(self._columns)
        self.texts = frozenset(n for n, column in self._columns.items() if column.dtype.kind == "U")

    def _arrays(self) -> dict[str, Array]:
        with reading(self.path), open_regular(self.path) as file:
            try:
                archive = NpzArchive(file, available() // NPZ_COPIES)
                columns = sum(_width(array.shape) for array in archive.arrays.values())
                refuse_width(self.path, columns)
                return {name: archive.read(name) for name in archive.arrays}
            except Malformed as error:
                why = printable(str(error), 300)
                raise DataError(f"{self.path}: {why}", key="data.path") from None

    def count_cells(self) -> int:
        return sum(len(column) for column in self._columns.values())

    def count_rows(self) -> int:
        return len(next(iter(self._columns.values())))

    def chunks(self) -> Iterator[Chunk]:
        rows, step = len(next(iter(self._columns.values()))), _rows_a_chunk(len(self.names))
        for start in range(0, rows, step):
            stop = min(start + step, rows)
            columns = [
                column[start:stop].tolist()
                if column.dtype.kind == "U"
                else column[start:stop].astype(float)
                for column in self._columns.values()
            ]
            yield Chunk(columns, np.arange(start + 1, stop + 1))


def _rows_a_chunk(columns: int) -> int:
    """The number of rows in a chunk."""
    return min(ROWS_A_CHUNK, max(CELLS_A_CHUNK // max(columns, 1), 1))


def _width(shape: tuple[int, ...]) -> int:
    """The number of columns that an array gives."""
    return math.prod(shape[1:])


class ArrowFile:
    """A file that pyarrow reads, a batch of rows at a time.

    Numbers and booleans become floats, all other types (dictionaries, dates) text; null is missing.
    Integers that float64 would round become text. row_indices: the index columns that pandas
    records in the file's metadata.
    """

    row_word = "row "
    non_features: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()
    image_shape: Shape = ()
    pixels: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        self.path = path
        self.schema = self._with_pyarrow(self._read_schema)
        self.names = tuple(map(nfc, self.schema.names))
        self.texts = frozenset(nfc(field.name) for field in self.schema if _is_text(field.type))
        self.row_indices = frozenset(map(nfc, _pandas_index(self.schema))) & set(self.names)

    def _with_pyarrow(self, read: Any) -> Any:
        """Return read(). Raises DataError for pyarrow's errors."""
        try:
            import pyarrow
        except ImportError:
            message = f"{self.path}: reading it needs pyarrow: pip install 'nncli-yaml[parquet]'"
            raise DataError(message, key="data.path") from None
        with reading(self.path):
            open_regular(self.path).close()  # pyarrow would wait for a pipe
            try:
                return read()
            except (pyarrow.ArrowException, ValueError, OverflowError) as error:
                # the last two for names that aren't UTF-8 and dates beyond the year 9999
                why = printable(" ".join(str(error).split()), 300)
                raise DataError(f"{self.path}: can't be read: {why}", key="data.path") from None

    def _read_schema(self) -> Any:
        schema = self._schema()
        names = list(map(nfc, schema.names))
        if equal := [name for name, count in Counter(names).items() if count > 1]:
            listed = ", ".join(f"'{printable(name)}'" for name in equal[:10])
            raise DataError(f"{self.path}: several columns are called {listed}")
        refuse_width(self.path, len(names))
        return schema

    def _schema(self) -> Any:
        raise NotImplementedError

    def _parts(self) -> Iterator[Any]:
        """Yield the record batches of the file."""
        raise NotImplementedError

    def count_cells(self) -> int:
        raise NotImplementedError

    def count_rows(self) -> int:
        return self.count_cells() // len(self.names)

    def arrow_batches(self) -> Iterator[Any]:
        """Yield validated record batches."""
        for batch in self._parts():
            batch.validate(full=True)  # a damaged file could make pyarrow read beyond its memory
            if batch.num_columns != len(self.names):
                raise DataError(f"{self.path}: damaged: its columns aren't those it declares")
            yield batch

    def chunks(self) -> Iterator[Chunk]:
        start, batches = 0, ([*map(_column, batch.columns)] for batch in self.arrow_batches())
        while columns := self._with_pyarrow(lambda: next(batches, None)):
            stop = start + len(columns[0])
            yield Chunk(columns, np.arange(start + 1, stop + 1))
            start = stop


class ParquetFile(ArrowFile):
    """A .parquet file."""

    def _open(self) -> Any:
        from pyarrow import parquet

        return parquet.ParquetFile(self.path)

    def _schema(self) -> Any:
        return self._open().schema_arrow

    def _parts(self) -> Iterator[Any]:
        yield from self._open().iter_batches(batch_size=_rows_a_chunk(len(self.names)))

    def count_cells(self) -> int:
        return int(self._with_pyarrow(lambda: self._open().metadata.num_rows)) * len(self.names)


class FeatherFile(ArrowFile):
    """A .feather file."""

    def _open(self) -> Any:
        from pyarrow import ipc, memory_map

        return ipc.open_file(memory_map(str(self.path)))

    def _schema(self) -> Any:
        return self._open().schema

    def _parts(self) -> Iterator[Any]:
        file = self._open()
        yield from (file.get_batch(index) for index in range(file.num_record_batches))

    def count_cells(self) -> int:
        return self.path.stat().st_size // 4


def _is_text(kind: Any) -> bool:
    """Whether an arrow type is text, or a dictionary of texts."""
    from pyarrow import types

    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _pandas_index(schema: Any) -> frozenset[str]:
    """The columns that were the index of a DataFrame."""
    try:
        described = json.loads((schema.metadata or {})[b"pandas"])
        columns = described["index_columns"]
        return frozenset(column for column in columns if isinstance(column, str))
    except (KeyError, ValueError, TypeError, RecursionError):
        return frozenset()  # not written by pandas


def _is_beyond_exact(column: Any) -> bool:
    """Whether float64 would round some of the integers."""
    from pyarrow import compute

    if column.type.bit_width < 64:
        return False
    ends = compute.min_max(column).as_py()
    return any(end is not None and abs(end) > MAX_EXACT_INT for end in ends.values())


def _column(column: Any) -> Any:
    """An arrow column as float64 with NaN for null, or as strings, empty for null."""
    from pyarrow import types

    kind = column.type
    if types.is_integer(kind) and _is_beyond_exact(column):
        return ["" if value is None else str(value) for value in column.to_pylist()]
    if types.is_boolean(kind) or types.is_integer(kind) or types.is_floating(kind):
        return column.cast("float64", safe=False).to_numpy(zero_copy_only=False).astype(float)
    if types.is_decimal(kind):
        return np.array([np.nan if x is None else float(x) for x in column.to_pylist()])
    if types.is_timestamp(kind):
        column = column.cast("string")  # as Python's own datetime has no nanoseconds
    return ["" if value is None else str(value) for value in column.to_pylist()]
