"""Losses: how far outputs a are from targets t. Simple -> complex.

Each loss is a sum over rows and outputs times a reduction factor, stated first. `total` is that
sum, `terms` its addends, for rows that don't count alike; `factor` the reduction; `gradient` writes
factor * d(total)/d(a). A matched pair (softmax with cross_entropy, sigmoid with
binary_cross_entropy) is computed from the scores z instead, where both the value and the gradient
a - t are exact and can't overflow.
"""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import numpy as np

from nncli.constraints import Positive
from nncli.equivalent import Equivalent, unsupported
from nncli.parts.activations import Activation, Sigmoid, Softmax
from nncli.parts.arrays import Array
from nncli.registry import Part, part


class Loss(Part):
    """(outputs, targets) -> value.

    A loss has `terms` or `total` of its own, or both: what it leaves out follows from the other.
    So do `terms_from_scores` and `total_from_scores`, which only a matched loss needs.

    matched: the activation whose gradient together with this loss is a - t.
    targets: the closed interval targets must lie in.
    kinks: the errors a - t where the loss has no derivative.
    formula, gradient_formula: a term and d(term)/d(a), of {a}, {t} and the part's own keys.
    reduction: the terms become one number by this.
    equivalents: scikit-learn: a key of the estimator; keras: a loss with the mean or sum of its
    name; pytorch: a module, {reduction} among its keys. A factor is put before it where it differs.
    """

    kind = "loss"
    matched: ClassVar[type[Activation] | None] = None
    targets: ClassVar[tuple[float, float]] = (-np.inf, np.inf)
    kinks: ClassVar[tuple[float, ...]] = ()
    formula: ClassVar[str] = ""
    gradient_formula: ClassVar[str] = ""
    reduction: ClassVar[str] = "mean over rows and outputs"

    def __init_subclass__(cls, **options: Any) -> None:
        """Derive total from terms, or terms from total, also where a base has the other already."""
        super().__init_subclass__(**options)
        own = vars(cls)
        for terms, total in (("terms", "total"), ("terms_from_scores", "total_from_scores")):
            if terms in own and total not in own:
                setattr(cls, total, _sum_of(own[terms]))
            elif total in own and terms not in own:
                setattr(cls, terms, _row_by_row(own[total]))

    def factor(self, rows: int, outputs: int) -> float:
        """What the sum is multiplied by: by default 1 / (rows * outputs), a mean."""
        return 1.0 / (rows * outputs)

    @property
    def is_sum(self) -> bool:
        """Whether rows add up, so that more of them make a greater loss."""
        return self.factor(1, 1) == self.factor(2, 1)

    def terms(self, a: Array, t: Array) -> Array:
        """The addends of the total: of each output of each row, (rows, outputs), or of each row."""
        raise NotImplementedError

    def total(self, a: Array, t: Array) -> float:
        """The sum over rows and outputs."""
        raise NotImplementedError

    def gradient(self, a: Array, t: Array, da: Array, scratch: Array, factor: float) -> None:
        """Write da = factor * d(total)/d(a); scratch has its shape."""
        raise NotImplementedError

    def terms_from_scores(self, z: Array, t: Array) -> Array:
        """The terms for the matched activation, from its input z."""
        raise NotImplementedError

    def total_from_scores(self, z: Array, t: Array) -> float:
        """The sum for the matched activation, from its input z."""
        raise NotImplementedError

    def misfit(self, activation: Activation, units: int) -> str:
        """Why the pair makes no sense and what to use instead; empty if it does."""
        return ""


def _sum_of(terms: Callable[[Any, Array, Array], Array]) -> Callable[[Any, Array, Array], float]:
    """total(a, t): the sum of the terms."""
    return lambda loss, a, t: float(terms(loss, a, t).sum())


def _row_by_row(
    total: Callable[[Any, Array, Array], float],
) -> Callable[[Any, Array, Array], Array]:
    """terms(a, t), (rows,): the total of each row alone, in a loop and thus slow."""
    return lambda loss, a, t: np.array(
        [total(loss, a[row : row + 1], t[row : row + 1]) for row in range(len(t))]
    )


SQUARED_ERROR = Equivalent(
    'loss="squared_error"',
    "MLPRegressor's loss has dz = (a - t) / rows: the gradient here is {times:g} times that, which "
    "learning_rate_init (sgd) or epsilon (adam) makes up for",
)


@part("rss")
class Rss(Loss):
    """sum (a - t)^2 over rows and outputs; the gradient is -2 (t - a)."""

    formula = "({a} - {t})^2"
    gradient_formula = "2 * ({a} - {t})"
    reduction = "sum over rows and outputs"
    equivalents = {
        "scikit-learn": SQUARED_ERROR,
        "keras": 'keras.losses.MeanSquaredError(reduction="sum")',
        "pytorch": "nn.MSELoss({reduction})",
    }

    def factor(self, rows: int, outputs: int) -> float:
        return 1.0

    def terms(self, a: Array, t: Array) -> Array:
        return np.asarray(np.square(a - t))

    def total(self, a: Array, t: Array) -> float:
        error = a - t
        return float(np.vdot(error, error))

    def gradient(self, a: Array, t: Array, da: Array, scratch: Array, factor: float) -> None:
        np.subtract(a, t, out=da)
        np.multiply(da, 2.0 * factor, out=da)


@part("mse", "mean_squared_error")
class Mse(Rss):
    """mean (a - t)^2 over rows and outputs."""

    reduction = "mean over rows and outputs"
    equivalents = {
        "scikit-learn": SQUARED_ERROR,
        "keras": "keras.losses.MeanSquaredError()",
        "pytorch": "nn.MSELoss({reduction})",
    }

    def factor(self, rows: int, outputs: int) -> float:
        return 1.0 / (rows * outputs)


@part("half_mse")
class HalfMse(Rss):
    """mean (a - t)^2 / 2 over rows and outputs."""

    reduction = "half the mean over rows and outputs"
    equivalents = {
        "scikit-learn": SQUARED_ERROR,
        "keras": Equivalent(
            "keras.losses.MeanSquaredError()",
            "MeanSquaredError has no factor 1/2: loss_weights has it, not the penalty",
        ),
        "pytorch": Equivalent(
            "nn.MSELoss({reduction})", "MSELoss has no factor 1/2: it stands outside"
        ),
    }

    def factor(self, rows: int, outputs: int) -> float:
        return 0.5 / (rows * outputs)


@part("mae", "mean_absolute_error")
class Mae(Loss):
    """mean |a - t| over rows and outputs; the gradient is taken as 0 where a = t."""

    kinks = (0.0,)
    formula = "abs({a} - {t})"
    gradient_formula = "sign({a} - {t})"
    equivalents = {
        "scikit-learn": unsupported("mae"),
        "keras": "keras.losses.MeanAbsoluteError()",
        "pytorch": Equivalent("nn.L1Loss({reduction})", "L1Loss has the gradient 0 at 0, as here"),
    }

    def terms(self, a: Array, t: Array) -> Array:
        return np.asarray(np.abs(a - t))

    def gradient(self, a: Array, t: Array, da: Array, scratch: Array, factor: float) -> None:
        np.subtract(a, t, out=da)
        np.sign(da, out=da)
        np.multiply(da, factor, out=da)


@part("huber")
class Huber(Loss):
    """mean h(a - t) over rows and outputs, with delta as d.

    h(e) = e^2 / 2 if |e| <= d, else d (|e| - d / 2).

    Source: Huber (1964), Robust estimation of a location parameter.
    """

    delta: Annotated[
        Positive,
        "where squares turn into absolute values; of the target as the network sees it: where that "
        "is scaled, as by default, 1 is one standard deviation",
    ] = 1.0
    formula = (
        "({a} - {t})^2 / 2 if abs({a} - {t}) <= {delta} "
        "else {delta} * (abs({a} - {t}) - {delta} / 2)"
    )
    gradient_formula = "min(max({a} - {t}, -{delta}), {delta})"
    equivalents = {
        "scikit-learn": unsupported("huber; the linear HuberRegressor also fits a scale"),
        "keras": "keras.losses.Huber(delta={delta})",
        "pytorch": Equivalent(
            "nn.HuberLoss(delta={delta}, {reduction})",
            "SmoothL1Loss(beta={delta}) is this / {delta}",
        ),
    }

    def terms(self, a: Array, t: Array) -> Array:
        size = np.abs(a - t)
        near = np.minimum(size, self.delta)
        return np.asarray(near * (size - 0.5 * near))

    def gradient(self, a: Array, t: Array, da: Array, scratch: Array, factor: float) -> None:
        np.subtract(a, t, out=da)
        np.minimum(da, self.delta, out=da)
        np.maximum(da, -self.delta, out=da)
        np.multiply(da, factor, out=da)


@part("poisson")
class Poisson(Loss):
    """mean (a - t ln a) over rows and outputs: the Poisson deviance up to a constant.

    a is the expected count and must be positive (softplus).
    """

    targets = (0.0, np.inf)
    formula = "{a} - {t} * ln({a})"
    gradient_formula = "1 - {t} / {a}"
    equivalents = {
        "scikit-learn": unsupported(
            "poisson; MLPRegressor(loss='poisson') has exp as its output activation"
        ),
        "keras": Equivalent(
            "keras.losses.Poisson()", "Poisson adds 1e-7 to a inside the logarithm"
        ),
        "pytorch": Equivalent(
            "nn.PoissonNLLLoss(log_input=False, eps=0.0, {reduction})",
            "PoissonNLLLoss would by default take ln(a) as its input",
        ),
    }

    def terms(self, a: Array, t: Array) -> Array:
        return np.asarray(a - t * np.log(_positive(a)))

    def gradient(self, a: Array, t: Array, da: Array, scratch: Array, factor: float) -> None:
        # tiny / eps: counts up to max * tiny / eps, 3e7 in float32, are divided without overflow
        np.maximum(a, np.finfo(a.dtype).tiny / np.finfo(a.dtype).eps, out=da)
        np.divide(t, da, out=da)
        np.subtract(1.0, da, out=da)
        np.multiply(da, factor, out=da)

    def misfit(self, activation: Activation, units: int) -> str:
        if activation.bounds[0] >= 0 and activation.bounds[1] > 1:
            return ""
        return f"poisson needs outputs that can be any count, not {activation.name}: use softplus"


SCORES = "the loss takes scores z (from probabilities it would cut them at 1e-7); "


@part("binary_cross_entropy", "bce", "log_loss")
class BinaryCrossEntropy(Loss):
    """sum -(t ln a + (1 - t) ln(1 - a)) over outputs, mean over rows, in nats.

    From scores: max(z, 0) - z t + ln(1 + exp(-|z|)).
    """

    matched = Sigmoid
    targets = (0.0, 1.0)
    formula = "-({t} * ln({a}) + (1 - {t}) * ln(1 - {a}))"
    gradient_formula = "({a} - {t}) / ({a} * (1 - {a}))"
    reduction = "sum over outputs, mean over rows"
    equivalents = {
        "scikit-learn": "log_loss",
        "keras": Equivalent(
            "keras.losses.BinaryCrossentropy(from_logits=True)",
            SCORES + "keras.ops.sigmoid(model(x)) gives probabilities",
        ),
        "pytorch": Equivalent(
            "nn.BCEWithLogitsLoss({reduction})",
            "BCEWithLogitsLoss takes scores z; model(x).sigmoid() gives probabilities",
        ),
    }

    def factor(self, rows: int, outputs: int) -> float:
        return 1.0 / rows

    def terms(self, a: Array, t: Array) -> Array:
        return -(t * np.log(_positive(a)) + (1.0 - t) * np.log(_positive(1.0 - a)))

    def gradient(self, a: Array, t: Array, da: Array, scratch: Array, factor: float) -> None:
        # (a - t) / (a (1 - a)), with the denominator kept from 0
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
            return (
                "binary_cross_entropy can't take softmax, whose outputs are tied: use cross_entropy"
            )
        if activation.bounds != (0.0, 1.0):
            return f"binary_cross_entropy needs probabilities, not {activation.name}: use sigmoid"
        return ""


@part("cross_entropy", "neg_log_likelihood", "nll", "categorical_cross_entropy")
class CrossEntropy(Loss):
    """-sum t ln a over classes, mean over rows, in nats.

    From scores: ln(sum_j exp(z_j)) - sum_j t_j z_j.
    """

    matched = Softmax
    targets = (0.0, 1.0)
    formula = "-{t} * ln({a})"
    gradient_formula = "-{t} / {a}"
    reduction = "sum over classes, mean over rows"
    equivalents = {
        "scikit-learn": "log_loss",
        "keras": Equivalent(
            "keras.losses.CategoricalCrossentropy(from_logits=True)",
            SCORES + "keras.ops.softmax(model(x)) gives probabilities",
        ),
        "pytorch": Equivalent(
            "nn.CrossEntropyLoss({reduction})",
            "CrossEntropyLoss takes scores z; model(x).softmax(1) gives probabilities",
            "t may be class indices too; these are one-hot",
        ),
    }

    def factor(self, rows: int, outputs: int) -> float:
        return 1.0 / rows

    def terms(self, a: Array, t: Array) -> Array:
        return -(t * np.log(_positive(a)))

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
        if isinstance(activation, Sigmoid):
            return (
                "cross_entropy needs probabilities that sum to 1: softmax, or binary_cross_entropy"
            )
        return (
            f"cross_entropy needs probabilities that sum to 1, not {activation.name}: use softmax"
        )


def _positive(a: Array) -> Array:
    """a, kept from 0, so that its logarithm is finite."""
    return np.asarray(np.maximum(a, np.finfo(a.dtype).tiny))
