"""Loops: kernels for gathers, reductions and NumPy's loops, which process items one by one."""

import math
from collections.abc import Sequence

from nncli.engine.steppers.compiled.assembly import BIT, BYTE, INTEGER, Value, integer
from nncli.engine.steppers.compiled.axes import Axes, merged_axes
from nncli.engine.steppers.compiled.instructions import Emit, emit_of
from nncli.engine.steppers.compiled.kernel import Call, Code, Kernel
from nncli.engine.steppers.compiled.lowering import (
    INTEGERS,
    LoweredElementwise,
    LoweredGather,
    LoweredReduction,
    LoweredScatterAdd,
)
from nncli.engine.steppers.compiled.sizes import Size, Sizes

MAX_TREE_SIZE = 64  # numbers up to which a reduction goes in pairs


def loop_calls(code: Code, operation: LoweredElementwise) -> list[Call]:
    """NumPy's own loop: called once if all arrays are contiguous, else once per row."""
    ufunc, shape = operation.ufunc, operation.target.shape
    assert ufunc is not None
    places, sizes = [*operation.operands, operation.target], Sizes(math.prod(shape))
    merged = merged_axes(shape, [place.strides_over(shape) for place in places])
    columns, across = merged[-1]
    axes = Axes.of([*merged[:-1], (1, across)], sizes, 1)
    count, steps = sizes(columns), sizes.of([stride * code.dtype.itemsize for stride in across])

    def write(kernel: Kernel) -> None:
        with axes.rows(kernel) as starts:
            kernel.call_numpy(ufunc, starts, [count], steps)

    return [Call("loop", (ufunc, axes.outer, count, steps), places, sizes.values, write)]


def reduction_calls(code: Code, reduction: LoweredReduction) -> list[Call]:
    """A reduction along an axis: a short one in pairs, for shorter chains; a long one in order."""
    source, target, axis = reduction.source, reduction.target, reduction.axis
    emit, sizes = emit_of(reduction.ufunc), Sizes(math.prod(source.shape))
    assert emit is not None
    strides = [place.strides_over(target.shape) for place in (source, target)]
    axes = Axes.of(merged_axes(target.shape, strides), sizes, code.lanes)
    size, along = source.shape[axis], sizes(source.strides[axis])
    is_short = size <= MAX_TREE_SIZE
    left = sizes(size - 1)

    def write(kernel: Kernel) -> None:
        def combine(addresses: Sequence[Value], width: int) -> None:
            start, result = addresses
            if is_short:
                total = _pairs(kernel, emit, (start, size, along), width)
            else:
                total = _in_order(kernel, emit, (start, left, along), width)
            kernel.store(total, result)

        with axes.rows(kernel) as starts:
            axes.along(kernel, starts, combine)

    key = reduction.ufunc, axes, along, size if is_short else left
    return [Call("reduction", key, [source, target], sizes.values, write)]


def _pairs(kernel: Kernel, emit: Emit, row: tuple[Value, int, Size], width: int) -> Value:
    start, size, along = row
    values = [kernel.load(kernel.at(start, (integer(k), along)), width) for k in range(size)]
    while len(values) > 1:
        odd = values[len(values) // 2 * 2 :]
        pairs = zip(values[::2], values[1::2], strict=False)
        values = [*(emit(kernel.f, x, y) for x, y in pairs), *odd]
    return values[0]


def _in_order(kernel: Kernel, emit: Emit, row: tuple[Value, Size, Size], width: int) -> Value:
    start, left, along = row
    with kernel.folded(left, [kernel.load(start, width)]) as (k, before, after):
        place = kernel.at(start, (kernel.f.calculate("add", k, integer(1)), along))
        after.append(emit(kernel.f, before[0], kernel.load(place, width)))
    return after[0]


def gather_calls(code: Code, gather: LoweredGather) -> list[Call]:
    """Copy item after item, as the index says."""
    given = [] if gather.index is None else [gather.index]
    sizes = Sizes(math.prod(gather.target.shape))
    count = sizes(math.prod(gather.target.shape) // math.prod(gather.source.shape[1:]))
    last = sizes(gather.source.shape[0] - 1)

    def write(kernel: Kernel) -> None:
        f, (source, target, index) = kernel.f, kernel.pointers
        size, is_volatile = gather.item_bytes, Value(BIT, "0")
        with kernel.loop(count) as i:
            row = f.load(INTEGER, f.offset(index, INTEGER, i), INTEGERS.itemsize)
            if given:
                row = _within(kernel, row, last)
            to, item = (
                f.offset(pointer, BYTE, kernel.product(place, size))
                for pointer, place in ((target, i), (source, row))
            )
            f.call("llvm.memcpy.p0.p0.i64", [to, item, integer(size), is_volatile])

    key, places = (gather.item_bytes, count, last), [gather.source, gather.target, *given]
    return [Call("gather", key, places, sizes.values, write, takes_index=not given)]


def scatter_add_calls(code: Code, scatter: LoweredScatterAdd) -> list[Call]:
    """Add item after item in order, so that the sums always have the same bits."""
    columns = math.prod(scatter.target.shape[1:])
    sizes = Sizes(math.prod(scatter.source.shape))
    axes = Axes.of([(columns, (1, 1))], sizes, code.lanes)
    width, count = sizes(columns), sizes(math.prod(scatter.index.shape))
    last = sizes(scatter.target.shape[0] - 1)

    def write(kernel: Kernel) -> None:
        f, (source, target, index) = kernel.f, kernel.pointers

        def add(addresses: Sequence[Value], width: int) -> None:
            added, place = addresses
            total = f.calculate("fadd", kernel.load(place, width), kernel.load(added, width))
            kernel.store(total, place)

        with kernel.loop(count) as i:
            row = f.load(INTEGER, f.offset(index, INTEGER, i), INTEGERS.itemsize)
            row = _within(kernel, row, last)
            starts = [kernel.at(source, (i, width)), kernel.at(target, (row, width))]
            axes.along(kernel, starts, add)

    places = [scatter.source, scatter.target, scatter.index]
    return [Call("scatter_add", (axes, width, count, last), places, sizes.values, write)]


def _within(kernel: Kernel, row: Value, last: Size) -> Value:
    """The row, clipped to the valid range: data must not make the code access other memory."""
    f, first, end = kernel.f, integer(0), kernel.value(last)
    row = f.select(f.compare("icmp slt", row, first), first, row)
    return f.select(f.compare("icmp sgt", row, end), end, row)
