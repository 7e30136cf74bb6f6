"""Calls: each operation of a tape as a formula of NumPy."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nncli.engine.operations import (
    Copy,
    Draw,
    Elementwise,
    Gather,
    Opaque,
    Operation,
    Product,
    Reduction,
    ScatterAdd,
)
from nncli.errors import UserError
from nncli.parts.arrays import Array

OPERATORS = {
    "add": "_0 + _1",
    "subtract": "_0 - _1",
    "multiply": "_0 * _1",
    "divide": "_0 / _1",
    "negative": "-_0",
    "reciprocal": "1.0 / _0",
    "greater": "_0 > _1",
    "greater_equal": "_0 >= _1",
    "less": "_0 < _1",
    "less_equal": "_0 <= _1",
    "equal": "_0 == _1",
    "not_equal": "_0 != _1",
}
REDUCTIONS = {"maximum": "np.max", "minimum": "np.min", "add": "np.sum", "multiply": "np.prod"}


@dataclass(frozen=True)
class Step:
    """One call: `formula` of the operands _0, _1, ... goes to target."""

    formula: str
    operands: tuple[Any, ...]
    target: Array
    draws: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that the formula has by itself, elementwise unless it says otherwise."""
        if self.draws or "np.dot" in self.formula or "axis=" in self.formula:
            return self.target.shape
        return np.broadcast_shapes(*(np.shape(operand) for operand in self.operands))


def step(operation: Operation, draw: str) -> Step:
    """What an operation computes; draw: the formula of random numbers of the shape _0.

    Raises UserError if that can't be told.
    """
    match operation:
        case Elementwise(ufunc, operands, target):
            return Step(_formula(ufunc), tuple(map(_number, operands)), target)
        case Reduction(ufunc, source, axis, has_kept_axis, target):
            reduction = REDUCTIONS.get(ufunc.__name__, f"np.{ufunc.__name__}.reduce")
            kept = ", keepdims=True" if has_kept_axis else ""
            return Step(f"{reduction}(_0, axis={axis}{kept})", (source,), target)
        case Product(left, right, target):
            return Step("np.dot(_0, _1)", (left, right), target)
        case Copy(source, target):
            return Step("_0", (source,), target)
        case Draw(_, target):
            return Step(draw, (target.shape,), target, draws=True)
        case Gather():
            name = "take"
        case ScatterAdd():
            name = "add.at"
        case Opaque():
            name = operation.name
    raise UserError(f"a part calls {name}, for which there is no line of NumPy")


def _number(operand: Any) -> Any:
    """The number that a tape has spread over a constant array; any other operand as it is."""
    if not isinstance(operand, np.ndarray) or operand.flags.writeable or not operand.ndim:
        return operand
    first = operand.flat[0]
    return first if (operand == first).all() else operand


def _formula(function: np.ufunc) -> str:
    name = function.__name__
    if getattr(np, name, None) is function:
        called = f"np.{name}"
    else:
        import scipy.special

        if getattr(scipy.special, name, None) is not function:
            raise UserError(f"a part calls {name}, which neither NumPy nor SciPy has")
        called = f"scipy.special.{name}"
    operands = ", ".join(f"_{number}" for number in range(function.nin))
    truths = any(each.endswith("->?") and each[0] in "fd" for each in function.types)
    return OPERATORS.get(name, f"{called}({operands}){' + 0.0' if truths else ''}")
