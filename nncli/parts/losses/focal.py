"""Focal losses: cross-entropies in which rows that are already predicted well count less.

Source: Lin et al. (2017), Focal loss for dense object detection.
"""

from typing import Annotated

import numpy as np

from nncli.constraints import Bounds, NonNegative, Positive
from nncli.equivalent import Equivalent, unsupported
from nncli.parts.arrays import Array, LayerBuffers
from nncli.parts.losses.loss import positive, slope_of_scores
from nncli.parts.losses.probabilities import SCORES, BinaryCrossEntropy, CrossEntropy
from nncli.registry import part

Gamma = Annotated[NonNegative, "the focusing parameter; 0 is cross-entropy, times alpha"]
SLOPE = "({gamma} * {p} * ln({p}) * (1 - {p})^({gamma} - 1) - (1 - {p})^{gamma})"


def _slope_formula(p: str) -> str:
    """d(-(1 - p)^gamma ln p) / d(ln p), as text."""
    return SLOPE.replace("{p}", p)


def _write_slope(p: Array, out: Array, rest: Array, gamma: float) -> None:
    """out = (gamma p ln p / (1 - p) - 1) (1 - p)^gamma: d(-(1 - p)^gamma ln p) / d(ln p)."""
    tiny = np.finfo(p.dtype).tiny
    np.subtract(1.0, p, out=rest)
    np.maximum(rest, tiny, out=rest)
    np.maximum(p, tiny, out=out)
    np.log(out, out=out)
    np.multiply(out, p, out=out)
    np.divide(out, rest, out=out)
    np.multiply(out, gamma, out=out)
    np.subtract(out, 1.0, out=out)
    np.power(rest, gamma, out=rest)
    np.multiply(out, rest, out=out)


@part("binary_focal", "binary_focal_crossentropy", "sigmoid_focal_loss")
class BinaryFocal(BinaryCrossEntropy):
    """sum -(A t (1 - a)^g ln a + (1 - A) (1 - t) a^g ln(1 - a)), with A alpha and g gamma.

    The sum is over outputs, the mean over rows.

    From scores: ln a = -softplus(-z), ln(1 - a) = -softplus(z).
    """

    gamma: Gamma = 2.0
    alpha: Annotated[
        float,
        Bounds(gt=0, lt=1),
        "weight of the second class (t = 1), the first has 1 - alpha; 0.5: both alike",
    ] = 0.25
    sibling = "focal"
    unit = ""
    is_proper = False
    formula = (
        "-({alpha} * {t} * (1 - {a})^{gamma} * ln({a}) "
        "+ (1 - {alpha}) * (1 - {t}) * {a}^{gamma} * ln(1 - {a}))"
    )
    gradient_formula = (
        f"{{alpha}} * {{t}} * {_slope_formula('{a}')} / {{a}} "
        f"- (1 - {{alpha}}) * (1 - {{t}}) * {_slope_formula('(1 - {a})')} / (1 - {{a}})"
    )
    score_gradient_formula = (
        f"{{alpha}} * {{t}} * (1 - {{a}}) * {_slope_formula('{a}')} "
        f"- (1 - {{alpha}}) * (1 - {{t}}) * {{a}} * {_slope_formula('(1 - {a})')}"
    )
    equivalents = {
        "scikit-learn": unsupported("binary_focal"),
        "keras": Equivalent(
            "keras.losses.BinaryFocalCrossentropy(apply_class_balancing=True, alpha={alpha}, "
            "gamma={gamma}, from_logits=True)",
            SCORES + "keras.ops.sigmoid(model(x)) gives probabilities",
        ),
        "pytorch": unsupported(
            "binary_focal; torchvision.ops.sigmoid_focal_loss(z, t, alpha={alpha}, gamma={gamma}) "
            "has its terms"
        ),
    }

    def equivalent(self, library: str, **names: object) -> Equivalent:
        """None in Keras with label smoothing: it weighs targets between 0 and 1 differently."""
        if library == "keras" and self.label_smoothing:
            return unsupported("binary_focal of smoothed targets")
        return super().equivalent(library, **names)

    def terms(self, a: Array, t: Array) -> Array:
        rest = 1.0 - a
        of_ones = np.power(rest, self.gamma) * np.log(positive(a))
        of_zeros = np.power(a, self.gamma) * np.log(positive(rest))
        return np.asarray(-self.alpha * t * of_ones - (1.0 - self.alpha) * (1.0 - t) * of_zeros)

    def terms_from_scores(self, z: Array, t: Array) -> Array:
        rest = np.log1p(np.exp(-np.abs(z)))
        of_one, of_zero = np.maximum(-z, 0.0) + rest, np.maximum(z, 0.0) + rest  # -ln a, -ln(1 - a)
        ones = self.alpha * t * np.exp(-self.gamma * of_zero) * of_one
        return np.asarray(
            ones + (1.0 - self.alpha) * (1.0 - t) * np.exp(-self.gamma * of_one) * of_zero
        )

    def gradient(self, a: Array, t: Array, da: Array, scratch: Array, factor: float) -> None:
        work = np.empty(a.shape, a.dtype)  # allocated once, while the tape is recorded
        self._write_pull(a, t, da, (scratch, work), factor)
        np.subtract(1.0, a, out=scratch)
        np.multiply(scratch, a, out=scratch)
        np.maximum(scratch, np.finfo(a.dtype).tiny, out=scratch)
        np.divide(da, scratch, out=da)

    def score_gradient(self, output: LayerBuffers, t: Array, scratch: Array, factor: float) -> None:
        assert output.dy is not None
        self._write_pull(output.y, t, slope_of_scores(output), (scratch, output.dy), factor)

    def _write_pull(
        self, a: Array, t: Array, out: Array, free: tuple[Array, Array], factor: float
    ) -> None:
        """out = factor * d(total)/d(z) with a = sigmoid(z): d(total)/d(a) * a (1 - a)."""
        tiny, (rest, of_ones) = np.finfo(a.dtype).tiny, free
        # targets of 1: alpha t (gamma a ln a - (1 - a)) (1 - a)^gamma
        np.maximum(a, tiny, out=out)
        np.log(out, out=out)
        np.multiply(out, a, out=out)
        np.multiply(out, self.gamma, out=out)
        np.subtract(1.0, a, out=rest)
        np.subtract(out, rest, out=out)
        np.power(rest, self.gamma, out=rest)
        np.multiply(out, rest, out=out)
        np.multiply(out, t, out=out)
        np.multiply(out, self.alpha * factor, out=of_ones)
        # targets of 0: (1 - alpha) (1 - t) (a - gamma (1 - a) ln(1 - a)) a^gamma
        np.subtract(1.0, a, out=rest)
        np.maximum(rest, tiny, out=out)
        np.log(out, out=out)
        np.multiply(out, rest, out=out)
        np.multiply(out, self.gamma, out=out)
        np.subtract(a, out, out=out)
        np.power(a, self.gamma, out=rest)
        np.multiply(out, rest, out=out)
        np.subtract(1.0, t, out=rest)
        np.multiply(out, rest, out=out)
        np.multiply(out, (1.0 - self.alpha) * factor, out=out)
        np.add(out, of_ones, out=out)


@part("focal", "focal_loss", "categorical_focal_crossentropy")
class Focal(CrossEntropy):
    """-alpha sum t (1 - a)^gamma ln a over classes, mean over rows.

    From scores: ln a_k = z_k - ln(sum_j exp(z_j)).
    """

    gamma: Gamma = 2.0
    alpha: Annotated[
        Positive, "a factor of the whole loss; training.class_weight weighs classes"
    ] = 0.25
    sibling = "binary_focal"
    unit = ""
    is_proper = False
    formula = "-{t} * {alpha} * (1 - {a})^{gamma} * ln({a})"
    gradient_formula = f"{{alpha}} * {{t}} * {_slope_formula('{a}')} / {{a}}"
    score_gradient_formula = (
        f"{{alpha}} * {{t}} * {_slope_formula('{a}')} "
        f"- {{a}} * sum({{alpha}} * {{t}} * {_slope_formula('{a}')})"
    )
    equivalents = {
        "scikit-learn": unsupported("focal"),
        "keras": Equivalent(
            "keras.losses.CategoricalFocalCrossentropy(alpha={alpha}, gamma={gamma}, "
            "{smoothing}from_logits=True)",
            SCORES + "keras.ops.softmax(model(x)) gives probabilities",
        ),
        "pytorch": unsupported("focal"),
    }

    def terms(self, a: Array, t: Array) -> Array:
        return np.asarray(-self.alpha * t * np.power(1.0 - a, self.gamma) * np.log(positive(a)))

    def terms_from_scores(self, z: Array, t: Array) -> Array:
        shifted = z - z.max(axis=1, keepdims=True)
        log_a = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return np.asarray(-self.alpha * t * np.power(-np.expm1(log_a), self.gamma) * log_a)

    def gradient(self, a: Array, t: Array, da: Array, scratch: Array, factor: float) -> None:
        _write_slope(a, da, scratch, self.gamma)
        np.maximum(a, np.finfo(a.dtype).tiny, out=scratch)
        np.divide(da, scratch, out=da)
        np.multiply(da, t, out=da)
        np.multiply(da, self.alpha * factor, out=da)

    def score_gradient(self, output: LayerBuffers, t: Array, scratch: Array, factor: float) -> None:
        a, dz, row = output.y, slope_of_scores(output), output.saved["row"]
        _write_slope(a, dz, scratch, self.gamma)
        np.multiply(dz, t, out=dz)
        np.multiply(dz, self.alpha * factor, out=dz)
        np.dot(dz, np.ones((dz.shape[-1], 1), dz.dtype), out=row)
        np.multiply(a, row, out=scratch)
        np.subtract(dz, scratch, out=dz)
