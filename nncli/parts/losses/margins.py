"""Margin losses: how far scores are on the right side, as in support vector machines.

Outputs are scores of any size. A hinge loss is 0 if the right class's score exceeds the decision
boundary by a margin of at least 1, and grows with what is missing.
"""

from collections.abc import Iterable

import numpy as np

from nncli.equivalent import Equivalent, unsupported
from nncli.parts.activations import Activation
from nncli.parts.arrays import Array
from nncli.parts.losses.loss import Loss
from nncli.registry import part

KERAS = "{name} takes targets of -1 and 1 and makes them of 0 and 1 by itself"
MARGIN = "max(0, 1 - (2 * {t} - 1) * {a})"
BEHIND = "max(0, {a} - sum({t} * {a}) + 1)"
IS_BEHIND = "({a} - sum({t} * {a}) + 1 > 0)"  # 1 or 0


class MarginLoss(Loss):
    """A loss of scores of any size, with targets 0 and 1."""

    targets = (0.0, 1.0)
    is_proper = False

    def misfit(self, activation: Activation, units: int) -> str:
        low, high = activation.bounds
        if low <= -1.0 and high >= 1.0:
            return ""
        return f"{self.name} needs scores on both sides of 0, not {activation.name}: use identity"


@part("perceptron")
class Perceptron(MarginLoss):
    """mean (o - t) a over rows and outputs, where the answer o is 1 if a > 0, else 0.

    The gradient is o - t, so a step with batch_size 1 is the perceptron's rule, W <- W + lr (t - o)
    x, which changes nothing for rows with the right answer. a is a score: here the output's
    activation is identity.

    Source: Rosenblatt (1958), The perceptron.
    """

    off = -1.0
    formula = "((1 if {a} > 0 else 0) - {t}) * {a}"
    gradient_formula = "(1 if {a} > 0 else 0) - {t}"
    equivalents = {
        "scikit-learn": unsupported("perceptron; without hidden layers Perceptron() has it"),
        "keras": unsupported("perceptron"),
        "pytorch": unsupported("perceptron; (((z > 0).to(z.dtype) - t) * z).mean() is it"),
    }

    def terms(self, a: Array, t: Array) -> Array:
        return np.asarray(((a > 0.0) - t) * a)

    def gradient(self, a: Array, t: Array, da: Array, scratch: Array, factor: float) -> None:
        np.greater(a, 0.0, out=da)
        np.subtract(da, t, out=da)
        np.multiply(da, factor, out=da)

    def kinked(self, a: Array, t: Array) -> Iterable[tuple[Array, float]]:
        return [(a, 0.0)]


@part("hinge")
class Hinge(MarginLoss):
    """mean max(0, 1 - y a) over rows and outputs, with y = 2 t - 1: 1 for a one, -1 for a zero.

    One unit separates two classes by the sign of a; several units separate each class from all
    others. The gradient is taken as 0 where y a = 1.

    Source: Cortes and Vapnik (1995), Support-vector networks.
    """

    off = -1.0
    formula = MARGIN
    gradient_formula = "-(2 * {t} - 1) if (2 * {t} - 1) * {a} < 1 else 0"
    equivalents = {
        "scikit-learn": unsupported("hinge; without hidden layers LinearSVC(loss='hinge') has it"),
        "keras": Equivalent("keras.losses.Hinge()", KERAS.format(name="Hinge")),
        "pytorch": unsupported("hinge; torch.clamp(1 - (2 * t - 1) * z, min=0).mean() is it"),
    }

    def terms(self, a: Array, t: Array) -> Array:
        return np.asarray(np.maximum(1.0 - (2.0 * t - 1.0) * a, 0.0))

    def gradient(self, a: Array, t: Array, da: Array, scratch: Array, factor: float) -> None:
        _write_shortfall(a, t, da, scratch)
        np.sign(da, out=da)
        np.multiply(da, scratch, out=da)
        np.multiply(da, -factor, out=da)

    def kinked(self, a: Array, t: Array) -> Iterable[tuple[Array, float]]:
        return [((2.0 * t - 1.0) * a, 1.0)]


@part("squared_hinge")
class SquaredHinge(MarginLoss):
    """mean max(0, 1 - y a)^2 over rows and outputs, with y = 2 t - 1: 1 for a one, -1 for a zero.

    Source: Cortes and Vapnik (1995), Support-vector networks.
    """

    off = -1.0
    formula = f"{MARGIN}^2"
    gradient_formula = f"-2 * (2 * {{t}} - 1) * {MARGIN}"
    equivalents = {
        "scikit-learn": unsupported("squared_hinge; without hidden layers LinearSVC has it"),
        "keras": Equivalent("keras.losses.SquaredHinge()", KERAS.format(name="SquaredHinge")),
        "pytorch": unsupported(
            "squared_hinge; torch.clamp(1 - (2 * t - 1) * z, min=0).square().mean() is it"
        ),
    }

    def terms(self, a: Array, t: Array) -> Array:
        return np.asarray(np.square(np.maximum(1.0 - (2.0 * t - 1.0) * a, 0.0)))

    def gradient(self, a: Array, t: Array, da: Array, scratch: Array, factor: float) -> None:
        _write_shortfall(a, t, da, scratch)
        np.multiply(da, scratch, out=da)
        np.multiply(da, -2.0 * factor, out=da)


@part("multiclass_hinge", "multiclass_svm", "weston_watkins")
class MulticlassHinge(MarginLoss):
    """sum max(0, a_j - a_k + 1) over the classes j that aren't the row's class k, mean over rows.

    The gradient is taken as 0 at the kinks. It is the sum over classes of Weston and Watkins, as
    courses have it (CS231n), not the greatest of them (Crammer and Singer), which Keras'
    CategoricalHinge is.

    Source: Weston and Watkins (1999), Support vector machines for multi-class pattern recognition.
    """

    reduction = "sum over the other classes, mean over rows"
    formula = f"(1 - {{t}}) * {BEHIND}"
    gradient_formula = f"(1 - {{t}}) * {IS_BEHIND} - {{t}} * sum((1 - {{t}}) * {IS_BEHIND})"
    equivalents = {
        "scikit-learn": unsupported("multiclass_hinge"),
        "keras": unsupported("multiclass_hinge; CategoricalHinge takes the greatest, not the sum"),
        "pytorch": unsupported(
            "multiclass_hinge; nn.MultiMarginLoss is this / classes, of class indices"
        ),
    }

    def factor(self, rows: int, outputs: int) -> float:
        return 1.0 / rows

    def terms(self, a: Array, t: Array) -> Array:
        return np.asarray((1.0 - t) * np.maximum(_behind(a, t), 0.0))

    def gradient(self, a: Array, t: Array, da: Array, scratch: Array, factor: float) -> None:
        _write_behind(a, t, da, scratch)
        np.sign(da, out=da)
        _pull_apart(t, da, scratch, factor)

    def misfit(self, activation: Activation, units: int) -> str:
        if units == 1:
            return f"{self.name} needs an output for each class: use hinge, or as many units"
        return super().misfit(activation, units)

    def kinked(self, a: Array, t: Array) -> Iterable[tuple[Array, float]]:
        return [(_behind(a, t), 0.0)]


@part("squared_multiclass_hinge")
class SquaredMulticlassHinge(MulticlassHinge):
    """sum max(0, a_j - a_k + 1)^2 over the classes j that aren't the row's class k, mean over rows.

    Source: Weston and Watkins (1999), Support vector machines for multi-class pattern recognition.
    """

    formula = f"(1 - {{t}}) * {BEHIND}^2"
    gradient_formula = f"2 * ((1 - {{t}}) * {BEHIND} - {{t}} * sum((1 - {{t}}) * {BEHIND}))"
    equivalents = {
        "scikit-learn": unsupported("squared_multiclass_hinge"),
        "keras": unsupported("squared_multiclass_hinge"),
        "pytorch": unsupported(
            "squared_multiclass_hinge; nn.MultiMarginLoss(p=2) is this / classes, of class indices"
        ),
    }

    def terms(self, a: Array, t: Array) -> Array:
        return np.asarray((1.0 - t) * np.square(np.maximum(_behind(a, t), 0.0)))

    def gradient(self, a: Array, t: Array, da: Array, scratch: Array, factor: float) -> None:
        _write_behind(a, t, da, scratch)
        _pull_apart(t, da, scratch, 2.0 * factor)

    def kinked(self, a: Array, t: Array) -> Iterable[tuple[Array, float]]:
        return ()


def _write_shortfall(a: Array, t: Array, out: Array, y: Array) -> None:
    """y = 2 t - 1, out = max(0, 1 - y a)."""
    np.multiply(t, 2.0, out=y)
    np.subtract(y, 1.0, out=y)
    np.multiply(y, a, out=out)
    np.subtract(1.0, out, out=out)
    np.maximum(out, 0.0, out=out)


def _behind(a: Array, t: Array) -> Array:
    """a_j - a_k + 1 for each class j, k the row's class."""
    return a - (t * a).sum(axis=1, keepdims=True) + 1.0  # type: ignore[no-any-return]


def _write_behind(a: Array, t: Array, out: Array, scratch: Array) -> None:
    """out = max(0, a_j - a_k + 1) for each class j, k the row's class."""
    row = np.empty((len(a), 1), a.dtype)  # allocated once, while the tape is recorded
    np.multiply(t, a, out=scratch)
    np.dot(scratch, np.ones((a.shape[-1], 1), a.dtype), out=row)
    np.subtract(a, row, out=out)
    np.add(out, 1.0, out=out)
    np.maximum(out, 0.0, out=out)


def _pull_apart(t: Array, da: Array, scratch: Array, factor: float) -> None:
    """da = factor (p - t sum(p)) with p = (1 - t) da, da before: the slope of each class's term."""
    row = np.empty((len(da), 1), da.dtype)
    np.subtract(1.0, t, out=scratch)
    np.multiply(da, scratch, out=da)
    np.dot(da, np.ones((da.shape[-1], 1), da.dtype), out=row)
    np.multiply(t, row, out=scratch)
    np.subtract(da, scratch, out=da)
    np.multiply(da, factor, out=da)
