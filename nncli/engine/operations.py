"""Operations: the entries of a tape. Each says what it computes, from what, and where to.

They are made during recording, when function, operands and target are known; whatever optimizes,
compiles or exports a tape matches on their types. `call` is the fastest way to carry one out with
NumPy: a function and its arguments, all that a replay needs.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from functools import partial
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from nncli.frozen import frozen
from nncli.parts.arrays import Array

Call = tuple[Callable[..., Any], tuple[Any, ...]]


@frozen(eq=False)
class Elementwise:
    """target = ufunc(*operands), element by element, with broadcasting."""

    ufunc: np.ufunc
    operands: tuple[Any, ...]
    target: Array

    @property
    def call(self) -> Call:
        if self.ufunc in (np.maximum, np.minimum):  # whose positional out NumPy deprecates
            return partial(self.ufunc, out=self.target), self.operands
        return self.ufunc, (*self.operands, self.target)


@frozen(eq=False)
class Reduction:
    """target = source reduced by a ufunc along an axis; has_kept_axis: with length 1."""

    ufunc: np.ufunc
    source: Array
    axis: Any
    has_kept_axis: bool
    target: Array

    @property
    def call(self) -> Call:
        arguments = (self.source, self.axis, None, self.target, self.has_kept_axis)
        return self.ufunc.reduce, arguments


@frozen(eq=False)
class Product:
    """target = left @ right, as by np.dot."""

    left: Array
    right: Array
    target: Array

    @property
    def call(self) -> Call:
        # the bound method skips np.dot's dispatch: half the cost on a tiny product
        return self.left.dot, (self.right, self.target)


@frozen(eq=False)
class Copy:
    """target = source, with broadcasting."""

    source: Any
    target: Array

    @property
    def call(self) -> Call:
        return np.copyto, (self.target, self.source)


@frozen(eq=False)
class Concatenate:
    """target = the sources concatenated along an axis."""

    sources: tuple[Array, ...]
    axis: int
    target: Array

    @property
    def call(self) -> Call:
        return np.concatenate, (self.sources, self.axis, self.target)

    @property
    def copies(self) -> Iterator[Copy]:
        """The same as one Copy per source."""
        ends = accumulate((source.shape[self.axis] for source in self.sources), initial=0)
        along = np.moveaxis(self.target, self.axis, 0)
        for source, (start, end) in zip(self.sources, pairwise(ends), strict=True):
            yield Copy(source, np.moveaxis(along[start:end], 0, self.axis))


@frozen(eq=False)
class Gather:
    """target = source[index] along an axis; every index is valid.

    source: an array, or rows on disk.
    """

    source: Any
    index: Array
    axis: int
    target: Array

    @property
    def call(self) -> Call:
        # mode "clip" is the one that writes to the target directly
        return self.source.take, (self.index, self.axis, self.target, "clip")


@frozen(eq=False)
class ScatterAdd:
    """target[index[i]] += source[i] for each i in order: the gradient of a gather along axis 0.

    index: of any shape; source: index.shape + target.shape[1:].
    """

    source: Array
    index: Array
    target: Array

    @property
    def call(self) -> Call:
        arrays = (self.target, self.index, self.source)
        columns = math.prod(self.target.shape[1:])
        is_plain = self.source.shape == self.index.shape + self.target.shape[1:]
        if columns <= 1 or not (is_plain and all(each.flags.c_contiguous for each in arrays)):
            return np.add.at, arrays
        # NumPy adds single numbers many times sooner than rows; their order and bits are the same
        places = np.empty((self.index.size, columns), np.intp)
        flat = self.target.reshape(-1), places.reshape(-1), self.source.reshape(-1)
        return _add_rows, (self.index.reshape(-1, 1), places, np.arange(columns), flat)


def _add_rows(index: Array, places: Array, columns: Array, flat: tuple[Array, ...]) -> None:
    np.multiply(index, len(columns), out=places)
    np.add(places, columns, out=places)
    np.add.at(*flat)


@frozen(eq=False)
class Draw:
    """target = uniform random numbers from [0, 1). fill: draws them from a stream."""

    fill: Callable[[Array], None]
    target: Array

    @property
    def call(self) -> Call:
        return self.fill, (self.target,)


@frozen(eq=False)
class AllReduce:
    """target = its sum over all ranks, added in the same order for any number of ranks.

    sum: carries it out in place.
    """

    sum: Callable[[Array], None]
    target: Array

    @property
    def call(self) -> Call:
        return self.sum, (self.target,)


@frozen(eq=False)
class Opaque:
    """target = function(*arguments, **options): a call that no exporter or compiler translates."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    target: Array
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return getattr(self.function, "__name__", "?")

    @property
    def call(self) -> Call:
        function = partial(self.function, **self.options) if self.options else self.function
        return function, self.arguments


@frozen(eq=False)
class Composite:
    """out = function(*arguments), which makes many NumPy calls: see `engine.tape.single`.

    written: the arrays that it writes, by keyword: `out` (one or several), and scratch.
    """

    function: Callable[..., None]
    arguments: tuple[Any, ...]
    written: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def outputs(self) -> tuple[Array, ...]:
        out = self.written["out"]
        return out if isinstance(out, tuple) else (out,)

    @property
    def target(self) -> Array:
        return self.outputs[0]

    @property
    def call(self) -> Call:
        return partial(self.function, **self.written), self.arguments


Operation = (
    Elementwise
    | Reduction
    | Product
    | Copy
    | Concatenate
    | Gather
    | ScatterAdd
    | Draw
    | AllReduce
    | Opaque
    | Composite
)
