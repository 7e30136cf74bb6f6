"""Expression: a formula as a syntax tree, which can be evaluated and printed."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from nncli.frozen import frozen
from nncli.parts.arrays import Array

FUNCTIONS: dict[str, np.ufunc] = {
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "exp": np.exp,
    "log": np.log,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "abs": np.absolute,
    "tanh": np.tanh,
    "floor": np.floor,
    "min": np.minimum,
    "max": np.maximum,
}
VARIADIC = ("min", "max")  # take two numbers or more; the others take one
NEGATIVE = "-x"
OPERATORS: dict[str, tuple[int, np.ufunc]] = {  # precedence and function
    "<": (1, np.less),
    "<=": (1, np.less_equal),
    ">": (1, np.greater),
    ">=": (1, np.greater_equal),
    "==": (1, np.equal),
    "!=": (1, np.not_equal),
    "+": (2, np.add),
    "-": (2, np.subtract),
    "*": (3, np.multiply),
    "/": (3, np.divide),
    NEGATIVE: (4, np.negative),
    "^": (5, np.power),
}
CONSTANTS = {"pi": math.pi}
PLAIN_NAME = re.compile(r"[^\W\d](?:\w|\.(?=\w))*")  # letters, digits, _ and dots within


@frozen
class Expression:
    """A number, a column, or a function of other expressions.

    function: a name of FUNCTIONS or of OPERATORS.
    """

    number: float | None = None
    column: str | None = None
    function: str = ""
    arguments: tuple["Expression", ...] = ()

    @cached_property
    def depth(self) -> int:
        return 1 + max((each.depth for each in self.arguments), default=0)

    @cached_property
    def size(self) -> int:
        """The number of nodes: numbers, columns and functions."""
        return 1 + sum(each.size for each in self.arguments)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns used, each once, in order of appearance."""
        found = () if self.column is None else (self.column,)
        return tuple(dict.fromkeys([*found, *(n for a in self.arguments for n in a.columns)]))

    def __str__(self) -> str:
        """The formula as text: `x1^2*x2`."""
        return self._written(0)

    def _written(self, binding: int) -> str:
        """The formula as text, in brackets if its precedence is less than `binding`."""
        if self.number is not None:
            return _digits(self.number)
        if self.column is not None:
            return quoted(self.column)
        if self.function in FUNCTIONS:
            return f"{self.function}({', '.join(map(str, self.arguments))})"
        precedence, _ = OPERATORS[self.function]
        if self.function == NEGATIVE:
            text = f"-{self.arguments[0]._written(precedence)}"
        else:
            left, right = self.arguments
            is_power = self.function == "^"  # 2^3^2 is 2^(3^2), and 2^-3 needs no brackets
            first = left._written(precedence + (is_power or precedence == 1))
            sign = f" {self.function} " if precedence < 3 else self.function
            text = f"{first}{sign}{right._written(4 if is_power else precedence + 1)}"
        return f"({text})" if precedence < binding else text

    def substitute(self, expressions: Mapping[str, "Expression"]) -> "Expression":
        """Replace columns by expressions."""
        if self.column is not None:
            return expressions.get(self.column, self)
        arguments = tuple(argument.substitute(expressions) for argument in self.arguments)
        return Expression(self.number, None, self.function, arguments)

    def compute(self, column: Callable[[str], Any], call: "Call", number: Callable[[float], Any]):  # type: ignore[no-untyped-def]
        """Evaluate the tree. column, number: evaluate a leaf.  call: applies a function."""
        if self.number is not None:
            return number(self.number)
        if self.column is not None:
            return column(self.column)
        arguments = [each.compute(column, call, number) for each in self.arguments]
        ufunc = (
            FUNCTIONS[self.function] if self.function in FUNCTIONS else OPERATORS[self.function][1]
        )
        total = call(ufunc, arguments[:2]) if len(arguments) > 1 else call(ufunc, arguments)
        for each in arguments[2:]:
            total = call(ufunc, [total, each])
        return total

    def __call__(self, values: Mapping[str, Array]) -> Array:
        """(rows,) float64. values: column -> (rows,). Comparisons are 1 where they hold, else 0."""

        def call(ufunc: np.ufunc, arguments: list[Any]) -> Any:
            return ufunc(*arguments).astype(float)

        with np.errstate(all="ignore"):
            return np.asarray(self.compute(values.__getitem__, call, np.float64))


Call = Callable[[np.ufunc, list[Any]], Any]


def subexpressions(expression: Expression) -> Iterator[Expression]:
    """Yield all nodes of the tree, arguments before their function."""
    for each in expression.arguments:
        yield from subexpressions(each)
    yield expression


def _digits(number: float) -> str:
    if number in CONSTANTS.values():
        return next(name for name, value in CONSTANTS.items() if value == number)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def quoted(name: str) -> str:
    """A column's name as it is written in a formula: in backquotes unless it is a word.

    >>> quoted("x1"), quoted("petal length"), quoted("pi")
    ('x1', '`petal length`', '`pi`')
    """
    if PLAIN_NAME.fullmatch(name) and name not in CONSTANTS:
        return name
    return f"`{name.replace('`', '``')}`"
