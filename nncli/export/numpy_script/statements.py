"""Statements: a recorded tape as lines of NumPy, such as `z1 = np.dot(x, W1)`.

Each operation becomes `name = expression`: an array is identified by its memory, and a number that
differs between recordings for different batches becomes a formula in `rows`. Operations, operands
and order stay the same, so the lines compute the same bits.
"""

import ast
import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from nncli.engine.operations import (
    Composite,
    Concatenate,
    Copy,
    Draw,
    Elementwise,
    Gather,
    Opaque,
    Operation,
    Product,
    Reduction,
    ScatterAdd,
)
from nncli.engine.tape import SIZE_MATTERS
from nncli.engine.ufuncs import UFUNCS
from nncli.errors import UserError
from nncli.export.numpy_script.convolution_calls import CompositeCall, composite_calls
from nncli.export.numpy_script.expressions import (
    Literals,
    dtype_argument,
    expression,
    substituted,
    type_name,
)
from nncli.frozen import frozen
from nncli.parts.arrays import Array

MAX_CONSTANT_SIZE = 64  # numbers of a kernel's own array, up to which they are written out


def _memory(array: Array) -> tuple[Any, ...]:
    return array.__array_interface__["data"][0], array.shape, array.strides, array.dtype


class ArrayNames:
    """The expressions for arrays: a name, or a view of a named array such as `W1.T`."""

    def __init__(self) -> None:
        self._views: dict[tuple[object, ...], ast.expr] = {}
        self._matrices: dict[str, Array] = {}
        self._taken: set[str] = set()
        self._named: dict[str, Array] = {}

    def add(self, name: str, array: Array) -> None:
        """Name an array, unless its memory has a name already."""
        self._taken.add(name)
        self._named.setdefault(name, array)
        self._views.setdefault(_memory(array), expression(name))
        if array.size == 1:  # a scalar is broadcast in the same way
            self._views.setdefault(_memory(array.reshape(())), expression(name))
        if array.ndim == 2:
            self._matrices.setdefault(name, array)
            self._views.setdefault(_memory(array.T), expression(f"{name}.T"))
        if array.ndim == 1:
            self._views.setdefault(_memory(array[:, None]), expression(f"{name}[:, None]"))

    def add_scratch(self, array: Array) -> None:
        """Name an array that a tape writes to, unless it has a name."""
        if _memory(array) in self._views:
            return
        stem = "scratch" if array.ndim else "scale"
        number = 1
        while (name := stem if number == 1 else f"{stem}_{number}") in self._taken:
            number += 1
        self.add(name, array)

    def find(self, array: Array) -> ast.expr | None:
        """The expression for an array; None if it has no name."""
        found = self._views.get(_memory(array)) or self._piece(array) or self._reshaped(array)
        return copy.deepcopy(found)

    def _reshaped(self, array: Array) -> ast.expr | None:
        """A named array in another shape: `x.reshape(-1, 8, 8, 1)`; None if it isn't one."""
        if not array.flags.c_contiguous:
            return None
        for name, whole in self._named.items():
            is_same = _memory(array)[0] == _memory(whole)[0] and array.size == whole.size
            if is_same and whole.flags.c_contiguous and array.dtype == whole.dtype:
                shape = ", ".join(["-1", *map(str, array.shape[1:])])
                return expression(f"{name}.reshape({shape})")
        return None

    def _piece(self, array: Array) -> ast.expr | None:
        """Columns of a named matrix: `a0[:, 4:12]`; None if it isn't that."""
        for name, whole in self._matrices.items():
            if array.ndim != 2 or array.strides != whole.strides or len(array) != len(whole):
                continue
            start, rest = divmod(_memory(array)[0] - _memory(whole)[0], whole.strides[1] or 1)
            end = start + array.shape[1]
            if array.dtype == whole.dtype and not rest and 0 <= start < end <= whole.shape[1]:
                return expression(f"{name}[:, {start}:{end}]")
        return None


@frozen
class Recording:
    """The operations of a tape, the names of their arrays, and the number of rows in its batch."""

    operations: Sequence[Operation]
    names: ArrayNames
    rows: int = 0


@frozen
class Statement:
    """`target = value`. draws: whether it draws random numbers."""

    target: str
    value: ast.expr
    draws: bool = False

    @property
    def text(self) -> str:
        """The value as code."""
        return ast.unparse(self.value)

    @property
    def reads(self) -> list[str]:
        """The names in the value, once per occurrence."""
        return [node.id for node in ast.walk(self.value) if isinstance(node, ast.Name)]


def _elementwise(function: np.ufunc) -> str:
    """A ufunc of _0, _1, ... as a NumPy or SciPy expression; truth values become numbers."""
    if function in UFUNCS:
        return UFUNCS[function].numpy
    name = function.__name__
    if getattr(np, name, None) is function:
        called = f"np.{name}"
    else:
        import scipy.special

        if getattr(scipy.special, name, None) is not function:
            raise UserError(f"a part calls {name}, which neither NumPy nor SciPy has")
        called = f"scipy.special.{name}"
    operands = ", ".join(f"_{number}" for number in range(function.nin))
    truths = any(each.endswith("->?") and each[0] in "fd" for each in function.types)
    return f"{called}({operands}){' + 0.0' if truths else ''}"


def _reduction(function: np.ufunc) -> str:
    """The NumPy function that reduces an axis by a ufunc."""
    named = UFUNCS[function].reduction if function in UFUNCS else ""
    return named or f"np.{function.__name__}.reduce"


@frozen
class _Formula:
    """`target = text`, where _0, _1, ... stand for the operands.

    shape: of the value, before it is broadcast to the target.
    """

    text: str
    operands: tuple[Any, ...]
    target: Array
    shape: tuple[int, ...]
    draws: bool = False


def _formula(operation: Operation | CompositeCall, dtype: np.dtype[Any]) -> _Formula:
    """The formula of an operation. Raises UserError if it isn't a single NumPy expression."""
    match operation:
        case CompositeCall(text, arrays, target):
            return _Formula(text, arrays, target, target.shape)
        case Elementwise(ufunc, operands, target):
            shape = np.broadcast_shapes(*map(np.shape, operands))
            return _Formula(_elementwise(ufunc), operands, target, shape)
        case Reduction(ufunc, source, axis, has_kept_axis, target):
            kept = ", keepdims=True" if has_kept_axis else ""
            text = f"{_reduction(ufunc)}(_0, axis={axis}{kept})"
            return _Formula(text, (source,), target, target.shape)
        case Product(left, right, target):
            return _Formula("np.dot(_0, _1)", (left, right), target, target.shape)
        case Copy(source, target):
            return _Formula("_0", (source,), target, np.shape(source))
        case Draw(_, target):
            draw = f"dropout.random(_0{dtype_argument(dtype)})"
            return _Formula(draw, (target.shape,), target, target.shape, draws=True)
        case Concatenate() | Gather() | ScatterAdd():
            return _row_formula(operation)
        case Opaque() | Composite():
            name = operation.name
    raise UserError(f"a part calls {name}, for which there is no line of NumPy")


def _row_formula(operation: Concatenate | Gather | ScatterAdd) -> _Formula:
    """The formula of an operation that moves rows or columns of arrays."""
    match operation:
        case Concatenate(sources, axis, target):
            pieces = ", ".join(f"_{number}" for number in range(len(sources)))
            operands, text = sources, f"np.concatenate([{pieces}], axis={axis})"
        case Gather(source, index, axis, target):
            operands, text = (source, index), f"np.take(_0, _1, axis={axis})"
            text = text if axis else "_0[_1]"
        case ScatterAdd(source, index, target):
            operands, text = (target, index, source), "add_rows(_0, _1, _2)"
    return _Formula(text, operands, target, target.shape)


class _Translator:
    """Translates an operation, as in each recording, to a statement with the first one's names."""

    def __init__(self, recordings: Sequence[Recording], literals: Literals) -> None:
        self.names, self.literals = recordings[0].names, literals
        self.dtype = type_name(literals.dtype)
        self.rows = [recording.rows for recording in recordings]
        self.written: set[str] = set()

    def __call__(self, operations: Sequence[Operation | CompositeCall]) -> Statement:
        formulas = [_formula(operation, self.literals.dtype) for operation in operations]
        first = formulas[0]
        self.names.add_scratch(first.target)
        if len({each.text for each in formulas}) > 1:
            raise UserError(SIZE_MATTERS)
        alike = zip(*(each.operands for each in formulas), strict=True)
        operands = [self._operand(values) for values in alike]
        if self._has_only_numbers(first, operands):
            operands = [expression(f"{self.dtype}({ast.unparse(each)})") for each in operands]
        value = substituted(first.text, {f"_{n}": each for n, each in enumerate(operands)})
        if first.shape != first.target.shape:
            shape = ast.unparse(self._shape([each.target.shape for each in formulas]))
            value = expression(f"np.full({shape}, {ast.unparse(value)}, {self.dtype})")
        target = self.names.find(first.target)
        if not isinstance(target, ast.Name):
            raise UserError("a part writes into a piece of an array, which no single line can do")
        self.written.add(target.id)
        return Statement(target.id, value, first.draws)

    def _has_only_numbers(self, first: _Formula, operands: Sequence[ast.expr]) -> bool:
        """Whether all operands are Python numbers, which would be combined in float64."""
        return (
            self.literals.dtype != np.float64
            and len(first.operands) > 1
            and all(np.ndim(operand) == 0 for operand in first.operands)
            and self.written.isdisjoint(map(ast.unparse, operands))
        )

    def _operand(self, values: Sequence[Any]) -> ast.expr:
        first = values[0]
        if isinstance(first, tuple):
            return self._shape(values)
        if isinstance(first, np.ndarray) and (named := self.names.find(first)) is not None:
            return named
        if np.ndim(first) == 0:
            if isinstance(first, np.ndarray) and first.base is not None:
                raise UserError("a part reads an array of its own that nothing has written")
            return self.literals.number([float(value) for value in values], self.rows)
        return self._constant(values)

    def _shape(self, shapes: Sequence[tuple[int, ...]]) -> ast.expr:
        sizes = [
            str(n[0]) if len(set(n)) == 1 else self._in_rows(n) for n in zip(*shapes, strict=True)
        ]
        return expression(f"({', '.join(sizes)},)" if len(sizes) == 1 else f"({', '.join(sizes)})")

    def _in_rows(self, sizes: Sequence[int]) -> str:
        """A size that depends on the batch: `rows` or, for every place of images, `36 * rows`."""
        times = sizes[0] // self.rows[0]
        return "rows" if times <= 1 else f"{times} * rows"

    def _constant(self, values: Sequence[Array]) -> ast.expr:
        first, suffix = values[0], dtype_argument(self.literals.dtype)
        if (first == 1.0).all():
            shape = ast.unparse(self._shape([value.shape for value in values]))
            return expression(f"np.ones({shape}{suffix})")
        if first.size > MAX_CONSTANT_SIZE or any(v.shape != first.shape for v in values):
            raise UserError("a part computes with an array of its own that is too large to write")
        return expression(f"np.array({first.tolist()}{suffix})")


def _single_results(operations: Iterable[Operation]) -> Iterator[Operation | CompositeCall]:
    """The operations, with a call per result in place of a convolution or pooling."""
    for operation in operations:
        yield from composite_calls(operation) if isinstance(operation, Composite) else [operation]


def translate(recordings: Sequence[Recording], literals: Literals) -> list[Statement]:
    """A statement for each operation of a tape that was recorded for several batches.

    Raises UserError for a call that can't be written as a line.
    """
    tapes = [[*_single_results(recording.operations)] for recording in recordings]
    if len(set(map(len, tapes))) > 1:
        raise UserError(SIZE_MATTERS)
    translator = _Translator(recordings, literals)
    return [translator(same) for same in zip(*tapes, strict=True)]
