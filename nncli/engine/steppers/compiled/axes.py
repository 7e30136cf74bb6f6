"""Axes: loops of a kernel over arrays whose sizes and strides are arguments of the call."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from nncli.engine.steppers.compiled.assembly import Value, integer
from nncli.engine.steppers.compiled.kernel import Kernel
from nncli.engine.steppers.compiled.sizes import Size, Sizes
from nncli.frozen import frozen
from nncli.parts.arrays import Shape

MAX_ROW_REGISTERS = 4  # registers up to which a row is unrolled

Axis = tuple[int, tuple[int, ...]]  # (size, the stride of each array)
Emit = Callable[[Sequence[Value], int], None]  # (addresses, numbers at each)


def merged_axes(shape: Shape, strides: Sequence[Sequence[int]]) -> list[Axis]:
    """The axes of a shape, outermost first; adjacent axes that are contiguous in all arrays are
    merged.

    strides: of each array over the shape. There is at least one axis.
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


@frozen
class Axes:
    """The axes of a call's arrays.

    outer: (size, strides), outermost first.  across: the strides along the innermost axis.
    pieces: (first, width) of the vectors that cover the innermost axis if it is short; otherwise a
    loop over `whole` numbers, `lanes` at a time, is followed by one over `rest` numbers.
    """

    outer: tuple[tuple[Size, tuple[Size, ...]], ...]
    across: tuple[Size, ...]
    pieces: tuple[tuple[int, int], ...]
    lanes: int
    whole: Size
    rest: Size

    @classmethod
    def of(cls, axes: Sequence[Axis], sizes: Sizes, lanes: int) -> "Axes":
        *outer, (columns, across) = axes
        if any(stride not in (0, 1) for stride in across):
            lanes = 1
        rest = columns % lanes
        is_short = lanes > 1 and columns <= MAX_ROW_REGISTERS * lanes
        return cls(
            tuple((sizes(size), sizes.of(strides)) for size, strides in outer),
            sizes.of(across),
            tuple(_pieces(columns, lanes)) if is_short else (),
            lanes,
            0 if is_short else sizes(columns - rest),
            0 if is_short else sizes(rest),
        )

    @contextmanager
    def rows(self, kernel: Kernel) -> Iterator[list[Value]]:
        """Loop over all axes but the innermost; yields the address of each array's row."""
        with ExitStack() as stack:
            indices = [stack.enter_context(kernel.loop(size)) for size, _ in self.outer]
            yield [
                kernel.at(
                    pointer,
                    *((i, own[n]) for i, (_, own) in zip(indices, self.outer, strict=True)),
                )
                for n, pointer in enumerate(kernel.pointers)
            ]

    def along(self, kernel: Kernel, starts: Sequence[Value], emit: Emit) -> None:
        """Loop over the innermost axis of the rows at `starts`, a vector or a number at a time."""
        for first, width in self.pieces:
            emit(self._moved(kernel, starts, integer(first)), width)
        if self.whole != 0:
            with kernel.loop(self.whole, self.lanes) as j:
                emit(self._moved(kernel, starts, j), self.lanes)
        if self.rest != 0:
            starts = self._moved(kernel, starts, kernel.value(self.whole))
            with kernel.loop(self.rest) as j:
                emit(self._moved(kernel, starts, j), 1)

    def _moved(self, kernel: Kernel, starts: Sequence[Value], by: Value) -> list[Value]:
        pairs = zip(starts, self.across, strict=True)
        return [kernel.at(start, (by, stride)) for start, stride in pairs]


def _pieces(columns: int, lanes: int) -> Iterator[tuple[int, int]]:
    """Whole vectors, then one of the remaining width."""
    for first in range(0, columns, lanes):
        yield first, min(lanes, columns - first)
