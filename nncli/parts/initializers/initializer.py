"""Initializer: the base class of all initializers."""

from typing import ClassVar

import numpy as np

from nncli.parts.arrays import Array, Shape
from nncli.registry import Part


class Initializer(Part):
    """shape -> initial values.

    given_by: the key that gives the values one by one; empty if they follow from a rule.
    equivalents: keras: an initializer, where `scaling(scale, mode)` draws from a normal
    distribution that isn't truncated; pytorch: a statement that fills {tensor}, {tensor_name} here;
    {transposed} turns an array of {tensor_shape}, as here, into one with PyTorch's order of axes.
    """

    kind = "initializer"
    given_by: ClassVar[str] = ""

    def __call__(self, shape: Shape, random: np.random.Generator, name: str) -> Array:
        """Return float64 values of `shape` for the tensor `name`; random draws are from `random`.

        Raises DataError or ShapeError for given values that are missing or have another shape.
        """
        raise NotImplementedError

    def assigned(self, name: str) -> str:
        """The given values of the tensor `name` as an expression for other libraries' code."""
        raise NotImplementedError
