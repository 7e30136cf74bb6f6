"""Products: small ones in place, large ones by NumPy's BLAS.

What a call of BLAS costs before its first multiplication is more than a small product takes. A
tile of the result stays in registers while the sum runs along k.
"""

import numpy as np

from nncli.engine.steppers.compiled.instructions import Value, intrinsic, number
from nncli.engine.steppers.compiled.kernel import INTEGER, Code, Kernel, integer
from nncli.engine.steppers.compiled.lowering import LoweredProduct
from nncli.engine.steppers.compiled.places import Place
from nncli.frozen import frozen

SMALL = 2**18  # multiplications up to which a product is computed in place
LONGEST_SUM = 256  # addends, one after the other in a register, of such a product
MOST_COPIED = 512  # numbers of a scattered right matrix for each row of the result
REGISTERS_OF_A_ROW = 4  # that a tile is wide
multiply_add = intrinsic("llvm.fmuladd")


def product_kernel(code: Code, product: LoweredProduct) -> Kernel:
    if product.target.shape[1] == 1 < product.target.shape[0]:
        product = product.transposed  # so that a row of the result is more than a number
    m, k, n = product.size
    is_small = m * k * n <= SMALL and k <= LONGEST_SUM
    if is_small and (_is_in_order(product.right) or k * n <= MOST_COPIED * m):
        return _in_place(code, product)
    return _by_blas(code, product)


def _is_in_order(matrix: Place) -> bool:
    """Whether the numbers of a row are neighbours in memory."""
    return matrix.shape[1] == 1 or matrix.strides[1] == 1


def _by_blas(code: Code, product: LoweredProduct) -> Kernel:
    """NumPy's loop of matmul: sizes (1 product, m, k, n), then the strides of each matrix."""
    places = [product.left, product.right, product.target]
    kernel = Kernel(code, "product", places)
    steps = [stride * code.dtype.itemsize for place in places for stride in place.strides]
    kernel.call_numpy(np.matmul, kernel.pointers, [1, *product.size], [0, 0, 0, *steps])
    return kernel


@frozen
class _Matrix:
    """Where the number at (0, 0) lies, and the strides along a column and along a row."""

    pointer: Value
    down: int
    across: int


def _in_place(code: Code, product: LoweredProduct) -> Kernel:
    m, k, n = product.size
    places = [product.left, product.right, product.target]
    if not _is_in_order(product.right):
        places.append(code.scratch(k, n))
    kernel = Kernel(code, "product", places)
    left, right, target, *scratch = (
        _Matrix(pointer, *place.strides)
        for pointer, place in zip(kernel.pointers, places, strict=True)
    )
    if scratch:
        _copy(kernel, right, scratch[0], k, n)
        right = scratch[0]
    widest = REGISTERS_OF_A_ROW * code.lanes
    for column in range(0, n, widest):
        _write_columns(kernel, (left, right, target), (m, k), column, min(widest, n - column))
    return kernel


def _copy(kernel: Kernel, source: _Matrix, target: _Matrix, rows: int, columns: int) -> None:
    with kernel.loop(rows) as i, kernel.loop(columns) as j:
        value = kernel.load(kernel.at(source.pointer, (i, source.down), (j, source.across)))
        kernel.store(value, kernel.at(target.pointer, (i, target.down), (j, target.across)))


def _write_columns(
    kernel: Kernel, matrices: tuple[_Matrix, ...], size: tuple[int, int], column: int, width: int
) -> None:
    """Columns of the result from `column` on, in tiles of as many rows as registers hold."""
    m, k = size
    registers = -(-width // kernel.code.lanes)
    most = max((kernel.code.registers.count - REGISTERS_OF_A_ROW) // (registers + 1), 1)
    height = -(-m // -(-m // most))  # tiles alike, but for the last
    with kernel.loop(m // height) as tile:
        row = kernel.b.mul(tile, integer(height))
        _write_tile(kernel, matrices, k, (row, integer(column)), (height, width))
    if m % height:
        row = integer(m - m % height)
        _write_tile(kernel, matrices, k, (row, integer(column)), (m % height, width))


def _write_tile(
    kernel: Kernel,
    matrices: tuple[_Matrix, ...],
    k: int,
    corner: tuple[Value, Value],
    size: tuple[int, int],
) -> None:
    """target tile = sum over k of a column of left times a row of right."""
    b, (left, right, target), (row, column), (height, width) = (kernel.b, matrices, corner, size)
    rows = [b.add(row, integer(offset)) for offset in range(height)]
    before, body, after = b.block, b.append_basic_block("body"), b.append_basic_block("after")
    b.branch(body)
    b.position_at_end(body)
    index, sums = b.phi(INTEGER), [b.phi(kernel.kind(width)) for _ in rows]
    factors = kernel.load(
        kernel.at(right.pointer, (index, right.down), (column, right.across)), width
    )
    results = []
    for own_row, total in zip(rows, sums, strict=True):
        factor = kernel.load(kernel.at(left.pointer, (own_row, left.down), (index, left.across)))
        results.append(multiply_add(b, kernel.spread(factor, width), factors, total))
        total.add_incoming(number(kernel.kind(width), 0.0), before)
        total.add_incoming(results[-1], body)
    following = b.add(index, integer(1), flags=("nuw", "nsw"))
    index.add_incoming(integer(0), before)
    index.add_incoming(following, body)
    b.cbranch(b.icmp_unsigned("<", following, integer(k)), body, after)
    b.position_at_end(after)
    for own_row, result in zip(rows, results, strict=True):
        place = kernel.at(target.pointer, (own_row, target.down), (column, target.across))
        kernel.store(result, place)
