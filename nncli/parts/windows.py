"""Windows: the windows of convolution and pooling over images, and their kernels in NumPy.

Rows are images, (rows, height, width, channels). A convolution is a product of matrices: `columns`,
which has the numbers under each window in a row (im2col), times the kernel. Columns are copied for
a few images at a time, so that they are still in the cache when the product reads them.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nncli.errors import ShapeError
from nncli.frozen import frozen
from nncli.parts.arrays import Array, Shape
from nncli.parts.composite import composite

Padding = Literal["valid", "same"]
Pair = tuple[int, int]

BLOCK_NUMBERS, NARROW_BLOCK_NUMBERS = 1 << 17, 1 << 15
"""How many numbers of columns, and of narrow ones, are in the cache at a time: 512 and 128 KB.

Time of 3x3 kernels at batches of 64, relative to columns of all images at once: 0.7 for 14x14x32
with 32 filters, 0.6 for 14x14x8 with 32, 0.8 for 28x28x1 with 32, 1 with 8. Half the first constant
is 5% slower for 14x14x32, twice the second 20% slower for 28x28x1 with 32, whose outputs are many.
"""

NARROW = 16
"""If a window's line has fewer numbers than this, columns are stored transposed.

NumPy then copies long lines of windows, not short lines of numbers: a step takes 0.4 of the time
for 28x28x1 with 8 filters.
"""


@frozen
class Windows:
    """Windows over images. All fields are (height, width).

    size: of a window.  strides: from one window to the next.  input: size of an image.
    output: number of windows.  before: zeros in front of the image.  padded: size with all zeros.
    """

    size: Pair
    strides: Pair
    input: Pair
    output: Pair
    before: Pair
    padded: Pair

    @classmethod
    def over(cls, image_shape: Shape, size: Pair, strides: Pair, padding: Padding) -> "Windows":
        """valid: all windows within the image; same: ceil(input / strides) windows, with padding.

        Raises ShapeError if there is none.
        """
        height, width, _ = image_shape
        axes = [
            _along_axis(length, side, stride, padding)
            for length, side, stride in zip((height, width), size, strides, strict=True)
        ]
        output, before, padded = zip(*axes, strict=True)
        if min(output) < 1:
            raise ShapeError(
                f"a window of {size[0]} x {size[1]} doesn't fit into {height} x {width}: take a "
                "smaller one, or padding: same"
            )
        return cls(size, strides, (height, width), output, before, padded)

    @property
    def is_padded(self) -> bool:
        return self.padded != self.input

    def inside(self, padded: Array) -> Array:
        """A view of the images within their padding."""
        (top, left), (height, width) = self.before, self.input
        return padded[:, top : top + height, left : left + width]

    def under(self, padded: Array) -> Array:
        """A view of the numbers under each window: (rows, *output, *size, channels)."""
        (high, wide), (down, right) = self.output, self.strides
        found = sliding_window_view(padded, self.size, axis=(1, 2))
        return found[:, ::down, ::right][:, :high, :wide].transpose(0, 1, 2, 4, 5, 3)

    @property
    def seeing(self) -> "Windows":
        """Windows over `spaced` outputs: a pixel's window holds the outputs that depend on it."""
        (height, width), (high, wide) = self.input, self.size
        around = (height + high - 1, width + wide - 1)
        return Windows(self.size, (1, 1), around, self.input, (0, 0), around)

    def spaced(self, padded: Array) -> Array:
        """A view of the outputs' places among zeros, for `seeing`: (rows, *output, filters)."""
        top, left = (side - 1 - before for side, before in zip(self.size, self.before, strict=True))
        (high, wide), (down, right) = self.output, self.strides
        return padded[:, top::down, left::right][:, :high, :wide]

    @property
    def offsets(self) -> Iterator[Pair]:
        """The positions in a window, line by line."""
        return ((i, j) for i in range(self.size[0]) for j in range(self.size[1]))

    def seen(self, x: Array, y: Array, offset: Pair) -> tuple[Array, Array]:
        """Views of x and y for one position in the windows: the pixels there, and the windows.

        Windows whose position is in the padding are left out.
        """
        lines, columns = (
            _seen_along_axis(*each)
            for each in zip(offset, self.strides, self.before, self.input, self.output, strict=True)
        )
        return x[:, lines[0], columns[0]], y[:, lines[1], columns[1]]

    def counts(self) -> Array:
        """(*output, 1): how many positions of each window are in the image, not in its padding."""
        x, y = np.ones((1, *self.input, 1)), np.zeros((1, *self.output, 1))
        for offset in self.offsets:
            ones, counted = self.seen(x, y, offset)
            np.add(counted, ones, out=counted)
        counts: Array = y[0]
        return counts


def _along_axis(length: int, side: int, stride: int, padding: Padding) -> tuple[int, int, int]:
    """(number of windows, zeros before, length with zeros) along one axis."""
    if padding == "valid":
        return (length - side) // stride + 1 if length >= side else 0, 0, length
    count = -(-length // stride)
    zeros = max((count - 1) * stride + side - length, 0)
    return count, zeros // 2, length + zeros


def _seen_along_axis(
    offset: int, stride: int, before: int, length: int, count: int
) -> tuple[slice, slice]:
    """`seen` along one axis: slices of the pixels at this position, and of the windows."""
    first = max(-(-(before - offset) // stride), 0)
    last = min((length - 1 + before - offset) // stride, count - 1)
    start, stop = first * stride + offset - before, last * stride + offset - before + 1
    return slice(start, max(stop, start), stride), slice(first, max(last + 1, first))


# ---- convolution


def block_rows(windows: Windows, channels: int) -> int:
    """The number of images whose columns are in the cache at the same time."""
    is_narrow = windows.size[1] * channels < NARROW
    most = NARROW_BLOCK_NUMBERS if is_narrow else BLOCK_NUMBERS
    return max(1, most // columns_size(windows, channels))


def columns_size(windows: Windows, channels: int) -> int:
    """The size of the columns of one image."""
    (high, wide), (height, width) = windows.output, windows.size
    return high * wide * height * width * channels


def _blocks(rows: int, columns: Array, numbers: int) -> Iterator[tuple[slice, Array]]:
    """(slice of images, part of `columns` for them) for each block. numbers: per image."""
    step = len(columns) // numbers
    for start in range(0, rows, step):
        count = min(step, rows - start)
        yield slice(start, start + count), columns[: count * numbers]


def _filled(columns: Array, under: Array) -> Array:
    """Copy the numbers under each window into `columns`; return them as (windows, positions)."""
    rows, high, wide, height, width, channels = under.shape
    count, places = rows * high * wide, height * width * channels
    if width * channels < NARROW:
        lines = columns.reshape(height, width, channels, rows, high, wide)
        np.copyto(lines.transpose(3, 4, 5, 0, 1, 2), under)
        return columns.reshape(places, count).T
    np.copyto(columns.reshape(under.shape), under)
    return columns.reshape(count, places)


@composite
def convolve(
    x: Array,
    kernel: Array,
    bias: Array | None,
    windows: Windows,
    *,
    out: Array,
    padded: Array | None,
    columns: Array,
    spread: Array | None,
) -> None:
    """out = the sum of each window times the kernel, plus the bias.

    x: (rows, height, width, channels).  kernel: (*size, channels, filters).  bias: (filters,).
    out: (rows, *output, filters).  padded: for x with its padding, whose zeros it has already.
    spread: (*output, filters), for the bias at each place of an image.
    """
    if padded is not None:
        np.copyto(windows.inside(padded), x)
    if spread is not None and bias is not None:
        np.copyto(spread, bias)
    channels, filters = kernel.shape[2:]
    under, weights = windows.under(x if padded is None else padded), kernel.reshape(-1, filters)
    for block, own in _blocks(len(x), columns, columns_size(windows, channels)):
        np.dot(_filled(own, under[block]), weights, out=out[block].reshape(-1, filters))
        if spread is not None:
            np.add(out[block], spread, out=out[block])


@composite
def convolve_kernel_gradient(
    x: Array,
    dz: Array,
    windows: Windows,
    *,
    out: Array,
    padded: Array | None,
    columns: Array,
    part: Array,
) -> None:
    """out = d(loss)/d(kernel): the columns of x, padded as `convolve` left it, times dz."""
    channels, filters = out.shape[2:]
    under, total = windows.under(x if padded is None else padded), out.reshape(-1, filters)
    for block, own in _blocks(len(x), columns, columns_size(windows, channels)):
        target = part if block.start else total
        np.dot(_filled(own, under[block]).T, dz[block].reshape(-1, filters), out=target)
        if block.start:
            np.add(total, part, out=total)


@composite
def convolve_gradients(
    x: Array,
    dz: Array,
    kernel: Array,
    windows: Windows,
    *,
    out: tuple[Array, ...],
    padded: Array,
    columns: Array,
    turned: Array,
    total: Array,
    part: Array,
) -> None:
    """out = (d(loss)/d(x), d(loss)/d(kernel)), or the first alone.

    Both are sums over the windows that contain a pixel: dx of dz times the kernel, dW of dz times
    x. So the columns are those of dz, with zeros around and between, and are copied once for both.
    padded: (rows, height + size - 1, width + size - 1, filters), whose zeros it has already.
    turned: (*size, filters, channels), for the kernel rotated by 180 degrees.
    total, part: (channels, *size, filters).
    """
    dx, kernels = out[0], out[1:]
    channels, filters = kernel.shape[2:]
    np.copyto(windows.spaced(padded), dz)
    for i, j in windows.offsets:
        np.copyto(turned[-1 - i, -1 - j], kernel[i, j].T)
    under, weights = windows.seeing.under(padded), turned.reshape(-1, channels)
    sums, sum_part = total.reshape(channels, -1), part.reshape(channels, -1)
    for block, own in _blocks(len(x), columns, columns_size(windows.seeing, filters)):
        filled = _filled(own, under[block])
        np.dot(filled, weights, out=dx[block].reshape(-1, channels))
        if kernels:
            pixels = x[block].reshape(-1, channels)
            np.dot(pixels.T, filled, out=sum_part if block.start else sums)
            if block.start:
                np.add(sums, sum_part, out=sums)
    for (i, j), dW in ((offset, dW) for dW in kernels for offset in windows.offsets):
        np.copyto(dW[i, j], total[:, -1 - i, -1 - j])


# ---- pooling


@composite
def max_pool(x: Array, windows: Windows, *, out: Array) -> None:
    """out = the greatest number of each window and channel."""
    np.copyto(out, -np.inf)
    for offset in windows.offsets:
        numbers, greatest = windows.seen(x, out, offset)
        np.maximum(greatest, numbers, out=greatest)


@composite
def max_pool_gradient(
    x: Array, y: Array, dy: Array, windows: Windows, *, out: Array, free: Array, chosen: Array
) -> None:
    """out = dy, at the first greatest number of each window; summed where windows overlap.

    free, chosen: of y's shape; 1 for windows whose number isn't found yet, and for those whose
    number is at the current position.
    """
    np.copyto(out, 0.0)
    np.copyto(free, 1.0)
    for offset in windows.offsets:
        numbers, greatest = windows.seen(x, y, offset)
        given, takes = windows.seen(out, chosen, offset)
        _, left = windows.seen(x, free, offset)
        _, slope = windows.seen(x, dy, offset)
        np.equal(numbers, greatest, out=takes)
        np.multiply(takes, left, out=takes)
        np.subtract(left, takes, out=left)
        np.multiply(takes, slope, out=takes)
        np.add(given, takes, out=given)


@composite
def average_pool(x: Array, windows: Windows, shares: Array, *, out: Array) -> None:
    """out = the mean of each window's numbers.

    shares: 1 / the count of a window's numbers, (*output, 1) or a number.
    """
    np.copyto(out, 0.0)
    for offset in windows.offsets:
        numbers, total = windows.seen(x, out, offset)
        np.add(total, numbers, out=total)
    np.multiply(out, shares, out=out)


@composite
def average_pool_gradient(
    dy: Array, windows: Windows, shares: Array, *, out: Array, part: Array
) -> None:
    """out = dy * shares, at all of a window's numbers; summed where windows overlap."""
    np.multiply(dy, shares, out=part)
    np.copyto(out, 0.0)
    for offset in windows.offsets:
        given, slope = windows.seen(out, part, offset)
        np.add(given, slope, out=given)
