"""Memory: the value that each array of a recording holds at present, and its views as nodes."""

from typing import Any

import numpy as np

from nncli.errors import UserError
from nncli.export.onnx.graph import Value
from nncli.parts.arrays import Array


def place(array: Array) -> tuple[object, ...]:
    """A key that is equal for arrays that are the same memory in the same order."""
    axes = zip(array.strides, array.shape, strict=True)
    strides = tuple(stride if size > 1 else 0 for stride, size in axes)
    return array.__array_interface__["data"][0], array.shape, strides, array.dtype


class Memory:
    """The values that arrays hold."""

    def __init__(self) -> None:
        self._held: dict[tuple[object, ...], tuple[Array, Value]] = {}

    def put(self, array: Array, value: Value) -> None:
        """Let an array hold a value; the values of its views are forgotten.

        Raises UserError if the array is only a piece of one that holds a value.
        """
        for key, (other, _) in list(self._held.items()):
            if key != place(array) and np.shares_memory(other, array):
                if other.size > array.size:
                    raise UserError("a part writes into a piece of an array, which no node can do")
                del self._held[key]
        self._held[place(array)] = array, value

    def get(self, array: Array) -> Value | None:
        """The value of an array; None if nothing has written to it.

        Raises UserError for a view that no node computes.
        """
        if (held := self._held.get(place(array))) is not None:
            return held[1]
        for base, value in self._held.values():
            if array.size and np.may_share_memory(array, base):
                if array.dtype == base.dtype and (view := _view(array, base, value)) is not None:
                    return view
                if np.shares_memory(array, base):
                    raise UserError("a part reads a view of an array that no node makes")
        return None


def _view(array: Array, base: Array, value: Value) -> Value | None:
    """A transposed, reshaped, squeezed or sliced array as a node; None for another view."""
    if base.ndim == 2 and place(base.T) == place(array):
        return _node("Transpose", value)
    if base.size == 1 == array.size:
        return _node("Reshape", value, array.shape)
    for axis in range(base.ndim + 1):
        if place(np.expand_dims(base, axis)) == place(array):
            return _node("Unsqueeze", value, [axis])
    for axis in range(base.ndim):
        if base.shape[axis] == 1 and place(base.squeeze(axis)) == place(array):
            return _node("Squeeze", value, [axis])
    if place(base.reshape(-1)) == place(array.reshape(-1)) and len(array) == len(base):
        return _node("Reshape", value, [0, *array.shape[1:]])  # 0: any number of rows
    return _slice(array, base, value)


def _slice(array: Array, base: Array, value: Value) -> Value | None:
    """A slice along one axis that isn't the rows; None for another view."""
    if array.ndim != base.ndim or array.strides != base.strides:
        return None
    axes = [axis for axis in range(base.ndim) if array.shape[axis] != base.shape[axis]]
    if len(axes) != 1 or axes == [0]:
        return None
    [axis] = axes
    offset = array.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    start, rest = divmod(offset, base.strides[axis])
    if rest or start < 0:
        return None
    return _node("Slice", value, [start], [start + array.shape[axis]], [axis])


def _node(kind: str, value: Value, *numbers: Any) -> Value:
    """A node with lists of integers as its other operands."""
    return value.apply(kind, *(np.array(each, dtype=np.int64) for each in numbers))
