"""Tape: record NumPy calls once, replay them for ever.

Kernels are ordinary NumPy lines whose every result goes to a preset `out`. Run once on `Recorded`
arrays they compute nothing; each call is written down with the plain arrays behind it. A training
step is then one flat loop over (function, arguments): no layers, no attribute look-ups, no
temporary arrays.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from nncli.errors import NncliError
from nncli.parts.arrays import Array

Call = tuple[Callable[..., Any], tuple[Any, ...]]


class Tape:
    """Calls in the order they were recorded."""

    def __init__(self, calls: Iterable[Call] = ()) -> None:
        self.calls = list(calls)

    def __add__(self, other: "Tape") -> "Tape":
        """One tape after the other."""
        return Tape([*self.calls, *other.calls])

    def __call__(self) -> None:
        """Replay."""
        for function, arguments in self.calls:
            function(*arguments)

    def add(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Append one call."""
        self.calls.append((function, arguments))

    def wrap(self, array: Array) -> Array:
        """The same memory, as an array whose NumPy calls go onto this tape."""
        recorded = array.view(Recorded)
        recorded.tape, recorded.array = self, array
        return recorded

    def wrap_all(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """`wrap` for each."""
        return {name: self.wrap(array) for name, array in arrays.items()}


class Recorded(np.ndarray):
    """An array that writes NumPy calls to its tape instead of carrying them out.

    array: the ordinary one that was wrapped; None for a view of it, such as its transpose.
    """

    tape: Tape
    array: Array | None = None

    def __array_finalize__(self, source: Any) -> None:
        if isinstance(source, Recorded):
            self.tape = source.tape

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **options: Any
    ) -> Any:
        if out is None:
            raise NncliError(f"a kernel called np.{ufunc.__name__} without out=")
        if len(out) > 1:
            raise _unrecordable(f"np.{ufunc.__name__}, which has several results")
        target = plain(out[0])
        operands = [plain(operand) for operand in inputs]
        if method == "reduce" and options.keys() <= {"axis", "keepdims"}:
            arguments = (operands[0], options.get("axis", 0), None, target)
            self.tape.add(ufunc.reduce, *arguments, options.get("keepdims", False))
        elif method == "__call__":
            dtype = next(o.dtype for o in operands if isinstance(o, np.ndarray))
            # a Python number would be converted at every replay
            operands = [_constant(o, dtype) if isinstance(o, int | float) else o for o in operands]
            call = partial(ufunc, **options) if options else ufunc
            if ufunc in (np.maximum, np.minimum):  # whose positional out NumPy deprecates
                self.tape.add(partial(call, out=target), *operands)
            else:
                self.tape.add(call, *operands, target)
        else:
            raise _unrecordable(f"np.{ufunc.__name__}.{method} with {', '.join(options) or 'out'}")
        return out[0]

    def __getitem__(self, key: Any) -> Any:
        item = super().__getitem__(key)
        if not isinstance(item, np.ndarray):
            raise _unrecordable("a single item")  # a number of now, not of each replay
        return item

    def __setitem__(self, key: Any, value: Any) -> None:
        raise _unrecordable("assignment to items")

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        arguments = [plain(argument) for argument in args]
        if function is np.copyto and not kwargs:
            self.tape.add(np.copyto, *arguments)
            return None
        if function is np.dot and "out" in kwargs:
            left, right = arguments
            # the bound method skips np.dot's dispatch: half the cost on a tiny product
            self.tape.add(left.dot, right, plain(kwargs["out"]))
            return kwargs["out"]
        raise _unrecordable(f"np.{function.__name__}")


def _constant(number: float, dtype: Any) -> Array:
    """A number as a read-only array, which a replay needn't convert."""
    constant = np.asarray(number, dtype)
    constant.flags.writeable = False
    return constant


def _unrecordable(what: str) -> NncliError:
    return NncliError(
        f"a kernel used {what}, which can't be recorded: "
        "use ufuncs, np.dot and np.copyto, each writing to a preset out"
    )


def _refusal(method: str) -> Callable[..., Any]:
    def refuse(self: Recorded, *arguments: Any, **options: Any) -> Any:
        raise _unrecordable(f"an array's {method}")

    return refuse


# methods that compute at once, without NumPy's dispatch: what they did while recording, a replay
# would leave out
for _method in (
    *("__bool__", "__float__", "__int__", "argmax", "argmin", "argsort", "astype", "byteswap"),
    *("choose", "clip", "compress", "copy", "dot", "fill", "flatten", "item", "nonzero"),
    *("partition", "put", "repeat", "round", "setfield", "sort", "take", "tobytes", "tolist"),
):
    setattr(Recorded, _method, _refusal(_method))


def plain(value: Any) -> Any:
    """The ordinary array behind a recorded one; anything else as it is.

    It is the very object, not another view of its memory: NumPy takes x = f(x) for harmless at
    once where both are one object, and else spends two thirds of a tiny call on finding out.
    """
    if not isinstance(value, Recorded):
        return value
    return value.view(np.ndarray) if value.array is None else value.array
