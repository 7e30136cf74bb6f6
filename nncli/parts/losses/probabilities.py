"""Losses of probabilities: the cross-entropies, from scores where the activation matches."""

from typing import Annotated, ClassVar

import numpy as np

from nncli.constraints import Fraction
from nncli.equivalent import Equivalent, unsupported
from nncli.parts.activations import Activation, Sigmoid, Softmax, Step
from nncli.parts.arrays import Array
from nncli.parts.losses.loss import Loss, positive
from nncli.registry import part

SCORES = "the loss takes scores z (from probabilities it would cut them at 1e-7); "
LabelSmoothing = Annotated[
    Fraction,
    "s of label smoothing: a target y, 0 or 1, becomes y (1 - s) + s / K with K classes, "
    "y (1 - s) + s / 2 where each output is a yes or no; the loss is of these, metrics are not",
]


class ProbabilityLoss(Loss):
    """A loss of probabilities, with label smoothing.

    sibling: the counterpart for sigmoid outputs if this is for softmax, and vice versa.
    """

    label_smoothing: LabelSmoothing
    targets = (0.0, 1.0)
    sibling: ClassVar[str]

    def n_classes(self, outputs: int) -> int:
        """K of label smoothing: the number of classes that an output chooses from."""
        raise NotImplementedError

    def factor(self, rows: int, outputs: int) -> float:
        return 1.0 / rows

    def smoothed(self, t: Array, outputs: int) -> Array:
        if not self.label_smoothing:
            return t
        return t * (1.0 - self.label_smoothing) + self.label_smoothing / self.n_classes(outputs)

    def smoothing_formula(self, outputs: int) -> str:
        if not self.label_smoothing:
            return ""
        template = "{y} * (1 - {label_smoothing}) + {label_smoothing} / "
        return self.fill(template) + f"{self.n_classes(outputs)}"

    def equivalent(self, library: str, **names: object) -> Equivalent:
        """Fill {smoothing} in the code with the library's key, if the loss smooths labels."""
        if not self.label_smoothing:
            return super().equivalent(library, smoothing="", **names)
        if library == "scikit-learn":
            return unsupported("label_smoothing")
        smoothing = f"label_smoothing={self.label_smoothing!r}"
        found = super().equivalent(library, smoothing=f"{smoothing}, ", **names)
        if not found.code or smoothing in found.code:
            return found
        formula = self.smoothing_formula(1).format(y="t")
        return found + Equivalent("", f"no label_smoothing there: t = {formula} has to be given")


@part("binary_cross_entropy", "bce", "log_loss")
class BinaryCrossEntropy(ProbabilityLoss):
    """sum -(t ln a + (1 - t) ln(1 - a)) over outputs, mean over rows, in nats.

    From scores: max(z, 0) - z t + ln(1 + exp(-|z|)).
    """

    label_smoothing: LabelSmoothing = 0.0
    matched = Sigmoid
    sibling = "cross_entropy"
    formula = "-({t} * ln({a}) + (1 - {t}) * ln(1 - {a}))"
    gradient_formula = "({a} - {t}) / ({a} * (1 - {a}))"
    reduction = "sum over outputs, mean over rows"
    unit = "nats per row"
    equivalents = {
        "scikit-learn": "log_loss",
        "keras": Equivalent(
            "keras.losses.BinaryCrossentropy({smoothing}from_logits=True)",
            SCORES + "keras.ops.sigmoid(model(x)) gives probabilities",
        ),
        "pytorch": Equivalent(
            "nn.BCEWithLogitsLoss({reduction})",
            "BCEWithLogitsLoss takes scores z; model(x).sigmoid() gives probabilities",
        ),
    }

    def n_classes(self, outputs: int) -> int:
        return 2

    def terms(self, a: Array, t: Array) -> Array:
        return -(t * np.log(positive(a)) + (1.0 - t) * np.log(positive(1.0 - a)))

    def gradient(self, a: Array, t: Array, da: Array, scratch: Array, factor: float) -> None:
        # (a - t) / (a (1 - a)), with a denominator > 0
        np.subtract(1.0, a, out=scratch)
        np.multiply(scratch, a, out=scratch)
        np.maximum(scratch, np.finfo(a.dtype).tiny, out=scratch)
        np.subtract(a, t, out=da)
        np.divide(da, scratch, out=da)
        np.multiply(da, factor, out=da)

    def terms_from_scores(self, z: Array, t: Array) -> Array:
        rest = np.log1p(np.exp(-np.abs(z)))
        return np.asarray(np.maximum(z, 0.0) - z * t + rest)

    def misfit(self, activation: Activation, units: int) -> str:
        if isinstance(activation, Softmax):
            return f"{self.name} can't take softmax, whose outputs are tied: use {self.sibling}"
        if activation.bounds != (0.0, 1.0) or isinstance(activation, Step):
            return f"{self.name} needs probabilities, not {activation.name}: use sigmoid"
        return ""


@part("cross_entropy", "neg_log_likelihood", "nll", "categorical_cross_entropy")
class CrossEntropy(ProbabilityLoss):
    """-sum t ln a over classes, mean over rows, in nats.

    From scores: ln(sum_j exp(z_j)) - sum_j t_j z_j.
    """

    label_smoothing: LabelSmoothing = 0.0
    matched = Softmax
    sibling = "binary_cross_entropy"
    formula = "-{t} * ln({a})"
    gradient_formula = "-{t} / {a}"
    reduction = "sum over classes, mean over rows"
    unit = "nats per row"
    equivalents = {
        "scikit-learn": "log_loss",
        "keras": Equivalent(
            "keras.losses.CategoricalCrossentropy({smoothing}from_logits=True)",
            SCORES + "keras.ops.softmax(model(x)) gives probabilities",
        ),
        "pytorch": Equivalent(
            "nn.CrossEntropyLoss({smoothing}{reduction})",
            "CrossEntropyLoss takes scores z; model(x).softmax(1) gives probabilities",
            "t may be class indices too; these are one-hot",
        ),
    }

    def n_classes(self, outputs: int) -> int:
        return outputs

    def terms(self, a: Array, t: Array) -> Array:
        return -(t * np.log(positive(a)))

    def gradient(self, a: Array, t: Array, da: Array, scratch: Array, factor: float) -> None:
        np.maximum(a, np.finfo(a.dtype).tiny, out=da)
        np.divide(t, da, out=da)
        np.multiply(da, -factor, out=da)

    def terms_from_scores(self, z: Array, t: Array) -> Array:
        shifted = z - z.max(axis=1, keepdims=True)  # t sums to 1, so the shift drops out
        log_sum = np.log(np.exp(shifted).sum(axis=1))
        return np.asarray(log_sum - (t * shifted).sum(axis=1))

    def misfit(self, activation: Activation, units: int) -> str:
        if isinstance(activation, Softmax):
            return ""
        needs = f"{self.name} needs probabilities that sum to 1"
        if isinstance(activation, Sigmoid):
            return f"{needs}: softmax, or {self.sibling}"
        return f"{needs}, not {activation.name}: use softmax"
