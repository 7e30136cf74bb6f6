"""Lowering: translates a tape's operations to operations on places in memory.

An operation that can't be compiled is refused here, before any code is written.
"""

import ctypes
from dataclasses import replace
from typing import Any

import numpy as np

from nncli.engine import operations as recorded
from nncli.engine.steppers.compiled.instructions import emit_of, loop_of
from nncli.engine.steppers.compiled.places import Place, Untranslatable, address_of
from nncli.frozen import frozen
from nncli.parts.arrays import Array

INTEGERS = np.dtype(np.int64)  # the dtype of blocks and indices that are data


@frozen
class LoweredElementwise:
    """target = ufunc(operands), element by element; without a ufunc, target = operand."""

    ufunc: np.ufunc | None
    operands: tuple[Place, ...]
    target: Place


@frozen
class LoweredReduction:
    """target = source reduced by a ufunc along an axis, which the target has with length 1."""

    ufunc: np.ufunc
    source: Place
    axis: int
    target: Place


@frozen
class LoweredProduct:
    """target = left @ right of matrices: (m, k) (k, n) -> (m, n)."""

    left: Place
    right: Place
    target: Place

    @property
    def size(self) -> tuple[int, int, int]:
        """m, k, n."""
        return (*self.left.shape, self.right.shape[1])  # type: ignore[return-value]

    @property
    def transposed(self) -> "LoweredProduct":
        return LoweredProduct(self.right.transposed, self.left.transposed, self.target.transposed)


@frozen
class LoweredGather:
    """target[i] = source[index[i]]; without an index, the step's index is used.

    item_bytes: of an item of the source, which may be integers.
    first: where these rows begin in the step's index.
    """

    source: Place
    index: Place | None
    target: Place
    item_bytes: int
    first: int = 0


@frozen(eq=False)
class LoweredRead:
    """target[i] = source[index[i]] by Python, for rows that aren't an ndarray.

    first: see LoweredGather.
    """

    operation: recorded.Gather
    first: int

    def call(self, address: int) -> None:
        """Read the rows of the step's index at this address."""
        gather = self.operation
        index = (ctypes.c_int64 * len(gather.index)).from_address(address)
        gather.source.take(np.ctypeslib.as_array(index), gather.axis, gather.target, "clip")


@frozen
class LoweredScatterAdd:
    """target[index[i]] += source[i]."""

    source: Place
    index: Place
    target: Place


@frozen(eq=False)
class LoweredAllReduce:
    """The sum over ranks, by Python; the code waits for it."""

    operation: recorded.AllReduce

    def call(self, _: int) -> None:
        self.operation.sum(self.operation.target)


Lowered = (
    LoweredElementwise
    | LoweredReduction
    | LoweredProduct
    | LoweredGather
    | LoweredRead
    | LoweredScatterAdd
    | LoweredAllReduce
)


def _why_not(operation: recorded.Operation) -> str:
    if not isinstance(operation, recorded.Opaque):
        return "it is several calls"
    options = [name for name in operation.options if name != "out"]
    how = f"is called with {', '.join(options)}" if options else "has no translation"
    return f"{operation.name} {how}"


class Lowering:
    """Translates the operations of one tape; what it translates can be compiled.

    index: the array with the step's row indices.
    drawn: the count of random numbers that the translated operations take.
    """

    def __init__(self, dtype: np.dtype[Any], index: Array) -> None:
        self.dtype, self.index = dtype, index
        self.drawn = 0

    def __call__(self, operation: recorded.Operation) -> Lowered:
        """Translate an operation. Raises Untranslatable."""
        match operation:
            case recorded.Elementwise(ufunc, operands, target):
                return self._elementwise(ufunc, operands, target)
            case recorded.Copy(source, target):
                return self._elementwise(None, (source,), target)
            case recorded.Reduction():
                return self._reduction(operation)
            case recorded.Product(left, right, target):
                return self._product(left, right, target)
            case recorded.Gather():
                return self._gather(operation)
            case recorded.Draw(_, target):
                return self._draw(target)
            case recorded.ScatterAdd():
                return self._scatter_add(operation)
            case recorded.AllReduce():
                return LoweredAllReduce(operation)
            case _:
                raise Untranslatable(_why_not(operation))

    def _places(self, target: Any, *sources: Any) -> tuple[Place, ...]:
        """The places of all arrays. Raises Untranslatable if a source overlaps the target."""
        own, *others = (Place.of(array, self.dtype) for array in (target, *sources))
        if any(own != other and own.shares_memory(other, self.dtype.itemsize) for other in others):
            raise Untranslatable("a call writes over what it still has to read")
        return (own, *others)

    def _elementwise(
        self, ufunc: np.ufunc | None, sources: tuple[Any, ...], out: Array
    ) -> LoweredElementwise:
        if ufunc is not None and emit_of(ufunc) is None:
            loop_of(ufunc, self.dtype)
        target, *operands = self._places(out, *sources)
        return LoweredElementwise(ufunc, tuple(operands), target)

    def _reduction(self, call: recorded.Reduction) -> LoweredReduction:
        if not isinstance(call.axis, int):
            raise Untranslatable(f"{call.ufunc.__name__}.reduce runs over several axes")
        if emit_of(call.ufunc) is None:
            raise Untranslatable(f"{call.ufunc.__name__}.reduce has no translation")
        axis = call.axis % call.source.ndim
        kept = call.target if call.has_kept_axis else np.expand_dims(call.target, axis)
        out, operand = self._places(kept, call.source)
        return LoweredReduction(call.ufunc, operand, axis, out)

    def _product(self, left: Array, right: Array, target: Array) -> LoweredProduct:
        """A vector becomes a matrix: one row on the left, one column on the right."""
        are_matrices = {left.ndim, right.ndim} <= {1, 2}
        if not (are_matrices and target.flags.c_contiguous):
            raise Untranslatable("dot is no product of matrices")
        loop_of(np.matmul, self.dtype)  # large products use it
        rows = left[None, :] if left.ndim == 1 else left
        columns = right[:, None] if right.ndim == 1 else right
        result = target.reshape(rows.shape[0], columns.shape[1])
        out, first, second = self._places(result, rows, columns)
        return LoweredProduct(first, second, out)

    def _gather(self, call: recorded.Gather) -> LoweredGather | LoweredRead:
        if call.axis != 0:
            raise Untranslatable("take picks something else than rows")
        if not isinstance(call.source, np.ndarray):
            first = self._first_in_step(call.index)
            if first is None:
                raise Untranslatable("take picks other rows than the step's of what isn't an array")
            return LoweredRead(call, first)
        self._refuse_pieces(call.source, call.target)
        dtype = INTEGERS if call.source.dtype == INTEGERS else self.dtype
        source, target = Place.of(call.source, dtype), Place.of(call.target, dtype)
        if source.shares_memory(target, dtype.itemsize):
            raise Untranslatable("a call writes over what it still has to read")
        size, first = call.source[0].nbytes, self._first_in_step(call.index)
        if first is None:
            return LoweredGather(source, self._index(call.index), target, size)
        return LoweredGather(source, None, target, size, first)

    def _first_in_step(self, index: Array) -> int | None:
        """Where these rows begin in the step's index; None if they are other rows."""
        first, left = divmod(address_of(index) - address_of(self.index), INTEGERS.itemsize)
        is_of_step = 0 <= first < len(self.index) and left == 0 and index.dtype == INTEGERS
        return first if is_of_step else None

    def _scatter_add(self, call: recorded.ScatterAdd) -> LoweredScatterAdd:
        self._refuse_pieces(call.source, call.target)
        if call.source.shape != call.index.shape + call.target.shape[1:]:
            raise Untranslatable("add.at spreads what it adds")
        target, source = self._places(call.target, call.source)
        return LoweredScatterAdd(source, self._index(call.index), target)

    def _index(self, index: Array) -> Place:
        """The place of an index that is data."""
        self._refuse_pieces(index)
        return Place.of(index, INTEGERS)

    def _draw(self, target: Array) -> LoweredElementwise:
        self._refuse_pieces(target)
        (place,) = self._places(target)
        start, self.drawn = self.drawn, self.drawn + target.size
        return LoweredElementwise(None, (replace(place, address=start, is_drawn=True),), place)

    @staticmethod
    def _refuse_pieces(*arrays: Array) -> None:
        if not all(array.flags.c_contiguous for array in arrays):
            raise Untranslatable("a row of an array doesn't lie in one piece")
