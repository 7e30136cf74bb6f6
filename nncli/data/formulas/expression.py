"""Expression: what a formula computes of the numbers of a row, as a tree."""

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
OF_SEVERAL = ("min", "max")  # two numbers or more; the others of one
NEGATIVE = "-x"
SIGNS: dict[str, tuple[int, np.ufunc]] = {  # how tightly each binds, and what it computes
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
    """A number, a column, or a function of other expressions: one of the three.

    of: a name of FUNCTIONS or of SIGNS.
    """

    number: float | None = None
    column: str | None = None
    of: str = ""
    arguments: tuple["Expression", ...] = ()

    @cached_property
    def depth(self) -> int:
        return 1 + max((each.depth for each in self.arguments), default=0)

    @cached_property
    def size(self) -> int:
        """How many numbers, columns and functions there are in it."""
        return 1 + sum(each.size for each in self.arguments)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Those it is of, each once, as they come."""
        found = () if self.column is None else (self.column,)
        return tuple(dict.fromkeys([*found, *(n for a in self.arguments for n in a.columns)]))

    def __str__(self) -> str:
        """As it is written: `x1^2*x2`."""
        return self._written(0)

    def _written(self, binding: int) -> str:
        if self.number is not None:
            return _digits(self.number)
        if self.column is not None:
            return quoted(self.column)
        if self.of in FUNCTIONS:
            return f"{self.of}({', '.join(map(str, self.arguments))})"
        own, _ = SIGNS[self.of]
        if self.of == NEGATIVE:
            text = f"-{self.arguments[0]._written(own)}"
        else:
            left, right = self.arguments
            is_power = self.of == "^"  # 2^3^2 is 2^(3^2), and 2^-3 needs no brackets
            first = left._written(own + (is_power or own == 1))
            sign = f" {self.of} " if own < 3 else self.of
            text = f"{first}{sign}{right._written(4 if is_power else own + 1)}"
        return f"({text})" if own < binding else text

    def of_columns(self, of: Mapping[str, "Expression"]) -> "Expression":
        """The same with what stands for some columns written in their place."""
        if self.column is not None:
            return of.get(self.column, self)
        arguments = tuple(each.of_columns(of) for each in self.arguments)
        return Expression(self.number, None, self.of, arguments)

    def compute(self, column: Callable[[str], Any], call: "Call", number: Callable[[float], Any]):  # type: ignore[no-untyped-def]
        """What it comes to, told what a column, a number and a function of others are."""
        if self.number is not None:
            return number(self.number)
        if self.column is not None:
            return column(self.column)
        arguments = [each.compute(column, call, number) for each in self.arguments]
        ufunc = FUNCTIONS[self.of] if self.of in FUNCTIONS else SIGNS[self.of][1]
        total = call(ufunc, arguments[:2]) if len(arguments) > 1 else call(ufunc, arguments)
        for each in arguments[2:]:
            total = call(ufunc, [total, each])
        return total

    def __call__(self, values: Mapping[str, Array]) -> Array:
        """(rows,) float64 of the columns' values; a comparison is 1 where it holds, else 0."""

        def call(ufunc: np.ufunc, arguments: list[Any]) -> Any:
            return ufunc(*arguments).astype(float)

        with np.errstate(all="ignore"):
            return np.asarray(self.compute(values.__getitem__, call, np.float64))


Call = Callable[[np.ufunc, list[Any]], Any]


def parts_of(expression: Expression) -> Iterator[Expression]:
    """Itself and everything in it, the innermost first."""
    for each in expression.arguments:
        yield from parts_of(each)
    yield expression


def _digits(number: float) -> str:
    if number in CONSTANTS.values():
        return next(name for name, value in CONSTANTS.items() if value == number)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def quoted(name: str) -> str:
    """A column's name as formulas have it: in quotes if it isn't a word.

    >>> quoted("x1"), quoted("petal length"), quoted("pi")
    ('x1', '`petal length`', '`pi`')
    """
    if PLAIN_NAME.fullmatch(name) and name not in CONSTANTS:
        return name
    return f"`{name.replace('`', '``')}`"
