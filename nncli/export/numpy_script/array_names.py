"""Names: what lines call the arrays of a tape, told by their memory."""

import ast
import copy
from collections.abc import Callable, Mapping
from typing import Any

from nncli.export.numpy_script.literals import expression
from nncli.parts.arrays import Array


class Names:
    """Array -> the expression for it: a name, or a view of one such as `W1.T`.

    draws: calls that fill an array with random numbers, and the formula for it, where `_0` is the
    array's shape.
    """

    def __init__(self, draws: Mapping[Callable[..., Any], str] | None = None) -> None:
        self.draws = draws or {}
        self._views: dict[tuple[object, ...], ast.expr] = {}
        self._taken: set[str] = set()

    def add(self, name: str, array: Array) -> None:
        """Call an array `name`, unless its memory has a name already."""
        self._taken.add(name)
        self._views.setdefault(_memory(array), expression(name))
        if array.size == 1:  # spread over a larger array as it is
            self._views.setdefault(_memory(array.reshape(())), expression(name))
        if array.ndim == 2:
            self._views.setdefault(_memory(array.T), expression(f"{name}.T"))
        if array.ndim == 1:
            self._views.setdefault(_memory(array[:, None]), expression(f"{name}[:, None]"))

    def add_scratch(self, array: Array) -> None:
        """Find a name for an array that a tape writes to and nobody has named."""
        if _memory(array) in self._views:
            return
        stem = "scratch" if array.ndim else "scale"
        number = 1
        while (name := stem if number == 1 else f"{stem}_{number}") in self._taken:
            number += 1
        self.add(name, array)

    def find(self, array: Array) -> ast.expr | None:
        """The expression for an array; None if it has no name."""
        found = self._views.get(_memory(array))
        return copy.deepcopy(found)


def _memory(array: Array) -> tuple[object, ...]:
    return array.__array_interface__["data"][0], array.shape, array.strides, array.dtype
