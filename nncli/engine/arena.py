"""Arena: one piece of memory for arrays that hold nothing from one pass to the next.

Steps and evaluations take turns, and each writes such an array whole before it reads it: so both
may have the same memory.
"""

from typing import Any

import numpy as np

from nncli.engine.cost import SMALL
from nncli.parts.arrays import Array

ALIGNMENT = 64  # bytes: a line of the cache


class Arena:
    """Hands out parts of its memory, each once; small arrays had better lie for themselves.

    `lent` gives the same memory to another user.
    """

    def __init__(self, numbers: int, dtype: Any) -> None:
        self._numbers, self._taken = np.zeros(numbers, dtype), 0

    @property
    def dtype(self) -> Any:
        return self._numbers.dtype

    def lent(self) -> "Arena":
        """The whole memory again."""
        other = Arena(0, self.dtype)
        other._numbers = self._numbers
        return other

    def take(self, size: int, dtype: Any) -> Array | None:
        """(size,) numbers that nobody else has of this arena; None if it has no such part left."""
        stop = self._taken + size
        if size <= SMALL or dtype != self.dtype or stop > len(self._numbers):
            return None
        taken, step = self._numbers[self._taken : stop], ALIGNMENT // self.dtype.itemsize
        self._taken = -(-stop // step) * step
        return taken
