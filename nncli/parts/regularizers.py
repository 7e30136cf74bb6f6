"""Regularizers: a penalty on a kernel, added to the loss. Simple -> complex."""

from typing import Annotated, ClassVar

import numpy as np

from nncli.constraints import NonNegative
from nncli.parts.arrays import Array
from nncli.registry import Part, part


class Regularizer(Part):
    """W -> penalty.

    kinks: the weights where the penalty has no derivative.
    formula, gradient_formula: the penalty and its gradient, of {W} and the part's own keys.
    """

    kind = "regularizer"
    kinks: ClassVar[tuple[float, ...]] = ()
    formula: ClassVar[str] = ""
    gradient_formula: ClassVar[str] = ""

    def value(self, W: Array) -> float:
        """The penalty."""
        raise NotImplementedError

    def backward(self, W: Array, dW: Array, scratch: Array) -> None:
        """Add d(penalty)/d(W) to dW."""
        raise NotImplementedError


@part("l2")
class L2(Regularizer):
    """l2 * sum(W^2), without a factor 1/2; its gradient is 2 * l2 * W."""

    l2: Annotated[NonNegative, "strength"] = 0.01
    formula = "{l2} * sum({W}^2)"
    gradient_formula = "2 * {l2} * {W}"

    def value(self, W: Array) -> float:
        return self.l2 * float(np.vdot(W, W))

    def backward(self, W: Array, dW: Array, scratch: Array) -> None:
        np.multiply(W, 2.0 * self.l2, out=scratch)
        np.add(dW, scratch, out=dW)


@part("l1")
class L1(Regularizer):
    """l1 * sum(|W|); its gradient is l1 * sign(W), taken as 0 at 0."""

    l1: Annotated[NonNegative, "strength"] = 0.01
    kinks = (0.0,)
    formula = "{l1} * sum(abs({W}))"
    gradient_formula = "{l1} * sign({W})"

    def value(self, W: Array) -> float:
        return self.l1 * float(np.abs(W).sum())

    def backward(self, W: Array, dW: Array, scratch: Array) -> None:
        np.sign(W, out=scratch)
        np.multiply(scratch, self.l1, out=scratch)
        np.add(dW, scratch, out=dW)


@part("l1_l2", "elastic_net")
class L1L2(Regularizer):
    """l1 * sum(|W|) + l2 * sum(W^2)."""

    l1: Annotated[NonNegative, "strength of the absolute values"] = 0.01
    l2: Annotated[NonNegative, "strength of the squares"] = 0.01
    kinks = (0.0,)
    formula = "{l1} * sum(abs({W})) + {l2} * sum({W}^2)"
    gradient_formula = "{l1} * sign({W}) + 2 * {l2} * {W}"

    def value(self, W: Array) -> float:
        return L1(self.l1).value(W) + L2(self.l2).value(W)

    def backward(self, W: Array, dW: Array, scratch: Array) -> None:
        L1(self.l1).backward(W, dW, scratch)
        L2(self.l2).backward(W, dW, scratch)
