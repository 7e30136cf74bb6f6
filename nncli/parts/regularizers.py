"""Regularizers: a penalty on a kernel, added to the loss. Simple -> complex."""

from typing import Annotated, ClassVar

import numpy as np

from nncli.constraints import NonNegative
from nncli.equivalent import Equivalent, unsupported
from nncli.parts.arrays import Array
from nncli.registry import Part, part


class Regularizer(Part):
    """W -> penalty.

    kinks: the values of a weight at which the penalty has no derivative.
    formula, gradient_formula: the penalty and its gradient as text, in terms of {W} and the part's
    own keys.
    equivalents: keras: a regularizer; pytorch: an expression for the penalty of the tensor {W}.
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
    equivalents = {
        "scikit-learn": Equivalent(
            "alpha={alpha:.12g}",
            "the penalty is alpha / (2 rows of a batch) * sum(W^2): alpha = 2 l2 rows / {times:g}",
        ),
        "keras": Equivalent("keras.regularizers.L2({l2})", "L2 is l2 * sum(W^2), as here"),
        "pytorch": Equivalent(
            "{l2} * {W}.square().sum()",
            "the penalty is in the objective; weight_decay={decay:g} of SGD has the same gradient, "
            "but would shrink biases too unless they are a parameter group of their own",
        ),
    }

    def equivalent(self, library: str, **names: object) -> Equivalent:
        return super().equivalent(library, decay=2.0 * self.l2, **names)

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
    equivalents = {
        "scikit-learn": unsupported("l1; alpha is for squares"),
        "keras": "keras.regularizers.L1({l1})",
        "pytorch": "{l1} * {W}.abs().sum()",
    }

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
    equivalents = {
        "scikit-learn": unsupported("l1_l2; alpha is for squares"),
        "keras": "keras.regularizers.L1L2(l1={l1}, l2={l2})",
        "pytorch": "{l1} * {W}.abs().sum() + {l2} * {W}.square().sum()",
    }

    def value(self, W: Array) -> float:
        return L1(self.l1).value(W) + L2(self.l2).value(W)

    def backward(self, W: Array, dW: Array, scratch: Array) -> None:
        L1(self.l1).backward(W, dW, scratch)
        L2(self.l2).backward(W, dW, scratch)
