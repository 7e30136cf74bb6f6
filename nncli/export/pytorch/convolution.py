"""Convolution, pooling and layers by channel as modules of PyTorch.

PyTorch's channels come before height and width: `Images` converts a row of features to an image,
`Rows` converts it back.
"""

from collections.abc import Iterator

from nncli.engine.network import Node
from nncli.parts.layers import (
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Flatten,
    LayerNorm,
    MaxPool2D,
    PRelu,
    Reshape,
)
from nncli.parts.layers.residual import RESIDUAL_MODULE
from nncli.parts.windows import Windows

CLASSES = {
    "Images(": '''\
class Images(nn.Module):
    """Rows of features as images, (rows, channels, height, width)."""

    def __init__(self, height, width, channels):
        super().__init__()
        self.shape = height, width, channels

    def forward(self, x):
        return x.reshape(-1, *self.shape).permute(0, 3, 1, 2)''',
    "Rows(": '''\
class Rows(nn.Module):
    """Images as rows of features, channels innermost."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)''',
    "ByPlace(": '''\
class ByPlace(nn.Module):
    """A layer of features, over the channels at each place of images."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)''',
    "LastAxis(": '''\
class LastAxis(nn.Module):
    """A layer of features, over the last axis of arrays with several axes."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x.flatten(0, -2)).reshape(x.shape)''',
    "AveragePool(": '''\
class AveragePool(nn.Module):
    """The mean of each window's numbers in the image; pad: left, right, top, bottom."""

    def __init__(self, size, strides, pad):
        super().__init__()
        self.pad, self.keys = pad, {"stride": strides, "divisor_override": 1}
        self.size = size

    def forward(self, x):
        total, counts = (
            nn.functional.avg_pool2d(nn.functional.pad(each, self.pad), self.size, **self.keys)
            for each in (x, torch.ones_like(x[:1]))
        )
        return total / counts''',
    "Residual(": RESIDUAL_MODULE,
}


def image_layer_codes(node: Node) -> Iterator[str]:
    """The code of the modules of a layer on images; the last module has the layer's tensors."""
    layer, channels, axes = node.layer, node.input_shape[-1], len(node.input_shape)
    match layer:
        case Conv2D():
            windows = layer.windows(node.input_shape)
            yield from _padding(windows, "0.0")
            keys = f"{windows.size}, stride={windows.strides}"
            keys += "" if layer.bias else ", bias=False"
            yield f"nn.Conv2d({channels}, {layer.filters}, {keys})"
        case MaxPool2D():
            windows = layer.windows(node.input_shape)
            yield from _padding(windows, "-torch.inf")
            yield f"nn.MaxPool2d({windows.size}, {windows.strides})"
        case AveragePool2D():
            windows = layer.windows(node.input_shape)
            yield f"AveragePool({windows.size}, {windows.strides}, {_pad(windows)})"
        case Flatten() | Reshape():
            yield from _in_place(node)
        case BatchNorm() | LayerNorm() | PRelu() if axes not in (1, 3):
            yield f"LastAxis({layer.equivalent('pytorch', inputs=channels).code})"
        case BatchNorm() if axes == 3:
            code = layer.equivalent("pytorch", inputs=channels).code
            yield code.replace("BatchNorm1d", "BatchNorm2d")
        case LayerNorm() if axes == 3:
            yield f"ByPlace({layer.equivalent('pytorch', inputs=channels).code})"
        case PRelu():
            yield layer.equivalent("pytorch", inputs=channels).code


def _in_place(node: Node) -> Iterator[str]:
    """The code that gives numbers other axes: by way of rows of features, channels innermost."""
    axes = node.layer.output_shape(node.input_shape)
    if len(node.input_shape) == 3:
        yield "Rows()"
    elif len(node.input_shape) > 1 or len(axes) == 1:
        yield "nn.Flatten()"
    if len(axes) == 3:
        yield f"Images{axes}"
    elif len(axes) > 1:
        yield f"nn.Unflatten(1, {axes})"


def _padding(windows: Windows, value: str) -> Iterator[str]:
    if windows.is_padded:
        yield f"nn.ConstantPad2d({_pad(windows)}, {value})"


def _pad(windows: Windows) -> tuple[int, int, int, int]:
    """(left, right, top, bottom)."""
    (top, left), (height, width) = windows.before, windows.padded
    bottom, right = height - windows.input[0] - top, width - windows.input[1] - left
    return left, right, top, bottom
