"""The squareplus activation, as a package of its own."""

import numpy as np

from nncli.parts.activations import Activation, Saved
from nncli.parts.arrays import Array, Shape, Shapes
from nncli.parts.initializers import HeNormal
from nncli.registry import part


@part("squareplus")
class Squareplus(Activation):
    """a = (z + sqrt(z^2 + 4)) / 2; the derivative is (1 + z / sqrt(z^2 + 4)) / 2.

    Source: Barron (2021), Squareplus: a softplus-like algebraic rectifier.
    """

    bounds = (0.0, np.inf)
    initializer = HeNormal()
    formula = "({z} + sqrt({z}^2 + 4)) / 2"
    equivalents = {"keras": '"squareplus"'}

    def saved_shapes(self, shape: Shape) -> Shapes:
        return {"root": shape}

    def forward(self, z: Array, a: Array, saved: Saved) -> None:
        root = saved["root"]
        np.multiply(z, z, out=root)
        np.add(root, 4.0, out=root)
        np.sqrt(root, out=root)
        np.add(z, root, out=a)
        np.multiply(a, 0.5, out=a)

    def backward(self, da: Array, z: Array, a: Array, dz: Array, saved: Saved) -> None:
        np.divide(z, saved["root"], out=dz)
        np.add(dz, 1.0, out=dz)
        np.multiply(dz, 0.5, out=dz)
        np.multiply(dz, da, out=dz)
