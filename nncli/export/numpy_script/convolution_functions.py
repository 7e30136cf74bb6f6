"""Convolution and pooling for scripts, with the same bits as the layers.

The functions are copied into scripts as they are. Images are (rows, height, width, channels);
`pads` is the padding of height and width, before and after; `step` is how many images are taken at
a time, which the last digits of sums depend on.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import numpy as np

from nncli.parts.windows import NARROW


def padded(x, pads, value=0.0):
    """The images x, padded with a value."""
    before, behind = pads
    around = (0, 0), (before[0], behind[0]), (before[1], behind[1]), (0, 0)
    return np.pad(x, around, constant_values=value)


def inside(x, pads):
    """Padded images without their padding."""
    (top, left), (below, right) = pads
    return x[:, top : x.shape[1] - below, left : x.shape[2] - right]


def under(x, size, strides):
    """The numbers in each window: (rows, down, across, *size, channels)."""
    views = np.lib.stride_tricks.sliding_window_view(x, size, axis=(1, 2))
    return views[:, :: strides[0], :: strides[1]].transpose(0, 1, 2, 4, 5, 3)


def columns(windows):
    """The windows as a matrix, a row for each."""
    rows, down, across, height, width, channels = windows.shape
    shape = rows * down * across, height * width * channels
    if width * channels < NARROW:  # laid out place by place
        return np.ascontiguousarray(windows.transpose(3, 4, 5, 0, 1, 2)).reshape(shape[::-1]).T
    return np.ascontiguousarray(windows).reshape(shape)


def convolve(x, kernel, bias, strides, pads, step):
    """z = the sum of each window times the kernel, plus the bias."""
    windows = under(padded(x, pads), kernel.shape[:2], strides)
    weights, parts = kernel.reshape(-1, kernel.shape[3]), []
    for start in range(0, len(x), step):
        some = windows[start : start + step]
        parts.append(np.dot(columns(some), weights).reshape(*some.shape[:3], -1))
    z = np.concatenate(parts)
    return z if bias is None else z + bias


def convolve_first_kernel(x, dz, size, strides, pads, step):
    """dW of a layer whose dx isn't needed: the numbers in each window times dz."""
    windows, total = under(padded(x, pads), size, strides), np.zeros(())
    for start in range(0, len(x), step):
        slopes = dz[start : start + step].reshape(-1, dz.shape[3])
        part = np.dot(columns(windows[start : start + step]).T, slopes)
        total = part if start == 0 else total + part
    return total.reshape(*size, x.shape[3], dz.shape[3])


def seen(x, dz, size, strides, pads):
    """For each number of x, dz of the windows that contain it, with 0 where there is none."""
    shape = len(x), x.shape[1] + size[0] - 1, x.shape[2] + size[1] - 1, dz.shape[3]
    spaced, (top, left) = np.zeros(shape, dz.dtype), pads[0]
    places = spaced[:, size[0] - 1 - top :: strides[0], size[1] - 1 - left :: strides[1]]
    places[:, : dz.shape[1], : dz.shape[2]] = dz
    return under(spaced, size, (1, 1))


def convolve_dx(x, dz, kernel, strides, pads, step):
    """dx: dz of the windows that contain a number, times the kernel turned by 180 degrees."""
    windows = seen(x, dz, kernel.shape[:2], strides, pads)
    turned = np.ascontiguousarray(kernel[::-1, ::-1].transpose(0, 1, 3, 2))
    weights, dx = turned.reshape(-1, kernel.shape[2]), []
    for start in range(0, len(x), step):
        some = windows[start : start + step]
        dx.append(np.dot(columns(some), weights).reshape(*some.shape[:3], -1))
    return np.concatenate(dx)


def convolve_kernel(x, dz, kernel, strides, pads, step):
    """dW: each number of x times dz of the windows that contain it."""
    windows, total = seen(x, dz, kernel.shape[:2], strides, pads), np.zeros(())
    for start in range(0, len(x), step):
        pixels = x[start : start + step].reshape(-1, x.shape[3])
        part = np.dot(pixels.T, columns(windows[start : start + step]))
        total = part if start == 0 else total + part
    height, width, channels, filters = kernel.shape
    turned = total.reshape(channels, height, width, filters)[:, ::-1, ::-1]
    return np.ascontiguousarray(turned.transpose(1, 2, 0, 3))


def max_pool(x, size, strides, pads):
    """The maximum of each window."""
    return under(padded(x, pads, -np.inf), size, strides).max(axis=(3, 4))


def max_pool_dx(x, y, dy, size, strides, pads):
    """dy, at the first maximum of each window."""
    windows, free = under(padded(x, pads, -np.inf), size, strides), np.ones_like(y)
    dx = np.zeros_like(padded(x, pads))
    for i in range(size[0]):
        for j in range(size[1]):
            takes = (windows[:, :, :, i, j] == y) * free
            free = free - takes
            places = dx[:, i :: strides[0], j :: strides[1]]
            places[:, : y.shape[1], : y.shape[2]] += takes * dy
    return inside(dx, pads)


def pool_shares(image, size, strides, pads, dtype):
    """1 / n, for the n numbers of the image, (height, width), in each window."""
    ones = padded(np.ones((1, *image, 1)), pads)
    return (1.0 / under(ones, size, strides).sum(axis=(3, 4))).astype(dtype)


def average_pool(x, size, strides, pads):
    """The mean of each window's numbers."""
    windows, total = under(padded(x, pads), size, strides), 0.0
    for i in range(size[0]):
        for j in range(size[1]):
            total = total + windows[:, :, :, i, j]
    return total * pool_shares(x.shape[1:3], size, strides, pads, x.dtype)


def average_pool_dx(dy, image, size, strides, pads):
    """dy, in equal shares to each window's numbers; image: (height, width) of x."""
    slopes = dy * pool_shares(image, size, strides, pads, dy.dtype)
    dx = padded(np.zeros((len(dy), *image, dy.shape[3]), dy.dtype), pads)
    for i in range(size[0]):
        for j in range(size[1]):
            places = dx[:, i :: strides[0], j :: strides[1]]
            places[:, : dy.shape[1], : dy.shape[2]] += slopes
    return inside(dx, pads)
