"""Formula code: a formula of columns as an expression of NumPy."""

from collections.abc import Callable

import numpy as np

from nncli.data.formulas.expression import OPERATORS as FORMULA_OPERATORS
from nncli.data.formulas.expression import Expression

OPERATORS = {
    np.add: "+",
    np.subtract: "-",
    np.multiply: "*",
    np.divide: "/",
    np.power: "**",
}
COMPARISONS = {ufunc for precedence, ufunc in FORMULA_OPERATORS.values() if precedence == 1}


def in_numpy(formula: Expression, column: Callable[[str], str]) -> str:
    """`(c["x1"] ** 2) * c["x2"]`, told how a column is called.

    >>> from nncli.data.formulas.parse import parse
    >>> in_numpy(parse("x1^2*sin(x2)"), str)
    '(x1 ** 2.0) * np.sin(x2)'
    """
    return _bare(formula.compute(column, _call, repr))


def _call(ufunc: np.ufunc, arguments: list[str]) -> str:
    if ufunc in OPERATORS:
        left, right = arguments
        return f"({left} {OPERATORS[ufunc]} {right})"
    if ufunc is np.negative:
        return f"(-{arguments[0]})"
    called = f"np.{ufunc.__name__}({', '.join(map(_bare, arguments))})"
    return f"{called}.astype(float)" if ufunc in COMPARISONS else called


def _bare(text: str) -> str:
    """Without brackets around the whole."""
    if not text.startswith("("):
        return text
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return text[1:-1] if place == len(text) - 1 else text
    return text
