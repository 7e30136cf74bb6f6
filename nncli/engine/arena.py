"""Arena: one block of memory for arrays whose content is needed only within one pass.

Training steps and evaluations take turns, and each fills such an array before it reads it, so both
can use the same memory.
"""

from typing import Any

import numpy as np

from nncli.engine.cost import SMALL
from nncli.parts.arrays import Array

ALIGNMENT = 64  # bytes of a cache line


class Arena:
    """Allocates arrays in one block of memory, one after the other.

    `take` returns None for small arrays, which are better allocated separately.
    """

    def __init__(self, numbers: int, dtype: Any) -> None:
        self._numbers, self._taken = np.zeros(numbers, dtype), 0

    @property
    def dtype(self) -> Any:
        return self._numbers.dtype

    def lent(self) -> "Arena":
        """An arena on the same memory, with nothing allocated, for another user."""
        other = Arena(0, self.dtype)
        other._numbers = self._numbers
        return other

    def take(self, size: int, dtype: Any) -> Array | None:
        """(size,) numbers of the block that nobody else has taken; None if too few are left."""
        stop = self._taken + size
        if size <= SMALL or dtype != self.dtype or stop > len(self._numbers):
            return None
        taken, step = self._numbers[self._taken : stop], ALIGNMENT // self.dtype.itemsize
        self._taken = -(-stop // step) * step
        return taken
