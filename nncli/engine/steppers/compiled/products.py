"""Products: small matrix products as inline code, large ones by NumPy's BLAS.

To call BLAS takes longer than a small product. A tile of the result stays in registers while the
sum runs along k.
"""

import math
from collections.abc import Iterator

import numpy as np

from nncli.engine.steppers.compiled.assembly import Value, integer, number
from nncli.engine.steppers.compiled.instructions import intrinsic
from nncli.engine.steppers.compiled.kernel import Call, Code, Kernel
from nncli.engine.steppers.compiled.lowering import LoweredProduct
from nncli.engine.steppers.compiled.places import Place
from nncli.engine.steppers.compiled.sizes import Size, Sizes

SMALL = 2**18  # the most multiplications of an inline product
MAX_ADDENDS = 256  # the largest k of an inline product
MAX_COPIED_PER_ROW = 512  # the most numbers to copy per row of the result
REGISTERS_OF_A_ROW = 4  # the width of a tile
HIGHEST_TILE = 8  # rows; enough independent sums to hide the latency of an addition
WORK_OF_COPYING = 4  # instructions per copied number, relative to a computed one
MAX_BLOCK_SIZE = 4  # the side of a block that is transposed in registers
multiply_add = intrinsic("llvm.fmuladd")


def product_calls(code: Code, product: LoweredProduct) -> Iterator[Call]:
    if product.target.shape[1] == 1 < product.target.shape[0]:
        product = product.transposed  # rows of one number can't be vectorized
    m, k, n = product.size
    is_small = m * k * n <= SMALL and k <= MAX_ADDENDS
    if not (is_small and (_is_in_order(product.right) or k * n <= MAX_COPIED_PER_ROW * m)):
        yield _by_blas(code, product)
        return
    right = product.right
    if not _is_in_order(right):
        ordered = code.scratch(k, n)
        yield _copy(code, right, ordered)
        right = ordered
    yield from _panels(code, product.left, right, product.target)


def _is_in_order(matrix: Place) -> bool:
    """Whether the elements of a row are adjacent in memory."""
    return matrix.shape[1] == 1 or matrix.strides[1] == 1


def _by_blas(code: Code, product: LoweredProduct) -> Call:
    """NumPy's loop of matmul: sizes (1 product, m, k, n), then the strides of each matrix."""
    places, sizes = [product.left, product.right, product.target], Sizes(math.prod(product.size))
    counts = sizes.of([1, *product.size])
    strides = [stride * code.dtype.itemsize for place in places for stride in place.strides]
    steps = sizes.of([0, 0, 0, *strides])

    def write(kernel: Kernel) -> None:
        kernel.call_numpy(np.matmul, kernel.pointers, counts, steps)

    return Call("product", (counts, steps), places, sizes.values, write)


def _panels(code: Code, left: Place, right: Place, target: Place) -> Iterator[Call]:
    """Split the result into panels of columns; the last may be narrower."""
    n = target.shape[1]
    widest = REGISTERS_OF_A_ROW * code.lanes
    for first, count, width in ((0, n // widest, widest), (n - n % widest, 1, n % widest)):
        if count and width:
            own = [
                left,
                right.from_column(first, code.dtype),
                target.from_column(first, code.dtype),
            ]
            yield _panel(code, own, count, width)


def _panel(code: Code, places: list[Place], count: int, width: int) -> Call:
    """Write a panel, in tiles of as many rows as registers hold.

    The last tile ends with the last row, and so repeats rows of the tile before, with the same
    result.
    """
    left, right, target = places
    m, k = left.shape
    sizes = Sizes(m * k * width * count)
    firsts = _firsts(width, code.lanes)
    fitting = (code.registers.count - REGISTERS_OF_A_ROW) // (len(firsts) + 1)
    height = min(m, max(fitting, 1), HIGHEST_TILE)
    tiles, last, panels, addends = map(sizes.argument, (-(-m // height), m - height, count, k))
    strides = tuple(map(sizes.argument, (*left.strides, right.strides[0], target.strides[0])))

    def write(kernel: Kernel) -> None:
        pointers = kernel.pointers
        with kernel.loop(panels) as panel, kernel.loop(tiles) as tile:
            row = _not_beyond(kernel, kernel.product(tile, height), last)
            shift = kernel.product(panel, width)
            corner = [
                kernel.at(pointers[0], (row, strides[0])),
                kernel.at(pointers[1], (shift, 1)),
                kernel.at(pointers[2], (row, strides[3]), (shift, 1)),
            ]
            _write_tile(kernel, corner, (height, firsts), addends, strides)

    key = width, height, tiles, last, panels, addends, strides
    return Call("panel", key, places, sizes.values, write)


def _firsts(width: int, lanes: int) -> list[tuple[int, int]]:
    """(first column, columns) of each register of a row; the last two may overlap."""
    if width < lanes:
        return [(0, width)]
    starts = [*range(0, width - lanes, lanes), width - lanes]
    return [(start, lanes) for start in starts]


def _write_tile(
    kernel: Kernel,
    corner: list[Value],
    size: tuple[int, list[tuple[int, int]]],
    addends: Size,
    strides: tuple[Size, ...],
) -> None:
    """target tile = sum over k of a column of left times a row of right."""
    (left, right, target), (height, firsts) = corner, size
    left_down, left_across, right_down, target_down = strides
    rows = list(_down(kernel, left, left_down, height))
    zeros = [number(kernel.kind(width), 0.0) for _ in rows for _, width in firsts]
    with kernel.folded(addends, zeros) as (k, before, after):
        factors_at = kernel.at(right, (k, right_down))
        factors = [
            kernel.load(kernel.at(factors_at, (integer(first), 1)), width)
            for first, width in firsts
        ]
        sums = iter(before)
        for start in rows:
            factor = kernel.load(kernel.at(start, (k, left_across)))
            for own, (_, width) in zip(factors, firsts, strict=True):
                after.append(
                    multiply_add(kernel.f, kernel.f.spread(factor, width), own, next(sums))
                )
    totals = iter(after)
    for start in _down(kernel, target, target_down, height):
        for first, _ in firsts:
            kernel.store(next(totals), kernel.at(start, (integer(first), 1)))


def _down(kernel: Kernel, start: Value, stride: Size, count: int) -> Iterator[Value]:
    """The addresses of so many rows."""
    for row in range(count):
        if row:
            start = kernel.at(start, (integer(1), stride))
        yield start


def _copy(code: Code, source: Place, target: Place) -> Call:
    """Copy the source row by row; a transposed one in blocks that fit into registers."""
    rows, columns = source.shape
    sizes, block = Sizes(WORK_OF_COPYING * rows * columns), 1
    while source.strides[0] == 1 and 2 * block <= min(rows, columns, code.lanes, MAX_BLOCK_SIZE):
        block *= 2
    down, across, target_down = map(sizes.argument, (*source.strides, columns))
    tiles = [sizes.argument(-(-size // block)) for size in (rows, columns)]
    last = [sizes.argument(size - block) for size in (rows, columns)]

    def write(kernel: Kernel) -> None:
        given, written = kernel.pointers
        with kernel.loop(tiles[0]) as tile_row, kernel.loop(tiles[1]) as tile_column:
            i, j = (
                _not_beyond(kernel, kernel.product(tile, block), end)
                for tile, end in zip((tile_row, tile_column), last, strict=True)
            )
            start = kernel.at(given, (i, down), (j, across))
            lines = [
                kernel.load(kernel.at(start, (integer(line), across)), block)
                for line in range(block)
            ]
            place = kernel.at(written, (i, target_down), (j, 1))
            for line, value in enumerate(_transposed(kernel, lines)):
                kernel.store(value, kernel.at(place, (integer(line), target_down)))

    return Call(
        "copy",
        (block, down, across, target_down, *tiles, *last),
        [source, target],
        sizes.values,
        write,
    )


def _not_beyond(kernel: Kernel, index: Value, last: Size) -> Value:
    end = kernel.value(last)
    return kernel.f.select(kernel.f.compare("icmp ult", index, end), index, end)


def _transposed(kernel: Kernel, lines: list[Value]) -> list[Value]:
    """The columns of a square block: its rows interleaved in pairs, then those, and so on."""
    count = len(lines)
    half = count // 2
    masks = [[start + n // 2 + (n % 2) * count for n in range(count)] for start in (0, half)]
    for _ in range(count.bit_length() - 1):
        lines = [
            kernel.f.shuffle(x, y, mask)
            for x, y in zip(lines[:half], lines[half:], strict=True)
            for mask in masks
        ]
    return lines
