"""Functions: what opset 18 or some runtimes lack in float64, computed without loss of digits.

onnxruntime has no kernel of float64 for Erf, Tan or Asinh and, in older versions, for Cos, Softplus
and the like; opset 18 has neither expm1 nor log1p.
"""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np

from nncli.export.onnx.graph import Value

MIDDLE = 3.75  # the x with t = 0 in the approximation of erfc


def exp(x: Value) -> Value:
    return x.apply("Exp")


def log(x: Value) -> Value:
    return x.apply("Log")


def maximum(x: Value, y: Value | float) -> Value:
    return x.apply("Max", y)


def minimum(x: Value, y: Value | float) -> Value:
    return x.apply("Min", y)


def expm1(x: Value) -> Value:
    """e^x - 1 = tanh(x / 2) (e^x + 1), without a difference of almost equal numbers."""
    return (x * 0.5).apply("Tanh") * (exp(x) + 1.0)


def log1p(x: Value) -> Value:
    """ln(1 + x) = x ln(u) / (u - 1), where u is 1 + x rounded; x itself if u is 1."""
    u = x + 1.0
    is_one = u.equals(1.0)
    return is_one.where(x, x * (log(u) / is_one.where(1.0, u - 1.0)))


def logaddexp(x: Value, y: Value) -> Value:
    """ln(e^x + e^y) = max(x, y) + log1p(e^-|x - y|)."""
    return maximum(x, y) + log1p(exp(-(x - y).apply("Abs")))


def polynomial(coefficients: Sequence[float], x: Value) -> Value:
    """A polynomial by Horner's rule; the coefficient of the highest power comes first."""
    first, second, *others = coefficients
    value = x * first + second
    for coefficient in others:
        value = value * x + coefficient
    return value


@cache
def _erfcx_coefficients() -> tuple[float, ...]:
    """F(t) = (1 + 2 x) e^(x^2) erfc(x) for x >= 0, t = (x - 3.75) / (x + 3.75), as a polynomial.

    Shepherd and Laframboise (1981), "Chebyshev approximation of (1 + 2x) exp(x^2) erfc x";
    20 powers leave an error of 4e-15.
    """
    from numpy.polynomial import chebyshev
    from scipy.special import erfcx

    t = chebyshev.chebpts1(21)
    x = MIDDLE * (1.0 + t) / (1.0 - t)
    powers = chebyshev.cheb2poly(chebyshev.chebfit(t, (1.0 + 2.0 * x) * erfcx(x), 20))
    return tuple(powers[::-1].tolist())


def _erfc_of_size(x: Value) -> Value:
    """erfc(|x|), because Erf has no float64 kernel."""
    size = x.apply("Abs")
    factor = polynomial(_erfcx_coefficients(), (size - MIDDLE) / (size + MIDDLE))
    return exp(-(size * size)) * factor / (size * 2.0 + 1.0)


def erf(x: Value) -> Value:
    if x.dtype == np.float32:
        return x.apply("Erf")
    return x.apply("Sign") * (1.0 - _erfc_of_size(x))


def erfc(x: Value) -> Value:
    if x.dtype == np.float32:
        return 1.0 - x.apply("Erf")
    tail = _erfc_of_size(x)
    return (x < 0.0).where(2.0 - tail, tail)


def ndtr(x: Value) -> Value:
    """The standard normal distribution function, erfc(-x / sqrt(2)) / 2."""
    return erfc(x * -math.sqrt(0.5)) * 0.5


def expit(x: Value) -> Value:
    return (exp(-x) + 1.0).apply("Reciprocal")


def arcsinh(x: Value) -> Value:
    """sign(x) log1p(|x| + x^2 / (1 + sqrt(1 + x^2))); sign(x) ln(2 |x|) for large |x|."""
    size = x.apply("Abs")
    is_large = size > 1e9
    small = is_large.where(1.0, size)
    square = small * small
    near = log1p(small + square / ((square + 1.0).apply("Sqrt") + 1.0))
    far = log(maximum(size, 1.0)) + math.log(2.0)
    return x.apply("Sign") * is_large.where(far, near)


def arctanh(x: Value) -> Value:
    """sign(x) log1p(2 |x| / (1 - |x|)) / 2."""
    size = x.apply("Abs")
    return x.apply("Sign") * log1p(size * 2.0 / (1.0 - size)) * 0.5


def hypot(x: Value, y: Value | float) -> Value:
    """m sqrt((x / m)^2 + (y / m)^2), where m = max(|x|, |y|): doesn't overflow."""
    y = x.graph.constant(y, x.dtype).apply("Abs")
    most = maximum(x.apply("Abs"), y)
    most = (most > 0.0).where(most, 1.0)
    first, second = x / most, y / most
    return most * (first * first + second * second).apply("Sqrt")


def cos(x: Value) -> Value:
    """1 - 2 sin(x / 2)^2, because older runtimes have no float64 cosine."""
    half = (x * 0.5).apply("Sin")
    return 1.0 - half * half * 2.0
