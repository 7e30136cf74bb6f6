"""Places: where the operands of recorded calls are in memory."""

from typing import Any

import numpy as np

from nncli.frozen import frozen
from nncli.parts.arrays import Array, Shape


class Untranslatable(Exception):
    """A tape has a call that only NumPy can carry out; the message names it."""


@frozen
class Place:
    """An array in memory. strides: in elements, not bytes.

    value: the value of all its elements, if it is a constant.
    is_drawn: whether it is a part of the step's random numbers; `address` is then the offset in
    them.
    """

    address: int
    shape: Shape
    strides: tuple[int, ...]
    value: float | None = None
    is_drawn: bool = False

    @classmethod
    def of(cls, array: Any, dtype: np.dtype[Any]) -> "Place":
        """The place of an array. Raises Untranslatable unless it is a plain one of this dtype."""
        if not isinstance(array, np.ndarray) or array.dtype != dtype:
            raise Untranslatable(f"an operand isn't an array of {dtype}")
        if not array.flags.aligned or not array.size:
            raise Untranslatable("an array is empty or lies askew")
        strides = tuple(step // dtype.itemsize for step in array.strides)
        if any(stride < 0 for stride in strides):
            raise Untranslatable("an array runs backwards")
        return cls(address_of(array), array.shape, strides, _value(array))

    @property
    def transposed(self) -> "Place":
        return Place(self.address, self.shape[::-1], self.strides[::-1])

    def from_column(self, first: int, dtype: np.dtype[Any]) -> "Place":
        """The matrix without its columns before `first`."""
        shape = self.shape[0], self.shape[1] - first
        return Place(self.address + first * self.strides[1] * dtype.itemsize, shape, self.strides)

    def shares_memory(self, other: "Place", itemsize: int) -> bool:
        """Whether the memory of the two may overlap."""
        if self.is_drawn or other.is_drawn:
            return False
        return (
            self.address < other.address + other._extent * itemsize
            and other.address < self.address + self._extent * itemsize
        )

    @property
    def _extent(self) -> int:
        """The number of elements from the first to the last address."""
        pairs = zip(self.shape, self.strides, strict=True)
        return 1 + sum((size - 1) * stride for size, stride in pairs)

    def strides_over(self, shape: Shape) -> tuple[int, ...]:
        """The strides of this place, broadcast to a shape."""
        pairs = zip(self.shape, self.strides, strict=True)
        own = (stride if size > 1 else 0 for size, stride in pairs)
        return (*(0,) * (len(shape) - len(self.shape)), *own)


def address_of(array: Array) -> int:
    """The address of an array's first element."""
    return int(array.__array_interface__["data"][0])


def _value(array: Array) -> float | None:
    """The value of a read-only constant that a tape has made; None for any other array."""
    if array.flags.writeable or array.base is not None:
        return None
    first = array.flat[0]
    return float(first) if (array == first).all() else None
