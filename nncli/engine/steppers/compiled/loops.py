"""Loops: kernels that pass over numbers: groups, gathers, reductions, and NumPy's own loops."""

import math
from collections.abc import Sequence

import numpy as np
from llvmlite import ir

from nncli.engine.steppers.compiled.groups import Group
from nncli.engine.steppers.compiled.instructions import EMIT, Emit, Value, number
from nncli.engine.steppers.compiled.kernel import INTEGER, POINTER, Code, Kernel, integer
from nncli.engine.steppers.compiled.operations import Elementwise, Gather, Reduction
from nncli.engine.steppers.compiled.places import Place
from nncli.parts.arrays import Shape

LONGEST_ROW = 64  # numbers of a row that is worked on as one vector
Strides = tuple[int, int]


def group_kernel(code: Code, group: Group) -> Kernel:
    """All operations in one pass."""
    kernel = Kernel(code, "group", group.places)
    (rows, columns), strides = _as_matrix(group.shape, group.places)
    are_neighbours = all(column in (0, 1) for _, column in strides)
    width = columns if columns <= LONGEST_ROW and are_neighbours else 1
    with kernel.loop(rows) as i, kernel.loop(columns // width) as j:
        addresses = [
            kernel.at(pointer, (i, row), (j, column))
            for pointer, (row, column) in zip(kernel.pointers, strides, strict=True)
        ]
        widths = [width if column else 1 for _, column in strides]
        _write_operations(kernel, group, addresses, widths, width)
    return kernel


def _as_matrix(shape: Shape, places: Sequence[Place]) -> tuple[tuple[int, int], list[Strides]]:
    """(rows, columns), and each place's strides over them; one row where all numbers run on."""
    padding = (0,) * (2 - len(shape))
    rows, columns = (1, 1, *shape)[-2:]
    strides: list[Strides] = []
    for place in places:
        row, column = (*padding, *place.strides_over(shape))
        strides.append((row, column))
    if columns == 1:
        return (1, rows), [(0, row) for row, _ in strides]
    if all(row == columns * column for row, column in strides):
        return (1, rows * columns), [(0, column) for _, column in strides]
    return (rows, columns), strides


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
        emit = EMIT[operation.ufunc or np.positive]
        values[operation.target] = emit(kernel.b, *operands)
    for place in group.places:
        if place in group.written:
            kernel.store(values[place], where[place][0])


def loop_kernel(code: Code, operation: Elementwise) -> Kernel:
    """NumPy's own loop: once where all numbers run on, else once for each row."""
    assert operation.ufunc is not None
    shape, name = operation.target.shape, operation.ufunc.__name__
    kernel = Kernel(code, name, [*operation.operands, operation.target])
    (rows, columns), strides = _as_matrix(shape, kernel.places)
    with kernel.loop(rows) as i:
        addresses = [
            kernel.at(pointer, (i, row))
            for pointer, (row, _) in zip(kernel.pointers, strides, strict=True)
        ]
        steps = [column * code.dtype.itemsize for _, column in strides]
        kernel.call_numpy(operation.ufunc, addresses, [columns], steps)
    return kernel


def reduction_kernel(code: Code, reduction: Reduction) -> Kernel:
    """Along the axis: a short one pair by pair, which keeps chains short; a long one in order."""
    ufunc, source, axis = reduction.ufunc, reduction.source, reduction.axis
    kernel = Kernel(code, ufunc.__name__, [source, reduction.target])
    others = [i for i in range(len(source.shape)) if i != axis]
    kept, down, down_target = (
        math.prod(each[i] for i in others)
        for each in (source.shape, source.strides, reduction.target.strides)
    )
    size, along = source.shape[axis], source.strides[axis]
    with kernel.loop(kept) as i:
        start = kernel.at(kernel.pointers[0], (i, down))
        result = kernel.at(kernel.pointers[1], (i, down_target))
        combine = _combine_pairs if size <= LONGEST_ROW else _combine_in_order
        combine(kernel, EMIT[ufunc], (start, size, along), result)
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


def gather_kernel(code: Code, gather: Gather) -> Kernel:
    """Row after row, as the index says."""
    kernel = Kernel(code, "gather", [gather.source, gather.target], takes_index=True)
    b, (source, target, index) = kernel.b, kernel.pointers
    columns = math.prod(gather.source.shape[1:])
    copy = b.module.declare_intrinsic("llvm.memcpy", [POINTER, POINTER, INTEGER])
    size, is_volatile = integer(columns * code.dtype.itemsize), ir.Constant(ir.IntType(1), 0)
    with kernel.loop(gather.target.shape[0]) as i:
        row = b.load(b.gep(index, [i], source_etype=INTEGER), typ=INTEGER)
        place = kernel.at(target, (i, columns))
        b.call(copy, [place, kernel.at(source, (row, columns)), size, is_volatile])
    return kernel
