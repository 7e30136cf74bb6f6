"""Symbols: numbers that remember the expression they were computed by, as 1 / (1 - rate).

A part is recorded with symbols as its keys. On the tape, what a kernel computes from them, as `1.0
/ (1.0 - self.rate)`, is a plain number; since no two of these numbers are equal, it leads back to
the expression.
"""

import math
from collections.abc import Callable
from typing import Any

Expression = float | str | list[Any]  # a number, a symbol's name, or [sign, left, right]
FIRST, STEP = 0.2345678901234, 0.0123456789012  # of symbols' values, which occur in no formula


class Notebook:
    """The expression of every number that was computed from symbols."""

    def __init__(self) -> None:
        self._meanings: dict[float, Expression] = {}
        self._names: list[str] = []

    def symbol(self, name: str) -> "Symbol":
        """The symbol of that name: a number between 0 and 1 that no other symbol has."""
        if name in self._names:
            place = self._names.index(name)
        else:
            place = len(self._names)
            self._names.append(name)
        return self.number(FIRST + STEP * place, name)

    def number(self, value: float, expression: Expression) -> "Symbol":
        """A number with its expression."""
        self._meanings.setdefault(value, expression)
        return Symbol(value, expression, self)

    def meaning(self, value: float) -> Expression:
        """The expression of a number; the number itself if no symbol is in it."""
        return self._meanings.get(value, value)


class Symbol(float):
    """A number with its expression; in a formula it is written as {name}."""

    expression: Expression
    notebook: Notebook

    def __new__(cls, value: float, expression: Expression, notebook: Notebook) -> "Symbol":
        own = super().__new__(cls, value)
        own.expression, own.notebook = expression, notebook
        return own

    def __repr__(self) -> str:
        return _written(self.expression)

    __str__ = __repr__

    def __format__(self, form: str) -> str:
        return repr(self)

    def __neg__(self) -> "Symbol":
        return self.notebook.number(-float(self), ["-", 0.0, self.expression])


def _written(expression: Expression) -> str:
    """An expression as text, with names in braces."""
    if isinstance(expression, list):
        sign, left, right = expression
        return f"({_written(left)} {sign} {_written(right)})"
    return f"{{{expression}}}" if isinstance(expression, str) else f"{expression!r}"


def _operator(sign: str, compute: Callable[[float, float], float]) -> tuple[Any, Any]:
    def forwards(left: Symbol, right: object) -> Any:
        if not isinstance(right, int | float):  # an array records the number on its tape
            return NotImplemented
        value = compute(float(left), float(right))
        return left.notebook.number(value, [sign, left.expression, _expression(right)])

    def backwards(right: Symbol, left: object) -> Any:
        if not isinstance(left, int | float):
            return NotImplemented
        value = compute(float(left), float(right))
        return right.notebook.number(value, [sign, _expression(left), right.expression])

    return forwards, backwards


def _expression(number: float) -> Expression:
    return number.expression if isinstance(number, Symbol) else float(number)


for _name, _sign, _compute in (
    ("add", "+", float.__add__),
    ("sub", "-", float.__sub__),
    ("mul", "*", float.__mul__),
    ("truediv", "/", float.__truediv__),
    ("pow", "^", math.pow),
):
    _forwards, _backwards = _operator(_sign, _compute)
    setattr(Symbol, f"__{_name}__", _forwards)
    setattr(Symbol, f"__r{_name}__", _backwards)
