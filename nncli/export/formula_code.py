"""Formula code: a formula of columns as a NumPy expression."""

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
    """The code of a formula, such as `(c["x1"] ** 2) * c["x2"]`; column: name -> code.

    >>> from nncli.data.formulas.parse import parse
    >>> in_numpy(parse("x1^2*sin(x2)"), str)
    '(x1 ** 2.0) * np.sin(x2)'
    """
    return _unbracketed(formula.compute(column, _call, repr))


def _call(ufunc: np.ufunc, arguments: list[str]) -> str:
    if ufunc in OPERATORS:
        left, right = arguments
        return f"({left} {OPERATORS[ufunc]} {right})"
    if ufunc is np.negative:
        return f"(-{arguments[0]})"
    called = f"np.{ufunc.__name__}({', '.join(map(_unbracketed, arguments))})"
    return f"{called}.astype(float)" if ufunc in COMPARISONS else called


def _unbracketed(text: str) -> str:
    """The text without brackets around the whole of it."""
    if not text.startswith("("):
        return text
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return text[1:-1] if place == len(text) - 1 else text
    return text
