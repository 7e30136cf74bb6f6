"""Loops: kernels that pass over numbers: groups, gathers, reductions, and NumPy's own loops."""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import numpy as np
from llvmlite import ir

from nncli.engine.steppers.compiled.instructions import Emit, Value, emit_of, number
from nncli.engine.steppers.compiled.kernel import BYTE, INTEGER, POINTER, Code, Kernel, integer
from nncli.engine.steppers.compiled.lowering import (
    Lowered,
    LoweredElementwise,
    LoweredGather,
    LoweredReduction,
    LoweredScatterAdd,
)
from nncli.engine.steppers.compiled.places import Place
from nncli.parts.arrays import Shape

LONGEST_ROW = 64  # numbers of a row that is worked on as one vector


@dataclass
class Group:
    """Plain elementwise operations over one shape, in order, and the places they read and write."""

    shape: Shape
    itemsize: int
    operations: list[LoweredElementwise] = field(default_factory=list)
    read: set[Place] = field(default_factory=set)
    written: set[Place] = field(default_factory=set)

    def takes(self, operation: LoweredElementwise) -> bool:
        """Whether it gives the same numbers inside this loop as after it."""
        return (
            operation.target.shape == self.shape
            and not any(self._collides(place, self.written) for place in operation.operands)
            and not self._collides(operation.target, self.read | self.written)
        )

    def _collides(self, place: Place, others: set[Place]) -> bool:
        """Whether it shares memory with another, but not number by number."""
        return any(place != other and place.shares_memory(other, self.itemsize) for other in others)

    def add(self, operation: LoweredElementwise) -> None:
        self.operations.append(operation)
        self.read.update(place for place in operation.operands if place.value is None)
        self.written.add(operation.target)

    @property
    def places(self) -> list[Place]:
        """Each once, in an order that doesn't depend on where they happen to lie."""
        ordered = (p for each in self.operations for p in (*each.operands, each.target))
        return [p for p in dict.fromkeys(ordered) if p in self.read or p in self.written]


def grouped(operations: Iterable[Lowered], itemsize: int) -> list[Lowered | Group]:
    """The operations in their order, neighbours joined."""
    steps: list[Lowered | Group] = []
    for operation in operations:
        if not (isinstance(operation, LoweredElementwise) and _is_plain(operation)):
            steps.append(operation)
            continue
        group = steps[-1] if steps else None
        if not (isinstance(group, Group) and group.takes(operation)):
            group = Group(operation.target.shape, itemsize)
            steps.append(group)
        group.add(operation)
    return steps


def _is_plain(operation: LoweredElementwise) -> bool:
    return operation.ufunc is None or emit_of(operation.ufunc) is not None


def group_kernel(code: Code, group: Group) -> Kernel:
    """All operations in one pass."""
    kernel = Kernel(code, "group", group.places)
    *outer, (columns, across) = merged_axes(group.shape, kernel.strides_over(group.shape))
    are_neighbours = all(stride in (0, 1) for stride in across)
    width = columns if columns <= LONGEST_ROW and are_neighbours else 1
    with loops(kernel, outer) as starts, kernel.loop(columns // width) as j:
        addresses = [
            kernel.at(start, (j, stride)) for start, stride in zip(starts, across, strict=True)
        ]
        widths = [width if stride else 1 for stride in across]
        _write_operations(kernel, group, addresses, widths, width)
    return kernel


Axis = tuple[int, tuple[int, ...]]  # its size, and the stride of each array along it


def merged_axes(shape: Shape, strides: Sequence[Sequence[int]]) -> list[Axis]:
    """The axes of a shape, outermost first, neighbours joined where every array runs on.

    strides: of each array over the shape. There is one axis at the least.
    """
    merged: list[Axis] = []
    for size, *own in zip(shape, *strides, strict=True):
        if size == 1:
            continue
        if merged:
            before, outer = merged[-1]
            if all(stride == inner * size for stride, inner in zip(outer, own, strict=True)):
                merged[-1] = before * size, tuple(own)
                continue
        merged.append((size, tuple(own)))
    return merged or [(1, (0,) * len(strides))]


@contextmanager
def loops(kernel: Kernel, axes: Sequence[Axis]) -> Iterator[list[Value]]:
    """Nested loops over axes; inside, the address of each of the kernel's arrays."""
    with ExitStack() as stack:
        indices = [stack.enter_context(kernel.loop(size)) for size, _ in axes]
        yield [
            kernel.at(
                pointer,
                *((index, own[place]) for index, (_, own) in zip(indices, axes, strict=True)),
            )
            for place, pointer in enumerate(kernel.pointers)
        ]


def _write_operations(
    kernel: Kernel, group: Group, addresses: Sequence[Value], widths: Sequence[int], width: int
) -> None:
    """The operations on `width` numbers at once; each place is loaded and stored once at most."""
    where = dict(zip(group.places, zip(addresses, widths, strict=True), strict=True))
    values: dict[Place, Value] = {}

    def value(place: Place) -> Value:
        if place.value is not None:
            return number(kernel.kind(width), place.value)
        if place not in values:
            address, own = where[place]
            loaded = kernel.load(address, own)
            values[place] = loaded if own == width else kernel.spread(loaded, width)
        return values[place]

    for operation in group.operations:
        operands = [value(place) for place in operation.operands]
        emit = emit_of(operation.ufunc or np.positive)
        assert emit is not None
        values[operation.target] = emit(kernel.b, *operands)
    for place in group.places:
        if place in group.written:
            kernel.store(values[place], where[place][0])


def loop_kernel(code: Code, operation: LoweredElementwise) -> Kernel:
    """NumPy's own loop: once where all numbers run on, else once for each row."""
    assert operation.ufunc is not None
    shape = operation.target.shape
    kernel = Kernel(code, operation.ufunc.__name__, [*operation.operands, operation.target])
    *outer, (columns, across) = merged_axes(shape, kernel.strides_over(shape))
    with loops(kernel, outer) as addresses:
        steps = [stride * code.dtype.itemsize for stride in across]
        kernel.call_numpy(operation.ufunc, addresses, [columns], steps)
    return kernel


def reduction_kernel(code: Code, reduction: LoweredReduction) -> Kernel:
    """Along the axis: a short one pair by pair, which keeps chains short; a long one in order."""
    source, axis, emit = reduction.source, reduction.axis, emit_of(reduction.ufunc)
    assert emit is not None
    kernel = Kernel(code, reduction.ufunc.__name__, [source, reduction.target])
    size, along = source.shape[axis], source.strides[axis]
    strides = kernel.strides_over(reduction.target.shape)
    with loops(kernel, merged_axes(reduction.target.shape, strides)) as (start, result):
        combine = _combine_pairs if size <= LONGEST_ROW else _combine_in_order
        combine(kernel, emit, (start, size, along), result)
    return kernel


def _combine_pairs(kernel: Kernel, emit: Emit, row: tuple[Value, int, int], result: Value) -> None:
    start, size, along = row
    values = [kernel.load(kernel.at(start, (integer(k), along))) for k in range(size)]
    while len(values) > 1:
        odd = values[len(values) // 2 * 2 :]
        pairs = zip(values[::2], values[1::2], strict=False)
        values = [*(emit(kernel.b, x, y) for x, y in pairs), *odd]
    kernel.store(values[0], result)


def _combine_in_order(
    kernel: Kernel, emit: Emit, row: tuple[Value, int, int], result: Value
) -> None:
    start, size, along = row
    kernel.store(kernel.load(start), result)
    with kernel.loop(size - 1) as k:
        following = kernel.load(kernel.at(start, (kernel.b.add(k, integer(1)), along)))
        kernel.store(emit(kernel.b, kernel.load(result), following), result)


def gather_kernel(code: Code, gather: LoweredGather) -> Kernel:
    """Item after item, as the index says."""
    given = [] if gather.index is None else [gather.index]
    places = [gather.source, gather.target, *given]
    kernel = Kernel(code, "gather", places, takes_index=gather.index is None)
    b, (source, target, index) = kernel.b, kernel.pointers
    count = math.prod(gather.target.shape) // math.prod(gather.source.shape[1:])
    size = integer(gather.item_bytes)
    copy = b.module.declare_intrinsic("llvm.memcpy", [POINTER, POINTER, INTEGER])
    is_volatile = ir.Constant(ir.IntType(1), 0)
    with kernel.loop(count) as i:
        row = b.load(b.gep(index, [i], source_etype=INTEGER), typ=INTEGER)
        if given:
            row = _within(kernel, row, gather.source.shape[0])
        to, item = (
            b.gep(pointer, [b.mul(place, size)], source_etype=BYTE)
            for pointer, place in ((target, i), (source, row))
        )
        b.call(copy, [to, item, size, is_volatile])
    return kernel


def scatter_add_kernel(code: Code, scatter: LoweredScatterAdd) -> Kernel:
    """Item after item, in order, so that those of one place always add up alike."""
    kernel = Kernel(code, "scatter_add", [scatter.source, scatter.target, scatter.index])
    b, (source, target, index) = kernel.b, kernel.pointers
    columns = math.prod(scatter.target.shape[1:])
    with kernel.loop(math.prod(scatter.index.shape)) as i:
        row = b.load(b.gep(index, [i], source_etype=INTEGER), typ=INTEGER)
        row = _within(kernel, row, scatter.target.shape[0])
        with kernel.loop(columns) as j:
            place = kernel.at(target, (row, columns), (j, 1))
            added = kernel.load(kernel.at(source, (i, columns), (j, 1)))
            kernel.store(b.fadd(kernel.load(place), added), place)
    return kernel


def _within(kernel: Kernel, row: Value, rows: int) -> Value:
    """The row, or the nearest there is: data must not make code touch other memory."""
    b, first, last = kernel.b, integer(0), integer(rows - 1)
    row = b.select(b.icmp_signed("<", row, first), first, row)
    return b.select(b.icmp_signed(">", row, last), last, row)
