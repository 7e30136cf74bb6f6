"""Operations: what each call of a tape computes, from what, and where to."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nncli.engine import operations as recorded
from nncli.engine.steppers.compiled.instructions import EMIT
from nncli.engine.steppers.compiled.numpy_loops import loop_of
from nncli.engine.steppers.compiled.places import Place, Untranslatable, address_of
from nncli.parts.arrays import Array


@dataclass(frozen=True)
class Elementwise:
    """target = ufunc(operands), number by number; without a ufunc, target = operand."""

    ufunc: np.ufunc | None
    operands: tuple[Place, ...]
    target: Place


@dataclass(frozen=True)
class Reduction:
    """target = source, combined by ufunc along an axis; the target has kept it, with length 1."""

    ufunc: np.ufunc
    source: Place
    axis: int
    target: Place


@dataclass(frozen=True)
class Product:
    """target = left right, matrices all: (m, k) (k, n) -> (m, n)."""

    left: Place
    right: Place
    target: Place

    @property
    def size(self) -> tuple[int, int, int]:
        """m, k, n."""
        return (*self.left.shape, self.right.shape[1])  # type: ignore[return-value]

    @property
    def transposed(self) -> "Product":
        return Product(self.right.transposed, self.left.transposed, self.target.transposed)


@dataclass(frozen=True)
class Gather:
    """target = the rows of source that the step's index names."""

    source: Place
    target: Place


Operation = Elementwise | Reduction | Product | Gather


class Reader:
    """Reads the operations of one tape: what it reads can be compiled.

    index: the array from which a tape reads the step's rows.
    drawn: how many random numbers those read so far ask for.
    """

    def __init__(self, dtype: np.dtype[Any], index: Array) -> None:
        self.dtype, self.index = dtype, index
        self.drawn = 0

    def __call__(self, operation: recorded.Operation) -> Operation:
        """Raises Untranslatable."""
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
                raise Untranslatable("add.at has no translation")
            case recorded.Opaque():
                options = [name for name in operation.options if name != "out"]
                how = f"is called with {', '.join(options)}" if options else "has no translation"
                raise Untranslatable(f"{operation.name} {how}")

    def _places(self, target: Any, *sources: Any) -> tuple[Place, ...]:
        """Of all of them. Raises Untranslatable if a source lies across the target."""
        own, *others = (Place.of(array, self.dtype) for array in (target, *sources))
        if any(own != other and own.shares_memory(other, self.dtype.itemsize) for other in others):
            raise Untranslatable("a call writes over what it still has to read")
        return (own, *others)

    def _elementwise(
        self, ufunc: np.ufunc | None, sources: tuple[Any, ...], out: Array
    ) -> Elementwise:
        if ufunc is not None and ufunc not in EMIT:
            loop_of(ufunc, self.dtype)
        target, *operands = self._places(out, *sources)
        return Elementwise(ufunc, tuple(operands), target)

    def _reduction(self, call: recorded.Reduction) -> Reduction:
        if not isinstance(call.axis, int):
            raise Untranslatable(f"{call.ufunc.__name__}.reduce runs over several axes")
        if call.ufunc not in EMIT:
            raise Untranslatable(f"{call.ufunc.__name__}.reduce has no translation")
        axis = call.axis % call.source.ndim
        kept = call.target if call.has_kept_axis else np.expand_dims(call.target, axis)
        out, operand = self._places(kept, call.source)
        return Reduction(call.ufunc, operand, axis, out)

    def _product(self, left: Array, right: Array, target: Array) -> Product:
        """A vector is a matrix of one row on the left, of one column on the right."""
        if min(left.ndim, right.ndim) == 0 or not target.flags.c_contiguous:
            raise Untranslatable("dot is no product of matrices")
        loop_of(np.matmul, self.dtype)  # of which large ones make use
        rows = left[None, :] if left.ndim == 1 else left
        columns = right[:, None] if right.ndim == 1 else right
        result = target.reshape(rows.shape[0], columns.shape[1])
        out, first, second = self._places(result, rows, columns)
        return Product(first, second, out)

    def _gather(self, call: recorded.Gather) -> Gather:
        if address_of(call.index) != address_of(self.index) or call.axis != 0:
            raise Untranslatable("take picks something else than the rows of a step")
        self._refuse_pieces(call.source, call.target)
        target, rows = self._places(call.target, call.source)
        return Gather(rows, target)

    def _draw(self, target: Array) -> Elementwise:
        self._refuse_pieces(target)
        (place,) = self._places(target)
        start, self.drawn = self.drawn, self.drawn + target.size
        return Elementwise(None, (replace(place, address=start, is_drawn=True),), place)

    @staticmethod
    def _refuse_pieces(*arrays: Array) -> None:
        if not all(array.flags.c_contiguous for array in arrays):
            raise Untranslatable("a row of an array doesn't lie in one piece")
