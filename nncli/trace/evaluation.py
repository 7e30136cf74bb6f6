"""Evaluation: the value of an arithmetic expression, as a calculator computes it."""

import ast
import math
import operator
from collections.abc import Callable, Sequence
from functools import lru_cache, partial, reduce
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


Numbers = Sequence[float]
Compiled = Callable[[Numbers], Any]  # a parsed expression, as a function of its numbers
MAX_CACHED_TREES = 64  # parsed expressions that are kept
NO_VALUE = (ArithmeticError, LookupError, RecursionError, SyntaxError, TypeError, ValueError)


class Numbered(list[float]):
    """Names numbers `n0`, `n1`, ..., so that expressions of the same form are parsed once."""

    def __call__(self, number: float) -> str:
        self.append(number)
        return f"n{len(self) - 1}"


def evaluated(text: str, numbers: Numbers = ()) -> float | None:
    """The value of `1*1 + 2*1`, `2^3` or `exp(-1)`; None if undefined or not arithmetic.

    numbers: the values of `n0`, `n1`, ... in the text.

    >>> evaluated("1*1 + 2*(-3)"), evaluated("max(-2, 0) + 2^3"), evaluated("ln(0)")
    (-5.0, 8.0, None)
    >>> evaluated("5 if -1 > 0 else 0.1 * 5"), evaluated("__import__('os')"), evaluated("f'(2)")
    (0.5, None, None)
    >>> evaluated("n0 - 2 * n1", [5.0, -1.0])
    7.0
    """
    try:
        return float(_evaluation(text)(numbers))
    except NO_VALUE:
        return None


def magnitude(text: str, numbers: Numbers = ()) -> float | None:
    """The value with all terms of sums taken as positive: 2 for `1 - 1`; None as in `evaluated`.

    A value that is smaller by a factor of about machine epsilon is rounding error.

    >>> magnitude("1 - 1"), magnitude("3*(-2) + 2*3"), magnitude("0.1 * (5 - 5)")
    (2.0, 12.0, 1.0)
    """
    try:
        return float(_estimate(text)(numbers))
    except NO_VALUE:
        return None


@lru_cache(MAX_CACHED_TREES)
def _evaluation(text: str) -> Compiled:
    return _value(_parsed(text))


@lru_cache(MAX_CACHED_TREES)
def _estimate(text: str) -> Compiled:
    return _magnitude(_parsed(text))


def _parsed(text: str) -> ast.AST:
    return ast.parse(text.replace("^", "**"), mode="eval").body


def _magnitude(node: ast.AST) -> Compiled:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        terms = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            terms.append(_magnitude(node.right))
            node = node.left
        terms.append(_magnitude(node))
        return lambda numbers: reduce(operator.add, [term(numbers) for term in terms])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left, right = _magnitude(node.left), _magnitude(node.right)
        return lambda numbers: left(numbers) * right(numbers)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        above, below = _magnitude(node.left), _value(node.right)
        return lambda numbers: above(numbers) / abs(float(below(numbers)))
    if isinstance(node, ast.UnaryOp):
        return _magnitude(node.operand)
    if isinstance(node, ast.IfExp):
        return _chosen(_value(node.test), _magnitude(node.body), _magnitude(node.orelse))
    whole = _value(node)
    return lambda numbers: abs(float(whole(numbers)))


def _value(node: ast.AST) -> Compiled:
    """Compile a node; what isn't arithmetic raises ValueError or KeyError when evaluated."""
    if isinstance(node, ast.Name):
        return _named(node.id)
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        number = node.value
        return lambda _: number
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS:
        return _chain(node)
    if isinstance(node, ast.UnaryOp) and type(node.op) in OPERATIONS:
        operation, operand = OPERATIONS[type(node.op)], _value(node.operand)
        return lambda numbers: operation(operand(numbers))
    if isinstance(node, ast.IfExp):
        return _chosen(_value(node.test), _value(node.body), _value(node.orelse))
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in OPERATIONS:
        compared, left, right = node.ops[0], _value(node.left), _value(node.comparators[0])
        is_so = OPERATIONS[type(compared)]
        return lambda numbers: is_so(left(numbers), right(numbers))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        name, given = node.func.id, [*map(_value, node.args)]
        return lambda numbers: FUNCTIONS[name](*[each(numbers) for each in given])
    return partial(_refused, node)


def _named(name: str) -> Compiled:
    """A constant such as pi, or the number `n0`, `n1`, ..."""
    if name in CONSTANTS:
        return lambda _: CONSTANTS[name]
    place = name.removeprefix("n")
    return operator.itemgetter(int(place)) if place.isdecimal() else partial(_refused, place)


def _refused(what: ast.AST | str, _: Numbers) -> Any:
    raise ValueError(what)


def _chosen(test: Compiled, one: Compiled, other: Compiled) -> Compiled:
    """A conditional expression, of which only the chosen branch is evaluated."""
    return lambda numbers: one(numbers) if test(numbers) else other(numbers)


def _chain(node: ast.AST) -> Compiled:
    """a + b + c + ..., from the left; not recursive, so that there may be any number of terms."""
    following: list[tuple[Callable[..., Any], Compiled]] = []
    while isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS:
        following.append((OPERATIONS[type(node.op)], _value(node.right)))
        node = node.left
    following.reverse()
    first = _value(node)

    def worked(numbers: Numbers) -> Any:
        total = first(numbers)
        for operation, each in following:
            total = operation(total, each(numbers))
        return total

    return worked
