"""Gaussian noise: random noise on the rows in training, against overfitting."""

import math
from typing import Annotated

import numpy as np

from nncli.constraints import NonNegative
from nncli.equivalent import Equivalent, unsupported
from nncli.parts.arrays import LayerBuffers, Shape, Shapes
from nncli.parts.layers.layer import Layer
from nncli.registry import part


@part("gaussian_noise")
class GaussianNoise(Layer):
    """y = x + std * n in training, n normal; y = x otherwise.

    n = sqrt(-2 ln(1 - u)) cos(2 pi v) of two uniform draws u and v from 0 to 1, afresh for every
    number, row and step, from the stream of dropout.
    Source: Box and Muller (1958), A note on the generation of random normal deviates; Bishop
    (1995), Training with noise is equivalent to Tikhonov regularization.
    """

    std: Annotated[NonNegative, "the noise's standard deviation, in units of what comes in"] = 0.1
    is_random = True
    equivalents = {
        "scikit-learn": unsupported("gaussian_noise"),
        "keras": "layers.GaussianNoise({std})",
        "pytorch": Equivalent(
            "GaussianNoise({std})",
            "PyTorch has no such layer: class GaussianNoise(nn.Module) with forward(x): "
            "x + std * torch.randn_like(x) if self.training else x",
        ),
    }

    def saved_shapes(self, batch: int, input_shape: Shape) -> Shapes:
        return {"noise": (batch, *input_shape), "angle": (batch, *input_shape)}

    def forward(self, buffers: LayerBuffers) -> None:
        if not buffers.training:
            np.copyto(buffers.y, buffers.x)
            return
        assert buffers.uniform is not None
        noise, angle = buffers.saved["noise"], buffers.saved["angle"]
        buffers.uniform(noise)
        buffers.uniform(angle)
        np.subtract(1.0, noise, out=noise)  # never 0, which has no logarithm
        np.log(noise, out=noise)
        np.multiply(noise, -2.0 * self.std**2, out=noise)
        np.sqrt(noise, out=noise)
        np.multiply(angle, 2.0 * math.pi, out=angle)
        np.cos(angle, out=angle)
        np.multiply(noise, angle, out=noise)
        np.add(buffers.x, noise, out=buffers.y)

    def backward(self, buffers: LayerBuffers) -> None:
        if buffers.dx is not None:
            assert buffers.dy is not None
            np.copyto(buffers.dx, buffers.dy)

    def formulas(self) -> dict[str, str]:
        return {
            "noise": self.fill("{std} * n, n a standard normal draw"),
            "a": "{x} + {noise}",
        }

    def backward_formulas(self) -> dict[str, str]:
        return {"dx": "{da}"}
