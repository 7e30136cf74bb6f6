"""Formulas: each ufunc that a kernel may call, as nodes that every runtime has for float64."""

import math
from collections.abc import Callable

import numpy as np

from nncli.errors import UserError
from nncli.export.onnx.functions import (
    arcsinh,
    arctanh,
    cos,
    erf,
    erfc,
    exp,
    expit,
    expm1,
    hypot,
    log,
    log1p,
    logaddexp,
    maximum,
    minimum,
    ndtr,
)
from nncli.export.onnx.graph import Value


def _truth(compare: Callable[[Value, Value], Value]) -> Callable[[Value, Value], Value]:
    """A comparison with the results 1 and 0 in the operands' dtype."""
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
    np.sinh: lambda x: (expm1(x) - expm1(-x)) * 0.5,
    np.cosh: lambda x: (exp(x) + exp(-x)) * 0.5,
    np.arcsinh: arcsinh,
    np.arctanh: arctanh,
    np.rint: _node("Round"),
    np.sin: _node("Sin"),
    np.cos: cos,
    np.tan: lambda x: x.apply("Sin") / cos(x),
    np.hypot: hypot,
}
OF_SCIPY: dict[str, Callable[..., Value]] = {
    "erf": erf,
    "erfc": erfc,
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
    """The function from a ufunc's operands to its nodes. Raises UserError if there is none."""
    if ufunc in FORMULAS:
        return FORMULAS[ufunc]
    import scipy.special

    name = ufunc.__name__
    if name in OF_SCIPY and getattr(scipy.special, name, None) is ufunc:
        return OF_SCIPY[name]
    raise UserError(f"a part calls {name}, for which there is no ONNX operator of float64")
