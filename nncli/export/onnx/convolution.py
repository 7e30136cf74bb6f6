"""Convolution and pooling as nodes.

float32 uses ONNX's own operators, whose channels come before height and width. Runtimes lack some
of them in float64: there the numbers in each window are gathered, and a convolution is a product of
matrices, as in the layer itself.
"""

from collections.abc import Callable

import numpy as np

from nncli.engine.operations import Composite
from nncli.errors import UserError
from nncli.export.onnx.graph import Value
from nncli.parts.arrays import Array
from nncli.parts.windows import Windows

Get = Callable[[Array], Value]

CHANNELS_FIRST, CHANNELS_LAST = [0, 3, 1, 2], [0, 2, 3, 1]


def _node(x: Value, kind: str, windows: Windows, *operands: Value) -> Value:
    """A node of one of ONNX's operators on images."""
    graph, dtype = x.graph, x.dtype
    ways = zip(windows.padded, windows.input, windows.before, strict=True)
    behind = [padded - length - before for padded, length, before in ways]
    found = graph.add(
        kind,
        graph.add("Transpose", x, dtype=dtype, perm=CHANNELS_FIRST),
        *operands,
        dtype=dtype,
        kernel_shape=windows.size,
        strides=windows.strides,
        pads=[*windows.before, *behind],
    )
    return graph.add("Transpose", found, dtype=dtype, perm=CHANNELS_LAST)


def _under(x: Value, windows: Windows, channels: int, outside: float) -> Value:
    """(rows, windows, places, channels): the numbers in each window, `outside` beyond edges."""
    graph = x.graph
    (top, left), (height, width) = windows.before, windows.padded
    below, right = height - windows.input[0] - top, width - windows.input[1] - left
    if windows.is_padded:
        pads = np.array([0, top, left, 0, 0, below, right, 0], dtype=np.int64)
        x = x.apply("Pad", pads, graph.constant(np.array(outside, x.dtype)))
    pixels = x.apply("Reshape", np.array([0, height * width, channels], dtype=np.int64))
    places = np.arange(height * width, dtype=np.int64).reshape(1, height, width, 1)
    index = windows.under(places).reshape(-1, windows.size[0] * windows.size[1])
    return graph.add("Gather", pixels, index, dtype=x.dtype, axis=1)


def _image(x: Value, windows: Windows, channels: int) -> Value:
    """(rows, windows, channels) -> (rows, *output, channels)."""
    return x.apply("Reshape", np.array([0, *windows.output, channels], dtype=np.int64))


def _convolved(
    x: Value, kernel: Value, bias: Value | None, windows: Windows, sides: Array
) -> Value:
    """The convolution of x. sides: an array with the kernel's shape."""
    *_, channels, filters = sides.shape
    if x.dtype == np.float32:
        turned = x.graph.add("Transpose", kernel, dtype=x.dtype, perm=[3, 2, 0, 1])
        return _node(x, "Conv", windows, turned, *([] if bias is None else [bias]))
    flat = np.array([0, -1, sides[..., 0].size], dtype=np.int64)
    columns = _under(x, windows, channels, 0.0).apply("Reshape", flat)
    weights = kernel.apply("Reshape", np.array([-1, filters], dtype=np.int64))
    z = columns.apply("MatMul", weights)
    return _image(z if bias is None else z + bias, windows, filters)


def _greatest(x: Value, windows: Windows, channels: int) -> Value:
    if x.dtype == np.float32:
        return _node(x, "MaxPool", windows)
    under = _under(x, windows, channels, -np.inf)
    return _image(under.reduced("ReduceMax", [2], keeps=False), windows, channels)


def _mean(x: Value, windows: Windows, shares: Array, channels: int) -> Value:
    if x.dtype == np.float32:
        return _node(x, "AveragePool", windows)  # whose default excludes the padding
    total = _under(x, windows, channels, 0.0).reduced("ReduceSum", [2], keeps=False)
    return _image(total, windows, channels) * shares


def composite_nodes(operation: Composite, get: Get) -> Value:
    """A convolution or pooling as nodes. get: returns the value of an array.

    Raises UserError, with its name, for another composite operation.
    """
    x, *others = operation.arguments
    match operation.name, others:
        case "convolve", [kernel, bias, windows]:
            held = None if bias is None else get(bias)
            return _convolved(get(x), get(kernel), held, windows, kernel)
        case "max_pool", [windows]:
            return _greatest(get(x), windows, x.shape[-1])
        case "average_pool", [windows, shares]:
            return _mean(get(x), windows, shares, x.shape[-1])
    raise UserError(f"a part calls {operation.name}, for which there is no ONNX operator")
