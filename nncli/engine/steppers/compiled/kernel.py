"""Kernel: a function under construction, and what writing one takes: loops, loads and stores."""

import ctypes
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from llvmlite import ir

from nncli.engine.steppers.compiled.calls import Argument, Call, Size
from nncli.engine.steppers.compiled.instructions import Value, loop_of
from nncli.engine.steppers.compiled.places import Place
from nncli.frozen import frozen

POINTER, INTEGER, BYTE, NOTHING = ir.PointerType(), ir.IntType(64), ir.IntType(8), ir.VoidType()


def integer(value: int) -> Value:
    return ir.Constant(INTEGER, value)


@frozen
class Registers:
    """The vector registers of a core: how many, and the bytes of each."""

    count: int
    size: int


@dataclass
class Code:
    """All kernels of a program.

    outside: the addresses of functions that they call, by name.
    kept: arrays that kernels work in, and Python functions that they call.
    failures: what those have raised.
    """

    dtype: np.dtype[Any]
    registers: Registers
    module: Any = field(default_factory=lambda: ir.Module("nncli"))
    outside: dict[str, int] = field(default_factory=dict)
    kept: list[Any] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    @property
    def real(self) -> Any:
        return ir.FloatType() if self.dtype == np.float32 else ir.DoubleType()

    @property
    def lanes(self) -> int:
        """Numbers in a register."""
        return self.registers.size // self.dtype.itemsize

    def scratch(self, rows: int, columns: int) -> Place:
        """Memory for a kernel to work in."""
        self.kept.append(np.empty((rows, columns), self.dtype))
        return Place.of(self.kept[-1], self.dtype)

    def call_of(self, function: Callable[[int], None]) -> Value:
        """A Python function of an address as one of code; once one has failed, none is called."""

        def guarded(address: int) -> None:
            try:
                if not self.failures:
                    function(address)
            except BaseException as error:  # which C can't hand on
                self.failures.append(error)

        callback = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(guarded)
        self.kept.append(callback)
        name = f"python_{len(self.outside)}"
        self.outside[name] = ctypes.cast(callback, ctypes.c_void_p).value or 0
        return ir.Function(self.module, ir.FunctionType(NOTHING, [POINTER]), name)


class Kernel:
    """One function of places, none of which overlap, as `noalias` promises.

    b: writes the body.  pointers: the places inside, then the step's index if that is taken.
    """

    def __init__(self, code: Code, call: Call) -> None:
        self.code = code
        n_pointers, n_sizes = len(call.places), len(call.sizes)
        kinds = [POINTER] * n_pointers + [INTEGER] * n_sizes + [POINTER] * call.takes_index
        unique = code.module.get_unique_name(call.name)
        self.function = ir.Function(code.module, ir.FunctionType(NOTHING, kinds), unique)
        self.function.attributes.add("nounwind")
        arguments = self.function.args
        self.pointers = [each for each in arguments if each.type == POINTER]
        self.arguments = arguments[n_pointers : n_pointers + n_sizes]
        for pointer in self.pointers:
            pointer.add_attribute("noalias")
        self.b = ir.IRBuilder(self.function.append_basic_block("entry"))
        call.write(self)
        self.b.ret_void()

    def value(self, size: Size) -> Value:
        """A size as the code has it."""
        return self.arguments[size.number] if isinstance(size, Argument) else integer(size)

    @contextmanager
    def loop(self, size: Size, step: int = 1) -> Iterator[Value]:
        """What is written inside runs for each index below `size`, which isn't 0."""
        with self.folded(size, [], step) as (index, _, _):
            yield index

    @contextmanager
    def folded(
        self, size: Size, first: Sequence[Value], step: int = 1
    ) -> Iterator[tuple[Value, list[Value], list[Value]]]:
        """The same with values that a turn takes from the one before: (index, before, after).

        first: the values that the first turn takes. What is written inside puts those of its end
        into `after`, which holds the last turn's once the loop is left.
        """
        after: list[Value] = []
        if size == 1:
            yield integer(0), list(first), after
            return
        b = self.b
        entry, body = b.block, b.append_basic_block("body")
        b.branch(body)
        b.position_at_end(body)
        index, before = b.phi(INTEGER), [b.phi(value.type) for value in first]
        yield index, before, after
        following = b.add(index, integer(step), flags=("nuw", "nsw"))
        for phi, start, end in zip(
            [index, *before], [integer(0), *first], [following, *after], strict=True
        ):
            phi.add_incoming(start, entry)
            phi.add_incoming(end, b.block)
        left = b.append_basic_block("after")
        b.cbranch(b.icmp_unsigned("<", following, self.value(size)), body, left)
        b.position_at_end(left)

    def at(self, pointer: Value, *terms: tuple[Value, Size]) -> Value:
        """The address of the number at the sum of index * stride."""
        for index, stride in terms:
            if stride == 0 or _is_zero(index):
                continue
            offset = index if stride == 1 else self.b.mul(index, self.value(stride))
            pointer = self.b.gep(pointer, [offset], source_etype=self.code.real)
        return pointer

    def load(self, address: Value, width: int = 1) -> Value:
        """A number, or a vector of `width` neighbours."""
        kind = self.kind(width)
        return self.b.load(address, align=self.code.dtype.itemsize, typ=kind)

    def store(self, value: Value, address: Value) -> None:
        self.b.store(value, address, align=self.code.dtype.itemsize)

    def kind(self, width: int) -> Any:
        """The type of a number, or of a vector of `width`."""
        return ir.VectorType(self.code.real, width) if width > 1 else self.code.real

    def spread(self, value: Value, width: int) -> Value:
        """A vector of `width` times one number; the number itself if that is 1."""
        if width == 1:
            return value
        undefined = ir.Constant(self.kind(width), ir.Undefined)
        first = self.b.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), width), [0] * width)
        return self.b.shuffle_vector(first, undefined, mask)

    def call_numpy(
        self,
        ufunc: np.ufunc,
        addresses: Sequence[Value],
        sizes: Sequence[Size],
        steps: Sequence[Size],
    ) -> None:
        """Call a ufunc's loop: (arrays, sizes, steps in bytes, data)."""
        b = self.b
        function, data = loop_of(ufunc, self.code.dtype)
        lists = [list(addresses), list(map(self.value, sizes)), list(map(self.value, steps))]
        pointers = [self._listed(values) for values in lists]
        b.call(self._outside(ufunc, function), [*pointers, b.inttoptr(integer(data), POINTER)])

    def _listed(self, values: list[Value]) -> Value:
        """The address of the values in a row."""
        b, kind = self.b, values[0].type
        with b.goto_entry_block():
            slot = b.alloca(kind, len(values))
        for position, value in enumerate(values):
            b.store(value, b.gep(slot, [integer(position)], source_etype=kind), align=8)
        return slot

    def _outside(self, ufunc: np.ufunc, address: int) -> Value:
        name = f"numpy_{ufunc.__name__}"
        while self.code.outside.setdefault(name, address) != address:
            name += "_"  # another package's ufunc of that name
        module = self.code.module
        signature = ir.FunctionType(NOTHING, [POINTER] * 4)
        return module.globals.get(name) or ir.Function(module, signature, name)


def _is_zero(index: Value) -> bool:
    return isinstance(index, ir.Constant) and index.constant == 0
