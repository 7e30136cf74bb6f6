"""The mish activation, as a package of its own."""

import numpy as np

from nncli.parts.activations import Activation, Saved, sigmoid
from nncli.parts.arrays import Array, Shape, Shapes
from nncli.parts.initializers import HeNormal
from nncli.registry import part


@part("mish")
class Mish(Activation):
    """a = z * t with t = tanh(softplus(z)); the derivative is t + z (1 - t^2) sigmoid(z).

    Source: Misra (2020), Mish: a self regularized non-monotonic activation function.
    """

    bounds = (-0.30884, np.inf)
    initializer = HeNormal()
    formula = "{z} * tanh(ln(1 + exp({z})))"
    equivalents = {"keras": '"mish"', "pytorch": "nn.Mish()"}

    def saved_shapes(self, shape: Shape) -> Shapes:
        return {"tanh": shape, "slope": shape}

    def forward(self, z: Array, a: Array, saved: Saved) -> None:
        t = saved["tanh"]
        np.logaddexp(z, 0.0, out=t)
        np.tanh(t, out=t)
        np.multiply(z, t, out=a)

    def backward(self, da: Array, z: Array, a: Array, dz: Array, saved: Saved) -> None:
        t, slope = saved["tanh"], saved["slope"]
        np.multiply(t, t, out=slope)
        np.subtract(1.0, slope, out=slope)
        np.multiply(slope, z, out=slope)
        sigmoid(z, out=dz)
        np.multiply(dz, slope, out=dz)
        np.add(dz, t, out=dz)
        np.multiply(dz, da, out=dz)
