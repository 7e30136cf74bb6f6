"""Initializer: what every initializer declares."""

from typing import ClassVar

import numpy as np

from nncli.parts.arrays import Array, Shape
from nncli.registry import Part


class Initializer(Part):
    """shape -> starting values.

    given_by: the key that states the values one by one, where they follow from no rule.
    equivalents: keras: an initializer, where `scaling(scale, mode)` draws uncut; pytorch: a
    statement that fills {tensor}, which nncli calls {tensor_name}.
    """

    kind = "initializer"
    given_by: ClassVar[str] = ""

    def __call__(self, shape: Shape, random: np.random.Generator, name: str) -> Array:
        """float64 values of `shape` for the tensor `name`, drawn from `random` where drawn.

        Raises DataError or ShapeError where they are given, and aren't there or of another shape.
        """
        raise NotImplementedError

    def assigned(self, name: str) -> str:
        """What gives the tensor `name` its values in the code of other libraries; if given."""
        raise NotImplementedError
