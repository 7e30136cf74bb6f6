"""Literals: the shortest readable expression whose value is a recorded one, to the bit."""

import ast
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

SHORT = {8: 10, 4: 6}  # characters a number may have before a formula is looked for, by its bytes


def expression(text: str) -> ast.expr:
    """The syntax tree of an expression."""
    return ast.parse(text, mode="eval").body


def operation(form: str, **operands: str) -> str:
    """An operation such as `left * right` on expressions, in parentheses where they need them."""
    tree = expression(form)
    for node in ast.walk(tree):
        for field, value in ast.iter_fields(node):
            if isinstance(value, ast.Name) and value.id in operands:
                setattr(node, field, expression(operands[value.id]))
    return ast.unparse(tree)


@dataclass(frozen=True)
class Constant:
    """A number with a name of its own: `definition` is its line in a script."""

    name: str
    value: float
    definition: str


@dataclass(frozen=True)
class LiteralWriter:
    """Numbers of one dtype as expressions.

    A number that a script writes is a Python float: NumPy rounds it to the dtype of the array it
    meets, as it was when it was recorded.
    widths: what a mean may divide by besides the rows, as in `1.0 / (rows * 3)`.
    scalars: names that stand for Python's numbers, too.
    """

    dtype: np.dtype[Any]
    widths: tuple[int, ...] = ()
    scalars: tuple[str, ...] = ()

    def constants(self) -> tuple[Constant, ...]:
        """The numbers that have a name."""
        limit, kind = np.finfo(self.dtype), self.type_name
        tiny = f"np.finfo({kind}).tiny  # the least normal number"
        return (Constant("TINY", float(limit.tiny), tiny),)

    def is_number(self, value: ast.expr) -> bool:
        """Whether an expression is one of Python's numbers, so that it takes its dtype from what
        it meets."""
        known = {"math", "rows", *self.scalars, *(each.name for each in self.constants())}
        return known.issuperset(n.id for n in ast.walk(value) if isinstance(n, ast.Name))

    @property
    def type_name(self) -> str:
        """How a script writes the dtype."""
        return type_name(self.dtype)

    def number(self, values: Sequence[float], rows: Sequence[int]) -> ast.expr:
        """The number recorded as values[i] for a batch of rows[i] rows."""
        if len(set(values)) == 1:
            return expression(self.literal(values[0]))
        for formula in self._formulas_in_rows(values[0], rows[0]):
            if all(self._is(formula, v, n) for v, n in zip(values, rows, strict=True)):
                return expression(formula)
        table = {n: float(self._shortest(v)) for v, n in zip(values, rows, strict=True)}
        return expression(f"{table}[rows]")

    def literal(self, value: float) -> str:
        """One number."""
        for constant in self.constants():
            if self.dtype.type(value) == self.dtype.type(constant.value):
                return constant.name
        short = self._shortest(value)
        if len(short) <= SHORT[self.dtype.itemsize] or not math.isfinite(value):
            return short
        return next((text for text in _formulas(value) if self._is(text, value)), short)

    def _shortest(self, value: float) -> str:
        """The fewest digits that read back as the same bits."""
        if not math.isfinite(value):
            return f"np.{value}" if value > 0 or value != value else "-np.inf"
        return repr(float(str(self.dtype.type(value))))

    def _is(self, text: str, value: float, rows: int = 0) -> bool:
        found = eval(text, {"np": np, "math": math, "rows": rows})
        return bool(self.dtype.type(found) == self.dtype.type(value))

    def _formulas_in_rows(self, value: float, rows: int) -> Iterator[str]:
        for width in (1, *self.widths):
            divisor = "rows" if width == 1 else f"(rows * {width})"
            share = round(value * rows * width, 6)
            yield f"{share!r} / {divisor}"
            yield f"{share!r} * (1.0 / {divisor})"


def type_name(dtype: np.dtype[Any]) -> str:
    """How a script writes a dtype."""
    return "float" if dtype == np.float64 else f"np.{dtype}"


def _formulas(value: float) -> Iterator[str]:
    """What a number with many digits may have been computed from."""
    yield f"1.0 - {round(1.0 - value, 9)!r}"
    yield "1.0 / math.sqrt(2.0 * math.pi)"
    if value:
        yield f"1.0 / {round(1.0 / value, 9)!r}" if round(1.0 / value, 9) else "0.0"
        rest = round(1.0 - 1.0 / value, 9)
        yield f"1.0 / (1.0 - {rest!r})" if rest != 1.0 else "0.0"
