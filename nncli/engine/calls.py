"""Calls: what a recorded call computes, from what, and where to.

A tape holds functions with their arguments as NumPy wants them; whoever translates or rewrites a
tape asks here what each of them means.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from nncli.engine.tape import Call
from nncli.parts.arrays import Array


@dataclass(frozen=True)
class Elementwise:
    """target = ufunc(*operands), number by number, with broadcasting."""

    ufunc: np.ufunc
    operands: tuple[Any, ...]
    target: Array


@dataclass(frozen=True)
class Reduction:
    """target = source, combined by ufunc along an axis, which has_kept_axis leaves as length 1."""

    ufunc: np.ufunc
    source: Array
    axis: Any
    has_kept_axis: bool
    target: Array


@dataclass(frozen=True)
class Product:
    """target = left right, as np.dot has it."""

    left: Array
    right: Array
    target: Array


@dataclass(frozen=True)
class Gather:
    """target = the items of source along an axis that the index names."""

    source: Array
    index: Array
    axis: int
    target: Array


@dataclass(frozen=True)
class Copy:
    """target = source, with broadcasting."""

    source: Array
    target: Array


@dataclass(frozen=True)
class Other:
    """function(*arguments, **options): none of the above."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return getattr(self.function, "__name__", "?")

    @property
    def target(self) -> Array | None:
        """The array it writes to: by their order, the last; None if there is none."""
        arrays = (a for a in reversed(self.arguments) if isinstance(a, np.ndarray))
        return next(arrays, None)


Meaning = Elementwise | Reduction | Product | Gather | Copy | Other


def meaning(call: Call) -> Meaning:
    """What a call of a tape computes."""
    function, arguments, options = _taken_apart(call)
    owner, name = getattr(function, "__self__", None), getattr(function, "__name__", "")
    if _is_elementwise(function) and options.keys() <= {"out"}:
        *operands, target = (*arguments, *options.values())
        return Elementwise(function, tuple(operands), target)
    if options:
        return Other(function, arguments, options)
    if isinstance(owner, np.ufunc) and name == "reduce":
        source, axis, _, target, has_kept_axis = arguments
        return Reduction(owner, source, axis, bool(has_kept_axis), target)
    if isinstance(owner, np.ndarray) and name == "dot":
        return Product(owner, *arguments)
    if isinstance(owner, np.ndarray) and name == "take":
        index, axis, target, _ = arguments
        return Gather(owner, index, axis, target)
    if function is np.copyto:
        target, source = arguments
        return Copy(source, target)
    return Other(function, arguments)


def _taken_apart(call: Call) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """The function that a call makes in the end, with its arguments and its options."""
    function: Any = call[0]
    arguments, options = call[1], dict[str, Any]()
    while isinstance(function, partial):
        options = {**function.keywords, **options}
        function, arguments = function.func, (*function.args, *arguments)
    return function, arguments, options


def _is_elementwise(function: Any) -> bool:
    """A ufunc of numbers with one result; np.matmul, for one, is a ufunc of matrices."""
    return isinstance(function, np.ufunc) and function.signature is None and function.nout == 1
