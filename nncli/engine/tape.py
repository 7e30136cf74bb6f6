"""Tape: records NumPy calls once, and replays them at every step.

Kernels are ordinary NumPy code that writes every result to a given `out`. Called with `Recorded`
arrays they compute nothing: each NumPy call is appended to the tape, with the plain arrays behind
its arguments. A training step is then one flat loop over (function, arguments), without layers,
attribute look-ups or temporary arrays.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from weakref import ReferenceType, ref

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nncli.engine.operations import (
    Composite,
    Concatenate,
    Copy,
    Elementwise,
    Gather,
    Opaque,
    Operation,
    Product,
    Reduction,
    ScatterAdd,
)
from nncli.errors import NncliError
from nncli.parts.arrays import Array

SIZE_MATTERS = "a part computes batches of different sizes in different ways"

VIEWS = (
    *(np.transpose, np.swapaxes, np.moveaxis, np.expand_dims, np.squeeze, np.reshape),
    *(np.broadcast_to, sliding_window_view),
)


class Tape:
    """Operations in the order of recording. calls: each one's (function, arguments), for replay."""

    def __init__(self, operations: Iterable[Operation] = ()) -> None:
        self.operations = list(operations)
        self.calls = [operation.call for operation in self.operations]

    def __add__(self, other: "Tape") -> "Tape":
        """Concatenate two tapes."""
        return Tape([*self.operations, *other.operations])

    def __call__(self) -> None:
        """Carry out every operation."""
        for function, arguments in self.calls:
            function(*arguments)

    def add(self, operation: Operation) -> None:
        """Append an operation."""
        if not operation.target.flags.writeable:  # machine code would write to it
            raise _unrecordable("a read-only array as out")
        if _overlaps_itself(operation.target):  # the result would depend on the order of writing
            raise _unrecordable("an out that has numbers in common with itself")
        self.operations.append(operation)
        self.calls.append(operation.call)

    def wrap(self, array: Array, kind: "type[Recorded] | None" = None) -> Array:
        """A view of the array whose NumPy calls are recorded on this tape."""
        recorded = array.view(kind or Recorded)
        recorded.tape_reference, recorded.array = ref(self), array
        return recorded

    def wrap_all(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """Wrap every array of a mapping."""
        return {name: self.wrap(array) for name, array in arrays.items()}


class Recorded(np.ndarray):
    """An array whose NumPy calls are recorded instead of carried out.

    array: the plain array that was wrapped; None for a view of it, such as its transpose.
    tape_reference: weak, because recorded operations keep plain views whose `base` is a Recorded
    array, and the garbage collector doesn't look behind `base`: with a strong reference, tapes were
    never freed.
    """

    tape_reference: ReferenceType[Tape]
    array: Array | None = None

    @property
    def tape(self) -> Tape:
        """The tape, which whoever records keeps alive."""
        tape = self.tape_reference()
        assert tape is not None
        return tape

    def __array_finalize__(self, source: Any) -> None:
        if isinstance(source, Recorded):
            mine, others = self.view(np.ndarray), source.view(np.ndarray)
            if self.size and not np.may_share_memory(mine, others):
                raise _unrecordable("a copy of an array")  # numbers of now, not of each replay
            self.tape_reference = source.tape_reference

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **options: Any
    ) -> Any:
        operands = [plain(operand) for operand in inputs]
        if (ufunc, method) == (np.add, "at"):
            target, index, source = operands
            self.tape.add(ScatterAdd(_ready(source, target.dtype), _whole(index), target))
            return None
        if out is None:
            raise NncliError(f"a kernel called np.{ufunc.__name__} without out=")
        if len(out) > 1:
            raise _unrecordable(f"np.{ufunc.__name__}, which has several results")
        target = plain(out[0])
        if method == "reduce" and options.keys() <= {"axis", "keepdims"}:
            axis, has_kept_axis = options.get("axis", 0), options.get("keepdims", False)
            self.tape.add(Reduction(ufunc, operands[0], axis, has_kept_axis, target))
        elif method == "__call__":
            self.tape.add(_elementwise(ufunc, operands, target, options))
        else:
            raise _unrecordable(f"np.{ufunc.__name__}.{method} with {', '.join(options) or 'out'}")
        return out[0]

    def record(
        self, function: Callable[..., None], arguments: Sequence[Any], written: Mapping[str, Any]
    ) -> None:
        """Record the call of a composite as one operation."""
        given = tuple(plain(argument) for argument in arguments)
        places = {name: _plain_all(each) for name, each in written.items()}
        self.tape.add(Composite(function, given, places))

    def __getitem__(self, key: Any) -> Any:
        item = super().__getitem__(key)
        if not isinstance(item, np.ndarray):
            raise _unrecordable("a single item")  # a number of now, not of each replay
        return item

    def __setitem__(self, key: Any, value: Any) -> None:
        raise _unrecordable("assignment to items")

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function in VIEWS:
            subok = {"subok": True} if function in (np.broadcast_to, sliding_window_view) else {}
            return super().__array_function__(function, types, args, {**kwargs, **subok})
        arguments = [plain(argument) for argument in args]
        options = {name: plain(option) for name, option in kwargs.items()}
        if function is np.copyto and not options:
            target, source = arguments
            self.tape.add(Copy(_ready(source, target.dtype), target))
            return None
        if function is np.concatenate and options.keys() == {"axis", "out"}:
            sources = tuple(map(plain, arguments[0]))
            self.tape.add(Concatenate(sources, options["axis"], options["out"]))
            return kwargs["out"]
        if function is np.dot and "out" in options:
            left, right = arguments
            self.tape.add(Product(left, right, options["out"]))
            return kwargs["out"]
        mode = options.pop("mode", "clip")
        if function is np.take and len(arguments) == 2 and options.keys() == {"axis", "out"}:
            source, index = arguments
            if mode != "clip":
                raise _unrecordable(f"np.take with mode {mode!r}")
            self.tape.add(Gather(source, _whole(index), options["axis"], options["out"]))
            return kwargs["out"]
        raise _unrecordable(f"np.{function.__name__}")


def single(operations: Iterable[Operation]) -> Iterator[Operation]:
    """Yields the operations, with each composite replaced by its single calls."""
    for operation in operations:
        if not isinstance(operation, Composite):
            yield operation
            continue
        tape, wrapped = Tape(), dict[int, Array]()

        def wrap(value: Any, tape: Tape = tape, wrapped: dict[int, Array] = wrapped) -> Any:
            if isinstance(value, tuple):
                return tuple(map(wrap, value))
            if not isinstance(value, np.ndarray):
                return value
            return wrapped.setdefault(id(value), tape.wrap(value))

        written = {name: wrap(each) for name, each in operation.written.items()}
        operation.function(*map(wrap, operation.arguments), **written)
        yield from tape.operations


def _plain_all(value: Any) -> Any:
    return tuple(map(plain, value)) if isinstance(value, tuple) else plain(value)


def _elementwise(
    ufunc: np.ufunc, operands: list[Any], target: Array, options: Mapping[str, Any]
) -> Operation:
    """The operation for a ufunc's call, with Python numbers converted to arrays beforehand."""
    dtype = next(o.dtype for o in operands if isinstance(o, np.ndarray))
    ready = tuple(_ready(operand, dtype) for operand in operands)
    if options:
        return Opaque(ufunc, ready, target, {**options, "out": target})
    if ufunc.signature is not None:  # a generalized ufunc such as np.matmul
        return Opaque(ufunc, (*ready, target), target)
    return Elementwise(ufunc, ready, target)


def _ready(operand: Any, dtype: Any) -> Any:
    """A number as a read-only array, which a replay needn't convert; anything else as it is."""
    return constant(operand, dtype) if isinstance(operand, int | float) else operand


def constant(value: float, dtype: Any) -> Array:
    """A number as a read-only 0-d array."""
    array = np.asarray(value, dtype)
    array.flags.writeable = False
    return array


def _overlaps_itself(array: Array) -> bool:
    """Whether two of its items may share memory, as in a sliding window."""
    reach = array.itemsize
    axes = zip(array.strides, array.shape, strict=True)
    for stride, size in sorted((abs(stride), size) for stride, size in axes if size > 1):
        if array.size and stride < reach:
            return True
        reach += stride * (size - 1)
    return False


def _whole(index: Any) -> Array:
    """The index, if it is an array of integers. Raises NncliError otherwise."""
    if not isinstance(index, np.ndarray) or index.dtype.kind not in "iu":
        raise _unrecordable("an index that isn't an array of whole numbers")
    return index


def _unrecordable(what: str) -> NncliError:
    return NncliError(
        f"a kernel used {what}, which can't be recorded: "
        "use ufuncs, np.dot, np.take, np.concatenate, np.add.at and np.copyto, each writing to a "
        "preset array"
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
    *("partition", "put", "repeat", "round", "searchsorted", "setfield", "sort", "take", "tobytes"),
    "tolist",
):
    setattr(Recorded, _method, _refusal(_method))


def plain(value: Any) -> Any:
    """The plain array behind a recorded one; anything else as it is.

    It returns the wrapped object itself, not a new view: for x = f(x), NumPy sees at once that
    input and output are the same object; to compare two views takes two thirds of a small call.
    """
    if not isinstance(value, Recorded):
        return value
    return value.view(np.ndarray) if value.array is None else value.array
