"""Undefined: explains why the value of a formula isn't finite in some rows."""

from collections.abc import Iterator, Mapping

import numpy as np

from nncli.data.formulas.expression import Expression, subexpressions
from nncli.errors import few, printable
from nncli.parts.arrays import Array

FIXES = {
    "log": "log(1 + x) for numbers that begin at 0, log(max(x, 0.001)) for others",
    "log10": "log10(1 + x) for numbers that begin at 0, log10(max(x, 0.001)) for others",
    "sqrt": "sqrt(max(x, 0)) or sqrt(abs(x)) has a value there",
    "/": "x/(1 + abs(y)) divides by what is never 0",
    "^": "a whole exponent takes any number, abs(x)^0.5 has a value there",
    "exp": "exp(min(x, 50)) stays finite",
}
OVERFLOWS = "smaller numbers stay finite: x/1000, say"


def undefined(
    formula: Expression, found: Array, values: Mapping[str, Array]
) -> Iterator[tuple[int, str]]:
    """Yield (row, message) for each row where the result `found` isn't finite."""
    for row in np.flatnonzero(~np.isfinite(found)).tolist():
        yield row, _why(formula, {name: values[name][row : row + 1] for name in formula.columns})


def _why(formula: Expression, values: Mapping[str, Array]) -> str:
    """`log(x1) is -inf where x1 is 0: ...`, of the innermost subexpression that isn't finite."""
    culprit = next(each for each in subexpressions(formula) if not np.isfinite(each(values)).all())
    value = float(np.asarray(culprit(values)).reshape(-1)[0])
    places = [f"{printable(name)} is {values[name][0]:.6g}" for name in culprit.columns]
    operands = [float(np.asarray(each(values)).reshape(-1)[0]) for each in culprit.arguments]
    is_overflow = culprit.function == "^" and operands[0] > 0
    fix = OVERFLOWS if is_overflow else FIXES.get(culprit.function, OVERFLOWS)
    return f"{printable(str(culprit))} is {value:g} where {few(places)}: {fix}"
