"""One-hot rows: targets of many classes, kept as class indices and expanded batch by batch."""

from typing import Any

import numpy as np

from nncli.parts.arrays import Array


class OneHotRows:
    """(rows, classes) with `on` at each row's class and `off` elsewhere, stored as class indices.

    The engine reads rows by `x[a:b]` and `x.take`, as of a RowFile.
    """

    def __init__(self, y: Array, classes: int, off: float, on: float, dtype: Any) -> None:
        self.y, self.off, self.on = y, off, on
        self.shape, self.dtype = (len(y), classes), np.dtype(dtype)

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, rows: slice) -> Array:
        chosen = self.y[rows]
        out = np.empty((len(chosen), self.shape[1]), self.dtype)
        self._write(chosen, out)
        return out

    def take(self, index: Array, axis: int, out: Array, mode: str) -> None:
        """Write the rows at `index` into `out`; axis is 0, and every index exists."""
        self._write(self.y.take(index), out)

    def _write(self, classes: Array, out: Array) -> None:
        out.fill(self.off)
        out[np.arange(len(classes)), classes] = self.on
