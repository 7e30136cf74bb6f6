"""Peephole optimization: replaces calls of a tape by faster ones with the same result.

For arrays of a few hundred numbers, a call's cost is NumPy's overhead, which depends on the shapes
(microseconds, float32 16 x 16, one of two shared cores):

    z + b, with b spread over rows        0.86    a product ones b into a buffer, then z + it  0.60
    z - row, with row spread over units   0.90    the same                                     0.60
    z + b, where b is a single number     0.68    b as a 0-d array                             0.24
    max(z, 0.0)                           0.50    max(z, zeros)                                0.40
    the same on 128 x 256                13.5                                                  4.3
    the greatest of 3 columns             1.51    two maxima of columns                        0.86
    z > 0 as numbers, after a = max(z, 0) 0.88    the sign of a                                0.30

Only the tapes that training replays are rewritten; traces and exports have the calls as recorded.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from nncli.engine.cost import SMALL
from nncli.engine.operations import Elementwise, Operation, Product, Reduction
from nncli.engine.tape import Tape, single
from nncli.parts.arrays import Array, Shape

MAX_COLUMNS = 3
EXTREMA = (np.maximum, np.minimum)
_constants: WeakValueDictionary[Any, Array] = WeakValueDictionary()


class Peephole:
    """Rewrites tapes; they share its buffers, and so must not run at the same time.

    A broadcast operand is used by the very next call, so one buffer per shape is enough.
    """

    def __init__(self) -> None:
        self.buffers: dict[tuple[object, ...], Array] = {}

    def optimized(self, tape: Tape) -> Tape:
        """A faster tape with the same results."""
        positive_parts = _PositiveParts()
        operations = (positive_parts.replaced(operation) for operation in single(tape.operations))
        return Tape(quick for operation in operations for quick in self._optimized(operation))

    def _optimized(self, operation: Operation) -> Iterator[Operation]:
        match operation:
            case Elementwise(ufunc, operands, target) if ufunc in EXTREMA:
                filled = [_filled(operand, target.shape) for operand in operands]
                yield from self._with_spread(ufunc, filled, target)
            case Elementwise(ufunc, (_, _) as operands, target):
                yield from self._with_spread(ufunc, operands, target)
            case Reduction(np.maximum, source, 1, True, target) if _has_few_columns(source):
                yield from _greatest_column(source, target[:, 0])
            case _:
                yield operation

    def _with_spread(
        self, ufunc: np.ufunc, operands: Sequence[Array], target: Array
    ) -> Iterator[Operation]:
        """The operation with every operand 0-d or of the target's shape, after calls that do so."""
        spread = []
        for place, operand in enumerate(operands):
            if operand.size == 1 < target.size:
                operand = operand.reshape(())
            elif _is_worth_a_product(operand, target):
                key = (target.shape, target.dtype, place)
                buffer = self.buffers.setdefault(key, np.empty_like(target))
                yield _product_with_ones(operand, buffer)
                operand = buffer
            spread.append(operand)
        yield Elementwise(ufunc, tuple(spread), target)


class _PositiveParts:
    """After a = max(z, 0), replaces z > 0 by the sign of a.

    Arrays are identified by the owner of their memory, so that a look-up takes the same time for
    any number of layers.
    """

    def __init__(self) -> None:
        self._pairs: dict[int, tuple[Array, Array]] = {}  # owner of z -> (z, a)
        self._of_a: dict[int, int] = {}  # owner of a -> owner of z

    def replaced(self, operation: Operation) -> Operation:
        """The operation or its replacement; arrays that it overwrites are forgotten."""
        target, replaced = operation.target, operation
        match operation:
            case Elementwise(np.greater, (z, zero), _) if _is_zero(zero) and target.size <= SMALL:
                known, a = self._pairs.get(_owner(z), (None, None))
                if known is z:
                    replaced = Elementwise(np.sign, (a,), target)
        self._forget(target)
        match operation:
            case Elementwise(np.maximum, (z, zero), _) if _is_zero(zero) and z is not target:
                self._pairs[_owner(z)] = (z, target)
                self._of_a[_owner(target)] = _owner(z)
        return replaced

    def _forget(self, target: Array) -> None:
        owner = _owner(target)
        self._pairs.pop(owner, None)
        if (of_z := self._of_a.pop(owner, None)) is not None:
            self._pairs.pop(of_z, None)


def _owner(array: Array) -> int:
    """The id of the object that owns an array's memory; arrays of different owners share none."""
    owner: Any = array
    while (base := getattr(owner, "base", None)) is not None:  # perhaps no array, but its owner
        owner = base
    return id(owner)


def _is_zero(operand: Array) -> bool:
    return operand.ndim == 0 and not operand.flags.writeable and float(operand) == 0.0


def _is_worth_a_product(operand: Array, target: Array) -> bool:
    is_spread = operand.ndim > 0 and operand.shape != target.shape
    is_alike = operand.dtype == target.dtype  # a product of another dtype would round differently
    return is_spread and is_alike and target.ndim == 2 and target.size <= SMALL


def _product_with_ones(operand: Array, buffer: Array) -> Product:
    """The product with ones that broadcasts a row or a column into the buffer."""
    rows, columns = buffer.shape
    if operand.shape == (rows, 1):
        return Product(operand, _full((1, columns), 1.0, buffer.dtype), buffer)
    return Product(_full((rows, 1), 1.0, buffer.dtype), operand.reshape(1, columns), buffer)


def _filled(operand: Array, shape: Shape) -> Array:
    """A constant (a read-only 0-d array) as an array of this shape; any other operand as it is."""
    if operand.ndim or operand.flags.writeable:
        return operand
    return _full(shape, float(operand), operand.dtype)


def _full(shape: Shape, value: float, dtype: Any) -> Array:
    """A constant array, shared by all that ask for it while any of them keeps it."""
    key = (shape, repr(value), dtype)
    filled = _constants.get(key)
    if filled is None:
        filled = np.full(shape, value, dtype)
        filled.flags.writeable = False
        _constants[key] = filled
    return filled


def _has_few_columns(source: Array) -> bool:
    return source.ndim == 2 and 1 < source.shape[1] <= MAX_COLUMNS


def _greatest_column(source: Array, target: Array) -> Iterator[Operation]:
    yield Elementwise(np.maximum, (source[:, 0], source[:, 1]), target)
    for column in range(2, source.shape[1]):
        yield Elementwise(np.maximum, (target, source[:, column]), target)
