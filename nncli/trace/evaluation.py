"""Evaluation: the value of a formula with numbers in place, as a calculator gives it."""

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

CONSTANTS = {"pi": math.pi, "inf": math.inf, "nan": math.nan}
FUNCTIONS: dict[str, Callable[..., float]] = {
    "abs": abs,
    "cos": math.cos,
    "exp": math.exp,
    "floor": math.floor,
    "ln": math.log,
    "max": max,
    "min": min,
    "Phi": lambda z: 0.5 * (1.0 + math.erf(z / math.sqrt(2.0))),
    "phi": lambda z: math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi),
    "sigmoid": lambda z: 1.0 / (1.0 + math.exp(-z)),
    "sign": lambda z: float((z > 0) - (z < 0)),
    "sqrt": math.sqrt,
    "tanh": math.tanh,
}
OPERATIONS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}


def evaluated(text: str) -> float | None:
    """The value of `1*1 + 2*1`, `2^3` or `exp(-1)`; None where it has none, or isn't arithmetic.

    >>> evaluated("1*1 + 2*(-3)"), evaluated("max(-2, 0) + 2^3"), evaluated("ln(0)")
    (-5.0, 8.0, None)
    >>> evaluated("5 if -1 > 0 else 0.1 * 5"), evaluated("__import__('os')"), evaluated("f'(2)")
    (0.5, None, None)
    """
    try:
        return float(_value(ast.parse(text.replace("^", "**"), mode="eval").body))
    except (ArithmeticError, KeyError, RecursionError, SyntaxError, TypeError, ValueError):
        return None


def magnitude(text: str) -> float | None:
    """How large the numbers are that come together in it: 2 for `1 - 1`; None as `evaluated`.

    What is far smaller than that, in its last digits, is rounding.

    >>> magnitude("1 - 1"), magnitude("3*(-2) + 2*3"), magnitude("0.1 * (5 - 5)")
    (2.0, 12.0, 1.0)
    """
    try:
        return float(_magnitude(ast.parse(text.replace("^", "**"), mode="eval").body))
    except (ArithmeticError, KeyError, RecursionError, SyntaxError, TypeError, ValueError):
        return None


def _magnitude(node: ast.AST) -> float:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        total = 0.0
        while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            total, node = total + _magnitude(node.right), node.left
        return total + _magnitude(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return _magnitude(node.left) * _magnitude(node.right)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _magnitude(node.left) / abs(float(_value(node.right)))
    if isinstance(node, ast.UnaryOp):
        return _magnitude(node.operand)
    if isinstance(node, ast.IfExp):
        return _magnitude(node.body if _value(node.test) else node.orelse)
    return abs(float(_value(node)))


def _value(node: ast.AST) -> Any:
    """Raises ValueError for what is no arithmetic."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.Name) and node.id in CONSTANTS:
        return CONSTANTS[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS:
        return _chain(node)
    if isinstance(node, ast.UnaryOp) and type(node.op) in OPERATIONS:
        return OPERATIONS[type(node.op)](_value(node.operand))
    if isinstance(node, ast.IfExp):
        return _value(node.body if _value(node.test) else node.orelse)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in OPERATIONS:
        return OPERATIONS[type(node.ops[0])](_value(node.left), _value(node.comparators[0]))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return FUNCTIONS[node.func.id](*map(_value, node.args))
    raise ValueError(ast.dump(node))


def _chain(node: ast.AST) -> Any:
    """a + b + c + ..., from the left, however many there are."""
    following: list[ast.BinOp] = []
    while isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS:
        following.append(node)
        node = node.left
    total = _value(node)
    for each in reversed(following):
        total = OPERATIONS[type(each.op)](total, _value(each.right))
    return total
