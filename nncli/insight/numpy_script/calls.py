"""Calls: what one call of a tape computes, from what, and where to."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nncli.engine.tape import Call, taken_apart
from nncli.errors import UserError
from nncli.insight.numpy_script.names import Names
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


def step(call: Call, names: Names) -> Step:
    """What a call computes. Raises UserError if that can't be told."""
    function, arguments, options = taken_apart(call)
    owner, name = getattr(function, "__self__", None), getattr(function, "__name__", "")
    if isinstance(function, np.ufunc) and options.keys() <= {"out"} and function.nout == 1:
        target = options["out"] if options else arguments[function.nin]
        operands = tuple(map(_number, arguments[: function.nin]))
        return Step(_formula(function), operands, target)
    if function in names.draws:
        target = arguments[0]
        return Step(names.draws[function], (target.shape,), target, draws=True)
    if isinstance(owner, np.ufunc) and name == "reduce":
        source, axis, _, target, keepdims = arguments
        reduction = REDUCTIONS.get(owner.__name__, f"np.{owner.__name__}.reduce")
        kept = ", keepdims=True" if keepdims else ""
        return Step(f"{reduction}(_0, axis={axis}{kept})", (source,), target)
    if isinstance(owner, np.ndarray) and name == "dot":
        return Step("np.dot(_0, _1)", (owner, arguments[0]), arguments[1])
    if function is np.copyto:
        return Step("_0", (arguments[1],), arguments[0])
    raise UserError(f"a part calls {name or function}, for which there is no line of NumPy")


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
