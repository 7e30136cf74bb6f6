"""Convolution: the same small kernel applied at every position of an image."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np

from nncli.constraints import Length, PositiveInt
from nncli.equivalent import Equivalent, unsupported
from nncli.parts.activations import Activation, Relu
from nncli.parts.arrays import Array, LayerBuffers, Shape, Shapes
from nncli.parts.initializers import Initializer, Zeros
from nncli.parts.layers.affine import (
    KEY_ALIASES,
    Affine,
    HasBias,
    KernelPenalty,
    KernelStart,
    Trainable,
)
from nncli.parts.windows import (
    Padding,
    Pair,
    Windows,
    block_rows,
    columns_size,
    convolve,
    convolve_gradients,
    convolve_kernel_gradient,
)
from nncli.registry import part

Sides = PositiveInt | Annotated[Sequence[PositiveInt], Length(2)]


def pair(key: str, sides: int | Sequence[int]) -> Pair:
    """(height, width). Raises ValueError unless there are two."""
    if isinstance(sides, int):
        return sides, sides
    if len(sides) != 2:
        raise ValueError(f"{key}: expected a number, or [height, width]")
    height, width = sides
    return height, width


CHANNELS_FIRST = (
    "images are (rows, channels, height, width) there: "
    "x.reshape(-1, height, width, channels).permute(0, 3, 1, 2)"
)


@part("conv2d")
class Conv2D(Affine):
    """z = the kernel W laid over each window of x, multiplied and summed, + b; a = activation(z).

    W is (height, width, channels, filters); z[i, j, f] = sum x[i s + u, j s + v, c] W[u, v, c, f].
    Backward: dW, dx: the same sums of x and W with dz; db = dz summed over rows and places.
    Source: LeCun et al. (1998), Gradient-based learning applied to document recognition.
    """

    filters: PositiveInt
    kernel_size: Annotated[Sides, "height and width of a window, or one number for both"]
    strides: Annotated[Sides, "from a window to the next"] = 1
    padding: Annotated[Padding, "same: zeros around, so that strides 1 keep the size"] = "valid"
    activation: Activation = Relu()
    kernel_initializer: KernelStart = "auto"
    bias_initializer: Initializer = Zeros()
    kernel_regularizer: KernelPenalty = None
    bias: HasBias = True
    trainable: Trainable = True
    key_aliases = KEY_ALIASES
    input_axes = 3
    of_dx = ("dz_padded", "dz_columns", "turned", "dW_turned", "dW_part")
    equivalents = {
        "scikit-learn": unsupported("convolutions"),
        "keras": "layers.Conv2D({filters}, {size}, strides={stride}, "
        'padding="{padding}"{more_keys})',
        "pytorch": Equivalent(
            "nn.Conv2d({inputs}, {filters}, {size}, stride={stride}, padding={around}{more_keys})",
            CHANNELS_FIRST,
            "Conv2d keeps W as (filters, channels, height, width)",
        ),
    }

    def __post_init__(self) -> None:
        pair("kernel_size", self.kernel_size)
        pair("strides", self.strides)

    def equivalent(self, library: str, **names: object) -> Equivalent:
        size, steps = pair("", self.kernel_size), pair("", self.strides)
        around = '"same"' if self.padding == "same" else "0"
        found = super().equivalent(library, size=size, stride=steps, around=around, **names)
        if library == "pytorch" and self.padding == "same" and steps != (1, 1):
            return found + Equivalent("", 'Conv2d refuses padding="same" where strides aren\'t 1')
        return found

    def windows(self, input_shape: Shape) -> Windows:
        """The kernel's windows. Raises ShapeError for rows that aren't images, or too small."""
        self.refuse_axes(input_shape)
        size, strides = pair("", self.kernel_size), pair("", self.strides)
        return Windows.over(input_shape, size, strides, self.padding)

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*self.windows(input_shape).output, self.filters)

    def param_shapes(self, input_shape: Shape) -> Shapes:
        bias = {"b": (self.filters,)} if self.bias else {}
        size = pair("", self.kernel_size)
        return {"W": (*size, input_shape[2], self.filters), **bias}

    def scratch_shapes(self, batch: int, input_shape: Shape) -> Shapes:
        windows, channels, filters = self.windows(input_shape), input_shape[2], self.filters
        own, of_dz = columns_size(windows, channels), columns_size(windows.seeing, filters)
        size = windows.size
        return {
            **({"padded": (batch, *windows.padded, channels)} if windows.is_padded else {}),
            "columns": (min(batch, block_rows(windows, channels)) * own,),
            "spread": (*windows.output, filters),
            "part": (size[0] * size[1] * channels, filters),
            "dz_padded": (batch, *windows.seeing.padded, filters),
            "dz_columns": (min(batch, block_rows(windows.seeing, filters)) * of_dz,),
            "turned": (*size, filters, channels),
            "dW_turned": (channels, *size, filters),
            "dW_part": (channels, *size, filters),
        }

    def affine(self, buffers: LayerBuffers, z: Array) -> None:
        saved, params = buffers.saved, buffers.params
        convolve(
            buffers.x,
            params["W"],
            params.get("b"),
            self.windows(buffers.x.shape[1:]),
            out=z,
            padded=saved.get("padded"),
            columns=saved["columns"],
            spread=saved["spread"] if self.bias else None,
        )

    def backward_affine(self, buffers: LayerBuffers) -> None:
        saved, grads = buffers.saved, buffers.grads
        dz = saved.get("dz", buffers.dy)
        assert dz is not None
        windows = self.windows(buffers.x.shape[1:])
        if "b" in grads:
            np.add.reduce(dz, axis=0, out=saved["spread"])
            np.add.reduce(saved["spread"].reshape(-1, self.filters), axis=0, out=grads["b"])
        if buffers.dx is not None:
            convolve_gradients(
                buffers.x,
                dz,
                buffers.params["W"],
                windows,
                out=(buffers.dx, *([grads["W"]] if "W" in grads else [])),
                padded=saved["dz_padded"],
                columns=saved["dz_columns"],
                turned=saved["turned"],
                total=saved["dW_turned"],
                part=saved["dW_part"],
            )
        elif "W" in grads:
            convolve_kernel_gradient(
                buffers.x,
                dz,
                windows,
                out=grads["W"],
                padded=saved.get("padded"),
                columns=saved["columns"],
                part=saved["part"],
            )

    def formulas(self) -> dict[str, str]:
        bias = "{b} + " if self.bias else ""
        return {
            "z": f"{bias}sum of {{x}} * {{W}} in its window",
            "a": self.activation.fill(self.activation.formula),
        }

    def backward_formulas(self) -> dict[str, str]:
        return {
            "dz": self.activation.fill(self.activation.backward_formula),
            "dW": "sum of {x} * {dz} over rows and windows" + self.shrink_formula(),
            "db": "sum of {dz} over rows and windows",
            "dx": "sum of {dz} * {W} over the windows that see it",
        }
