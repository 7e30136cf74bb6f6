"""Kernel: a function under construction, and what writing one takes: loops, loads and stores."""

import ctypes
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from llvmlite import ir

from nncli.engine.steppers.compiled.instructions import Value, loop_of
from nncli.engine.steppers.compiled.places import Place
from nncli.frozen import frozen
from nncli.parts.arrays import Shape

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

    def call_of(self, function: Callable[[], None]) -> Value:
        """A Python function as one without arguments; once one has failed, none is called."""

        def guarded() -> None:
            try:
                if not self.failures:
                    function()
            except BaseException as error:  # which C can't hand on
                self.failures.append(error)

        callback = ctypes.CFUNCTYPE(None)(guarded)
        self.kept.append(callback)
        name = f"python_{len(self.outside)}"
        self.outside[name] = ctypes.cast(callback, ctypes.c_void_p).value or 0
        return ir.Function(self.module, ir.FunctionType(NOTHING, []), name)


class Kernel:
    """One function of places, none of which overlap, as `noalias` promises.

    places: what it is to be called with, after which comes the step's index if takes_index.
    b: writes the body.  pointers: the arguments inside.
    """

    def __init__(
        self, code: Code, name: str, places: Sequence[Place], *, takes_index: bool = False
    ) -> None:
        self.code, self.places, self.takes_index = code, places, takes_index
        signature = ir.FunctionType(NOTHING, [POINTER] * (len(places) + takes_index))
        unique = code.module.get_unique_name(name)
        self.function = ir.Function(code.module, signature, unique)
        for attribute in ("noinline", "nounwind"):  # inlined, noalias would be forgotten
            self.function.attributes.add(attribute)
        self.pointers = self.function.args
        for pointer in self.pointers:
            pointer.add_attribute("noalias")
        self.b = ir.IRBuilder(self.function.append_basic_block("entry"))

    def strides_over(self, shape: Shape) -> list[tuple[int, ...]]:
        """Of each place, over a shape to which it is broadcast."""
        return [place.strides_over(shape) for place in self.places]

    @contextmanager
    def loop(self, size: int) -> Iterator[Value]:
        """What is written inside runs for each index below `size`."""
        b = self.b
        if size == 1:
            yield integer(0)
            return
        before, body = b.block, b.append_basic_block("body")
        b.branch(body)
        b.position_at_end(body)
        index = b.phi(INTEGER)
        index.add_incoming(integer(0), before)
        yield index
        following = b.add(index, integer(1), flags=("nuw", "nsw"))
        index.add_incoming(following, b.block)
        after = b.append_basic_block("after")
        b.cbranch(b.icmp_unsigned("<", following, integer(size)), body, after)
        b.position_at_end(after)

    def at(self, pointer: Value, *terms: tuple[Value, int]) -> Value:
        """The address of the number at the sum of index * stride."""
        offset = integer(0)
        for index, stride in terms:
            offset = self.b.add(offset, self.b.mul(index, integer(stride)))
        return self.b.gep(pointer, [offset], source_etype=self.code.real)

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
        self, ufunc: np.ufunc, addresses: Sequence[Value], sizes: Sequence[int], steps: list[int]
    ) -> None:
        """Call a ufunc's loop: (arrays, sizes, steps in bytes, data)."""
        b = self.b
        function, data = loop_of(ufunc, self.code.dtype)
        lists = [list(addresses), [integer(n) for n in sizes], [integer(n) for n in steps]]
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
