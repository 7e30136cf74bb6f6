"""Rows: the inputs of a set of rows, in memory or on disk."""

from typing import Any, Protocol

import numpy as np

from nncli.parts.arrays import Array


class StoredRows(Protocol):
    """(rows, inputs) numbers that don't lie in memory: all that the engine asks of them."""

    @property
    def shape(self) -> tuple[int, int]: ...

    @property
    def dtype(self) -> np.dtype[Any]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice, /) -> Array:
        """A copy of successive rows."""
        ...

    def take(self, index: Array, axis: int, out: Array, mode: str, /) -> Array:
        """Write the rows at `index` into `out`, as an array's own `take` does."""
        ...


Inputs = Array | StoredRows
