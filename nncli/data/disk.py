"""Disk: arrays in unnamed temporary files instead of memory, deleted with their last user.

Files are read and written at offsets instead of mapped, so that they take no address space, which
may be limited; the operating system caches as much as memory allows.
"""

import math
import os
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nncli.errors import FileFailure
from nncli.operating_system import read_at, write_at
from nncli.parts.arrays import Array


def _folder() -> Path:
    """The folder of large temporary files: $TMPDIR, else /var/tmp, which isn't in memory."""
    if os.environ.get("TMPDIR") or not Path("/var/tmp").is_dir():
        from tempfile import gettempdir

        return Path(gettempdir())
    return Path("/var/tmp")


class _UnnamedFile:
    """A temporary file without a name, which is deleted when it is closed, even by a crash."""

    def __init__(self) -> None:
        self._folder = _folder()
        try:
            from tempfile import TemporaryFile

            with TemporaryFile(dir=self._folder) as file:
                self._descriptor = os.dup(file.fileno())
        except OSError as error:
            raise FileFailure(f"{self._folder}: {error.strerror or error}") from error
        weakref.finalize(self, os.close, self._descriptor)

    def _write(self, values: Array, offset: int) -> None:
        """Write an array's bytes at an offset. Raises FileFailure on a full disk."""
        left = _bytes(np.ascontiguousarray(values))
        try:
            while left:
                written = write_at(self._descriptor, left, offset)
                left, offset = left[written:], offset + written
        except OSError as error:
            reason = f"{error.strerror}: numbers are kept there; $TMPDIR moves them"
            raise FileFailure(f"{self._folder}: {reason}") from error

    def _read(self, into: Array, offset: int) -> None:
        """Fill a contiguous array with the bytes at an offset."""
        left = _bytes(into)
        while left:
            count = read_at(self._descriptor, left, offset)
            if not count:
                raise FileFailure(f"{self._folder}: a file of numbers was cut short")
            left, offset = left[count:], offset + count


def _bytes(values: Array) -> memoryview:
    """The memory of a contiguous array, as bytes."""
    return values.data.cast("B") if values.size else memoryview(b"")


class ColumnFile(_UnnamedFile):
    """(rows, columns) float64, appended a block at a time.

    `x[a:b]` and `x[indices]` return rows, `x[:, j]` a column, all as new arrays. The last block
    from which rows were read is cached.
    is_needed: whether the numbers don't fit into memory.
    """

    dtype = np.dtype(float)

    def __init__(self, columns: int, *, is_needed: bool = True) -> None:
        super().__init__()
        self._starts, self._columns, self.is_needed = [0], columns, is_needed
        self._chosen = np.arange(columns)
        self._last: tuple[int, Array] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        return self._starts[-1], len(self._chosen)

    def __len__(self) -> int:
        return self._starts[-1]

    def append(self, block: Array) -> None:
        """Add rows. block: (columns, rows)."""
        self._write(block, self._starts[-1] * self._columns * 8)
        self._starts.append(self._starts[-1] + block.shape[1])

    def select(self, columns: list[int]) -> "ColumnFile":
        """A view of the same file with these columns only."""
        other = object.__new__(ColumnFile)
        other.__dict__.update(self.__dict__, _owner=self)  # keeps the file open
        other._chosen = self._chosen[columns]
        return other

    def block(self, number: int) -> Array:
        """(columns, rows) the block that was appended as number `number`, from 0."""
        first, last = self._starts[number], self._starts[number + 1]
        values = np.empty((self._columns, last - first))
        self._read(values, first * self._columns * 8)
        return values

    def blocks(self) -> Iterator[Array]:
        """Yield each block, in order."""
        return map(self.block, range(len(self._starts) - 1))

    def _piece(self, block: int, column: int) -> Array:
        first, last = self._starts[block], self._starts[block + 1]
        piece = np.empty(last - first)
        self._read(piece, (first * self._columns + column * (last - first)) * 8)
        return piece

    def __getitem__(self, key: Any) -> Array:
        if isinstance(key, tuple):
            every, column = key
            assert every == slice(None)
            chosen, blocks = int(self._chosen[column]), range(len(self._starts) - 1)
            return np.concatenate([self._piece(block, chosen) for block in blocks] or [np.empty(0)])
        rows = np.arange(*key.indices(len(self))) if isinstance(key, slice) else np.asarray(key)
        values = np.empty((len(rows), len(self._chosen)))
        owner = np.searchsorted(self._starts, rows, "right") - 1
        for number in np.unique(owner).tolist():
            mine = np.flatnonzero(owner == number)
            if self._last is None or self._last[0] != number:
                self._last = None  # frees it before the next block is read
                self._last = number, self.block(number)
            within = rows[mine] - self._starts[number]
            values[mine] = self._last[1][self._chosen[:, None], within].T
        return values


class RowFile(_UnnamedFile):
    """(rows, columns) numbers of one dtype, appended a block at a time, read row by row.

    columns: None for (rows,) numbers.
    `x[a:b]` returns a new array; `x.take(rows, 0, out, "clip")` fills `out`, as ndarray.take does.
    """

    def __init__(self, columns: int | None, dtype: Any) -> None:
        super().__init__()
        self.dtype, self._rows = np.dtype(dtype), 0
        self._row = () if columns is None else (columns,)
        self._row_bytes = math.prod(self._row) * self.dtype.itemsize

    @property
    def shape(self) -> tuple[int, ...]:
        return self._rows, *self._row

    def __len__(self) -> int:
        return self._rows

    def append(self, block: Array) -> None:
        """Add rows. block: (rows, columns)."""
        self._write(block.astype(self.dtype, copy=False), self._rows * self._row_bytes)
        self._rows += len(block)

    def __getitem__(self, key: slice) -> Array:
        start, stop, step = key.indices(self._rows)
        assert step == 1
        rows = np.empty((max(stop - start, 0), *self._row), self.dtype)
        if rows.size:
            self._read(rows, start * self._row_bytes)
        return rows

    def take(self, indices: Array, axis: int, out: Array, mode: str = "clip") -> Array:
        """Write the rows `indices` into `out`, (len(indices), columns) or (len(indices),)."""
        assert axis == 0
        size, descriptor = self._row_bytes, self._descriptor
        buffers = _bytes(out)
        for place, row in enumerate(indices.tolist() if size else ()):
            view = buffers[place * size : (place + 1) * size]
            if read_at(descriptor, view, row * size) != size:
                self._read(out[place : place + 1], row * size)
        return out


class ArrayFile(_UnnamedFile):
    """Several arrays, written and read back as a whole, any number of times."""

    def write(self, arrays: Sequence[Array]) -> None:
        """Write the arrays. Raises FileFailure on a full disk."""
        start = 0
        for array in arrays:
            self._write(array, start)
            start += array.nbytes

    def read(self, arrays: Sequence[Array]) -> None:
        """Fill contiguous arrays with the arrays last written, in the same order."""
        start = 0
        for array in arrays:
            self._read(array, start)
            start += array.nbytes
