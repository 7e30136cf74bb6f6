"""Losses of numbers: squares, absolute values, and counts."""

from typing import Annotated

import numpy as np

from nncli.constraints import Positive
from nncli.equivalent import Equivalent, unsupported
from nncli.parts.activations import Activation
from nncli.parts.arrays import Array
from nncli.parts.losses.loss import Loss, positive
from nncli.registry import part

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


@part("half_sse", "half_sum_of_squares")
class HalfSse(Rss):
    """sum (a - t)^2 / 2 over outputs, mean over rows: with one row, E of worked examples."""

    reduction = "half the sum over outputs, mean over rows"
    equivalents = {
        "scikit-learn": 'loss="squared_error"',
        "keras": Equivalent(
            "keras.losses.MeanSquaredError()",
            "MeanSquaredError is the mean over outputs, without the factor 1/2: loss_weights has "
            "both, not the penalty",
        ),
        "pytorch": Equivalent(
            "nn.MSELoss({reduction})",
            "MSELoss is the mean over outputs, without the factor 1/2: both stand outside",
        ),
    }

    def factor(self, rows: int, outputs: int) -> float:
        return 0.5 / rows


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
        return np.asarray(a - t * np.log(positive(a)))

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
