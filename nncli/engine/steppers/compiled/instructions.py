"""Instructions: NumPy's plain operations as instructions, on one number or a vector of them.

Each is the instruction NumPy's own loop uses, and rounds as it does; none may be contracted.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

Value = Any  # of llvmlite, which has no types
Emit = Callable[..., Value]


def number(kind: Any, value: float) -> Value:
    """A constant: one number, or a vector of equal ones."""
    if isinstance(kind, ir.VectorType):
        return ir.Constant(kind, [ir.Constant(kind.element, value)] * kind.count)
    return ir.Constant(kind, value)


def intrinsic(name: str) -> Emit:
    """A call of LLVM's own function of this name, whose operands and result are all alike."""

    def emit(b: Any, *operands: Value) -> Value:
        kind = operands[0].type
        is_vector = isinstance(kind, ir.VectorType)
        suffix = f"v{kind.count}{kind.element.intrinsic_name}" if is_vector else kind.intrinsic_name
        full = f"llvm.{name}.{suffix}"
        signature = ir.FunctionType(kind, [kind] * len(operands))
        function = b.module.globals.get(full) or ir.Function(b.module, signature, full)
        return b.call(function, operands)

    return emit


def _extreme(comparison: str) -> Emit:
    """maximum or minimum: if there is a NaN among the two, it is the result."""

    def emit(b: Any, x: Value, y: Value) -> Value:
        is_first = b.or_(b.fcmp_ordered(comparison, x, y), b.fcmp_unordered("uno", x, x))
        return b.select(is_first, x, y)

    return emit


def _comparison(comparison: str) -> Emit:
    """1 where it holds, else 0."""

    def emit(b: Any, x: Value, y: Value) -> Value:
        compare = b.fcmp_unordered if comparison == "!=" else b.fcmp_ordered
        return b.select(compare(comparison, x, y), number(x.type, 1.0), number(x.type, 0.0))

    return emit


def _sign(b: Any, x: Value) -> Value:
    """1, -1, 0 or NaN."""
    result, zero = x, number(x.type, 0.0)
    for comparison, value in (("==", 0.0), ("<", -1.0), (">", 1.0)):
        result = b.select(b.fcmp_ordered(comparison, x, zero), number(x.type, value), result)
    return result


EMIT: dict[np.ufunc, Emit] = {
    np.add: lambda b, x, y: b.fadd(x, y),
    np.subtract: lambda b, x, y: b.fsub(x, y),
    np.multiply: lambda b, x, y: b.fmul(x, y),
    np.divide: lambda b, x, y: b.fdiv(x, y),
    np.negative: lambda b, x: b.fneg(x),
    np.positive: lambda b, x: x,
    np.reciprocal: lambda b, x: b.fdiv(number(x.type, 1.0), x),
    np.square: lambda b, x: b.fmul(x, x),
    np.sqrt: intrinsic("sqrt"),
    np.absolute: intrinsic("fabs"),
    np.fabs: intrinsic("fabs"),
    np.sign: _sign,
    np.maximum: _extreme(">="),
    np.minimum: _extreme("<="),
    np.greater: _comparison(">"),
    np.greater_equal: _comparison(">="),
    np.less: _comparison("<"),
    np.less_equal: _comparison("<="),
    np.equal: _comparison("=="),
    np.not_equal: _comparison("!="),
}
