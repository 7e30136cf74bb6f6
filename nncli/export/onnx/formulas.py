"""Formulas: each ufunc that a kernel may call, in nodes that every runtime has for float64.

onnxruntime lacks float64 kernels of Softplus, Elu, LeakyRelu and Erf, and opset 18 has neither
expm1 nor log1p: they are spelled out, so that no digit is lost.
"""

import math
from collections.abc import Callable

import numpy as np

from nncli.errors import UserError
from nncli.export.onnx.graph import Value

HALF_TURN = math.pi / 2


def exp(x: Value) -> Value:
    return x.apply("Exp")


def log(x: Value) -> Value:
    return x.apply("Log")


def maximum(x: Value, y: Value | float) -> Value:
    return x.apply("Max", y)


def minimum(x: Value, y: Value | float) -> Value:
    return x.apply("Min", y)


def expm1(x: Value) -> Value:
    """e^x - 1 = tanh(x / 2) (e^x + 1), without a difference of almost equal numbers.

    Beyond +-80, where tanh is 1 in every digit, x / 2 is kept from what some kernels overflow at.
    """
    return (x * 0.5).apply("Tanh") * (exp(x) + 1.0)


def log1p(x: Value) -> Value:
    """ln(1 + x) = x ln(u) / (u - 1) of u = 1 + x as it is rounded; x itself where u is 1."""
    u = x + 1.0
    is_one = u.equals(1.0)
    return is_one.where(x, x * (log(u) / is_one.where(1.0, u - 1.0)))


def logaddexp(x: Value, y: Value) -> Value:
    """ln(e^x + e^y) = max(x, y) + log1p(e^-|x - y|)."""
    return maximum(x, y) + log1p(exp(-(x - y).apply("Abs")))


def erf(x: Value) -> Value:
    """By onnxruntime's only kernel, of float32: 6e-8 is lost in float64."""
    return x.cast(np.float32).apply("Erf").cast(x.dtype)


def ndtr(x: Value) -> Value:
    """The standard normal distribution function, (1 + erf(x / sqrt(2))) / 2."""
    return (erf(x * math.sqrt(0.5)) + 1.0) * 0.5


def expit(x: Value) -> Value:
    return (exp(-x) + 1.0).apply("Reciprocal")


def sinh(x: Value) -> Value:
    e = expm1(x)
    return (e + e / (e + 1.0)) * 0.5


def _truth(compare: Callable[[Value, Value], Value]) -> Callable[[Value, Value], Value]:
    """1 and 0 of the operands' type."""
    return lambda x, y: compare(x, y).cast(x.dtype)


def _node(kind: str) -> Callable[..., Value]:
    return lambda x, *others: x.apply(kind, *others)


FORMULAS: dict[np.ufunc, Callable[..., Value]] = {
    np.add: _node("Add"),
    np.subtract: _node("Sub"),
    np.multiply: _node("Mul"),
    np.divide: _node("Div"),
    np.negative: _node("Neg"),
    np.positive: lambda x: x,
    np.reciprocal: _node("Reciprocal"),
    np.square: lambda x: x * x,
    np.sqrt: _node("Sqrt"),
    np.absolute: _node("Abs"),
    np.fabs: _node("Abs"),
    np.sign: _node("Sign"),
    np.floor: _node("Floor"),
    np.ceil: _node("Ceil"),
    np.maximum: maximum,
    np.minimum: minimum,
    np.fmax: maximum,
    np.fmin: minimum,
    np.power: _node("Pow"),
    np.greater: _truth(lambda x, y: x > y),
    np.greater_equal: _truth(lambda x, y: x >= y),
    np.less: _truth(lambda x, y: x < y),
    np.less_equal: _truth(lambda x, y: x <= y),
    np.equal: _truth(lambda x, y: x.equals(y)),
    np.not_equal: _truth(lambda x, y: x.equals(y).apply("Not")),
    np.exp: exp,
    np.exp2: lambda x: exp(x * math.log(2.0)),
    np.expm1: expm1,
    np.log: log,
    np.log2: lambda x: log(x) / math.log(2.0),
    np.log10: lambda x: log(x) / math.log(10.0),
    np.log1p: log1p,
    np.logaddexp: logaddexp,
    np.tanh: _node("Tanh"),
    np.sinh: sinh,
    np.cosh: lambda x: (exp(x) + exp(-x)) * 0.5,
    np.sin: _node("Sin"),
    np.cos: lambda x: (x + HALF_TURN).apply("Sin"),
    np.tan: lambda x: x.apply("Sin") / (x + HALF_TURN).apply("Sin"),
    np.hypot: lambda x, y: (x * x + y * y).apply("Sqrt"),
}
OF_SCIPY: dict[str, Callable[..., Value]] = {
    "erf": erf,
    "erfc": lambda x: 1.0 - erf(x),
    "ndtr": ndtr,
    "expit": expit,
    "expm1": expm1,
    "log1p": log1p,
}
REDUCTIONS = {
    np.add: "ReduceSum",
    np.maximum: "ReduceMax",
    np.minimum: "ReduceMin",
}


def formula(ufunc: np.ufunc) -> Callable[..., Value]:
    """What makes nodes of a ufunc's operands. Raises UserError, which names it, if none is."""
    if ufunc in FORMULAS:
        return FORMULAS[ufunc]
    import scipy.special

    name = ufunc.__name__
    if name in OF_SCIPY and getattr(scipy.special, name, None) is ufunc:
        return OF_SCIPY[name]
    raise UserError(f"a part calls {name}, for which there is no ONNX operator")
