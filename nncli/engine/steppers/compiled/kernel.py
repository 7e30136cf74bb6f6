"""Kernel: builds one function, with loops, loads and stores."""

import ctypes
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nncli.engine.steppers.compiled.assembly import (
    DOUBLE,
    FLOAT,
    INTEGER,
    POINTER,
    Function,
    Kind,
    Module,
    Value,
    fixed,
    integer,
    vector,
)
from nncli.engine.steppers.compiled.instructions import loop_of
from nncli.engine.steppers.compiled.places import Place
from nncli.engine.steppers.compiled.sizes import Argument, Size
from nncli.frozen import frozen


@frozen
class Registers:
    """The vector registers of a core: their number, and the bytes of each."""

    count: int
    size: int


@dataclass
class Code:
    """All kernels of a program.

    table: the addresses that are specific to this program. Its code looks them up in a table, so
    that equal networks have equal code.
    kept: arrays and Python functions that kernels use, which have to stay alive.
    failures: the exceptions of these functions.
    """

    dtype: np.dtype[Any]
    registers: Registers
    module: Module = field(default_factory=Module)
    table: dict[int, int] = field(default_factory=dict)
    kept: list[Any] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    @property
    def real(self) -> Kind:
        return FLOAT if self.dtype == np.float32 else DOUBLE

    @property
    def lanes(self) -> int:
        """The number of elements in a register."""
        return self.registers.size // self.dtype.itemsize

    def looked_up(self, f: Function, address: int) -> Value:
        """An address, from the table that is the first argument of `f`."""
        number = self.table.setdefault(address, len(self.table))
        place = f.offset(f.arguments[0], POINTER, integer(number))
        return f.load(POINTER, place, 8)

    def scratch(self, rows: int, columns: int) -> Place:
        """Scratch memory for a kernel."""
        self.kept.append(np.empty((rows, columns), self.dtype))
        return Place.of(self.kept[-1], self.dtype)

    def callback(self, function: Callable[[int], None]) -> int:
        """The address of a C function that calls a Python function, unless one has failed."""
        failures = self.failures

        def guarded(address: int) -> None:
            try:
                if not failures:
                    function(address)
            except BaseException as error:  # C can't pass it on
                failures.append(error)

        # no circle, neither by `self` nor by ctypes.cast: it would keep a table's rows in memory
        # until the garbage collector comes by
        self.kept.append(ctypes.CFUNCTYPE(None, ctypes.c_void_p)(guarded))
        return ctypes.c_void_p.from_buffer(self.kept[-1]).value or 0


@frozen(eq=False)
class Call:
    """A call of a kernel.

    key: calls with equal keys share the kernel, whose code `write` writes.
    takes_index: whether the last argument is the step's index.
    """

    name: str
    key: Hashable
    places: Sequence[Place]
    sizes: Sequence[int]
    write: "Callable[[Kernel], None]"
    takes_index: bool = False


class Kernel:
    """A function on places that don't overlap.

    f: the LLVM function.  pointers: to the places, then to the step's index if the kernel takes it.
    """

    def __init__(self, code: Code, call: Call) -> None:
        self.code = code
        n_pointers, n_sizes = len(call.places), len(call.sizes)
        kinds = [POINTER] * n_pointers + [INTEGER] * n_sizes + [POINTER] * call.takes_index
        self.f = code.module.add(call.name, kinds, are_apart=True)
        self.pointers = [each for each in self.f.arguments if each.kind == POINTER]
        self.sizes = self.f.arguments[n_pointers : n_pointers + n_sizes]
        call.write(self)

    def value(self, size: Size) -> Value:
        """A size as an operand."""
        return self.sizes[size.number] if isinstance(size, Argument) else integer(size)

    @contextmanager
    def loop(self, size: Size, step: int = 1) -> Iterator[Value]:
        """A loop over the indices below `size`, which isn't 0; write its body while entered."""
        with self.folded(size, [], step) as (index, _, _):
            yield index

    @contextmanager
    def folded(
        self, size: Size, first: Sequence[Value], step: int = 1
    ) -> Iterator[tuple[Value, list[Value], list[Value]]]:
        """A loop whose values are passed from turn to turn: yields (index, before, after).

        first: the values of the first turn. The body puts the values for the next turn into
        `after`, which holds those of the last turn once the loop is left.
        """
        after: list[Value] = []
        if size == 1:
            yield integer(0), list(first), after
            return
        f = self.f
        entry, body, left = f.block, f.label("body"), f.label("after")
        f.go(body)
        f.begin(body)
        index, before = f.phi(INTEGER), [f.phi(value.kind) for value in first]
        yield index, before, after
        following = f.calculate("add nuw nsw", index, integer(step))
        for phi, start, end in zip(
            [index, *before], [integer(0), *first], [following, *after], strict=True
        ):
            f.come_from(phi, (start, entry), (end, f.block))
        f.go_if(f.compare("icmp ult", following, self.value(size)), body, left)
        f.begin(left)

    def at(self, pointer: Value, *terms: tuple[Value, Size]) -> Value:
        """The address of the element at the sum of index * stride."""
        for index, stride in terms:
            pointer = self.f.offset(pointer, self.code.real, self.product(index, stride))
        return pointer

    def product(self, index: Value, size: Size) -> Value:
        """index * size, computed now if both are constants."""
        if size == 0 or index.number == 0:
            return integer(0)
        if isinstance(size, int) and index.number is not None:
            return integer(int(index.number) * size)
        if index.number == 1:
            return self.value(size)
        return index if size == 1 else self.f.calculate("mul", index, self.value(size))

    def load(self, address: Value, width: int = 1) -> Value:
        """Load a number, or a vector of `width` adjacent ones."""
        return self.f.load(self.kind(width), address, self.code.dtype.itemsize)

    def store(self, value: Value, address: Value) -> None:
        self.f.store(value, address, self.code.dtype.itemsize)

    def kind(self, width: int) -> Kind:
        """The type of a number, or of a vector of `width`."""
        return vector(self.code.real, width)

    def call_numpy(
        self,
        ufunc: np.ufunc,
        addresses: Sequence[Value],
        sizes: Sequence[Size],
        steps: Sequence[Size],
    ) -> None:
        """Call a ufunc's loop with its four arguments: arrays, sizes, strides in bytes, data."""
        function, data = loop_of(ufunc, self.code.dtype)
        lists = [list(addresses), list(map(self.value, sizes)), list(map(self.value, steps))]
        pointers = [self._listed(values) for values in lists]
        self.f.call_at(fixed(function), [*pointers, fixed(data)])

    def _listed(self, values: list[Value]) -> Value:
        """The address of an array on the stack with these values."""
        kind = values[0].kind
        slot = self.f.slot(kind, len(values))
        for position, value in enumerate(values):
            self.f.store(value, self.f.offset(slot, kind, integer(position)), 8)
        return slot
