"""Operations: what each call of a tape computes, from what, and where to."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nncli.engine.compiled.places import Place, Untranslatable, address_of
from nncli.engine.tape import Call, taken_apart
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
    """Reads the calls of one tape.

    index: the array from which a tape reads the step's rows.
    fill: the recorded function that fills an array with the step's next random numbers.
    drawn: how many random numbers the calls read so far ask for.
    """

    def __init__(
        self, dtype: np.dtype[Any], index: Array, fill: Callable[[Array], None] | None
    ) -> None:
        self.dtype, self.index, self.fill = dtype, index, fill
        self.drawn = 0

    def __call__(self, call: Call) -> Operation:
        """Raises Untranslatable."""
        function, arguments, options = taken_apart(call)
        owner, name = getattr(function, "__self__", None), getattr(function, "__name__", "?")
        if isinstance(function, np.ufunc) and options.keys() <= {"out"}:
            return self._elementwise(function, *arguments, *options.values())
        if options:
            raise Untranslatable(f"{name} is called with {', '.join(options)}")
        if isinstance(owner, np.ufunc) and name == "reduce":
            return self._reduction(owner, *arguments)
        if isinstance(owner, np.ndarray) and name == "dot":
            return self._product(owner, *arguments)
        if isinstance(owner, np.ndarray) and name == "take":
            return self._gather(owner, *arguments)
        if function is np.copyto:
            target, source = arguments
            return self._elementwise(None, source, target)
        if function is self.fill:
            return self._draw(*arguments)
        raise Untranslatable(f"{name} has no translation")

    def _places(self, target: Any, *sources: Any) -> tuple[Place, ...]:
        """Of all of them. Raises Untranslatable if a source lies across the target."""
        own, *others = (Place.of(array, self.dtype) for array in (target, *sources))
        if any(own != other and own.shares_memory(other, self.dtype.itemsize) for other in others):
            raise Untranslatable("a call writes over what it still has to read")
        return (own, *others)

    def _elementwise(self, ufunc: np.ufunc | None, *arrays: Any) -> Elementwise:
        if ufunc is not None and (ufunc.nout != 1 or ufunc.signature is not None):
            raise Untranslatable(f"{ufunc.__name__} isn't one number from others")
        *sources, out = arrays
        target, *operands = self._places(out, *sources)
        return Elementwise(ufunc, tuple(operands), target)

    def _reduction(
        self, ufunc: np.ufunc, source: Array, axis: Any, _: None, target: Array, keepdims: bool
    ) -> Reduction:
        if not isinstance(axis, int):
            raise Untranslatable(f"{ufunc.__name__}.reduce runs over several axes")
        axis %= source.ndim
        kept = target if keepdims else np.expand_dims(target, axis)
        out, operand = self._places(kept, source)
        return Reduction(ufunc, operand, axis, out)

    def _product(self, left: Array, right: Array, target: Array) -> Product:
        """A vector is a matrix of one row on the left, of one column on the right."""
        if min(left.ndim, right.ndim) == 0 or not target.flags.c_contiguous:
            raise Untranslatable("dot is no product of matrices")
        rows = left[None, :] if left.ndim == 1 else left
        columns = right[:, None] if right.ndim == 1 else right
        result = target.reshape(rows.shape[0], columns.shape[1])
        out, first, second = self._places(result, rows, columns)
        return Product(first, second, out)

    def _gather(self, source: Array, index: Array, axis: int, out: Array, _: str) -> Gather:
        if address_of(index) != address_of(self.index) or axis != 0:
            raise Untranslatable("take picks something else than the rows of a step")
        self._refuse_pieces(source, out)
        target, rows = self._places(out, source)
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
