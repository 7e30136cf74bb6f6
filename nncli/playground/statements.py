"""Statements: a recorded tape with names for arrays.

A part is recorded on arrays whose axes all have different lengths, so that a length identifies the
axis: rows, inputs, units. A statement is ["tanh", "a", "z"]: the operation, the name of the array
it writes, and those it reads. ["T", "W"] is W transposed, ["column", "w"] is w as a column, and a
number or an expression of keys stands for itself.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nncli.engine.operations import Copy, Draw, Elementwise, Operation, Product, Reduction
from nncli.errors import UserError
from nncli.parts.arrays import Array
from nncli.playground.symbols import Notebook

Statement = list[Any]


class Names:
    """The names of arrays, and of the axes by their lengths."""

    def __init__(self, lengths: Mapping[str, int], notebook: Notebook) -> None:
        self.notebook = notebook
        self.shapes: dict[str, list[Any]] = {}
        self._counts = {length: name for name, length in lengths.items()}
        self._views: dict[tuple[Any, ...], Any] = {}
        self._kept: list[Array] = []  # keeps arrays alive, so that no other gets their memory

    def add(self, name: str, array: Array) -> None:
        """Name an array, unless it has a name."""
        self._kept.append(array)
        if _memory(array) in self._views:
            return
        self.shapes[name] = self.shape(array)
        self._views[_memory(array)] = name
        if array.ndim == 2:
            self._views.setdefault(_memory(array.T), ["T", name])
        if array.ndim == 1:
            self._views.setdefault(_memory(array[:, None]), ["column", name])

    def shape(self, array: Array) -> list[Any]:
        """`["rows", "units"]`; an axis of length 1 is 1."""
        try:
            return [1 if n == 1 else self._counts[n] for n in array.shape]
        except KeyError:
            raise UserError(f"a part works with an array of {array.shape}") from None

    def target(self, array: Array) -> str:
        """The name of an array that is written; a new one is given a name."""
        if _memory(array) not in self._views:
            self.add(f"work_{len(self.shapes)}", array)
        found = self._views[_memory(array)]
        if not isinstance(found, str):
            raise UserError("a part writes into a piece of an array")
        return found

    def operand(self, value: Any) -> Any:
        """An array that is read: a name, a view, a number or an array of ones."""
        array = np.asarray(value)
        found = self._views.get(_memory(array))
        if found is not None:
            return found
        if array.ndim == 0:
            return self.notebook.meaning(float(array))
        if (array == 1.0).all():
            return ["ones", *self.shape(array)]
        raise UserError("a part reads an array that is neither its own nor given")


def _memory(array: Array) -> tuple[Any, ...]:
    return array.__array_interface__["data"][0], array.shape, array.strides


def statement(operation: Operation, names: Names) -> Statement:
    """The statement of an operation. Raises UserError for one that isn't supported."""
    match operation:
        case Elementwise(ufunc, operands, target):
            read = [names.operand(each) for each in operands]
            return [ufunc.__name__, names.target(target), *read]
        case Copy(source, target):
            return ["positive", names.target(target), names.operand(source)]
        case Product(left, right, target):
            return ["dot", names.target(target), names.operand(left), names.operand(right)]
        case Reduction(ufunc, source, axis, _, target) if source.ndim == 2 and axis in (1, -1):
            return [f"{ufunc.__name__}_units", names.target(target), names.operand(source)]
        case Draw(_, target):
            return ["uniform", names.target(target)]
    name = getattr(operation, "name", type(operation).__name__.lower())
    raise UserError(f"a part calls {name}, for which the page has no words")


def ufuncs_of(fragments: Any) -> set[str]:
    """The names of all ufuncs that statements call, anywhere in these fragments."""
    if isinstance(fragments, dict):
        return set().union(*map(ufuncs_of, fragments.values()))
    if not isinstance(fragments, list) or not fragments or not isinstance(fragments[0], list):
        return set()
    return (
        {each[0] for each in fragments}
        - {"dot", "uniform"}
        - {each[0] for each in fragments if each[0].endswith("_units")}
    )
