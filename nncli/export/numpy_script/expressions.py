"""Expressions: syntax trees composed from text, and numbers as short expressions."""

import ast
import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nncli.frozen import frozen

SHORT = {8: 10, 4: 6}  # by itemsize, characters of a number up to which it is no formula
TINY = "TINY"  # a script's name for the smallest normal number of its dtype


def expression(text: str) -> ast.expr:
    """The syntax tree of an expression."""
    return ast.parse(text, mode="eval").body


class Substitution(ast.NodeTransformer):
    """Replaces names by expressions."""

    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return copy.deepcopy(self.values.get(node.id, node))

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """Evaluate an index or a slice of a literal tuple."""
        value, place = self.visit(node.value), self.visit(node.slice)
        if isinstance(value, ast.Tuple) and isinstance(place, ast.Slice):
            ends = (place.lower, place.upper)
            start, stop = (None if each is None else ast.literal_eval(each) for each in ends)
            return ast.Tuple(value.elts[start:stop], ast.Load())
        if isinstance(value, ast.Tuple):
            item: ast.expr = value.elts[ast.literal_eval(place)]
            return item
        return ast.Subscript(value, place, node.ctx)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Evaluate math.prod of a literal tuple."""
        self.generic_visit(node)
        if ast.unparse(node.func) == "math.prod" and isinstance(node.args[0], ast.Tuple):
            return ast.Constant(math.prod(ast.literal_eval(node.args[0])))
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """Evaluate a product of two integers."""
        self.generic_visit(node)
        match node:
            case ast.BinOp(ast.Constant(int(left)), ast.Mult(), ast.Constant(int(right))):
                return ast.Constant(left * right)
        return node


def substituted(form: str, values: Mapping[str, ast.expr]) -> ast.expr:
    """An expression such as `left * right`, with its names replaced by values."""
    tree: ast.expr = Substitution(values).visit(expression(form))
    return tree


def operation(form: str, **operands: str) -> str:
    """The same with expressions as text, in parentheses where necessary."""
    values = {name: expression(operand) for name, operand in operands.items()}
    return ast.unparse(substituted(form, values))


def type_name(dtype: np.dtype[Any]) -> str:
    """A dtype as a script writes it."""
    return "float" if dtype == np.float64 else f"np.{dtype}"


def dtype_argument(dtype: np.dtype[Any]) -> str:
    """The dtype argument of a NumPy function that makes an array; empty for the default float64."""
    return "" if dtype == np.float64 else f", {type_name(dtype)}"


@frozen
class Literals:
    """Numbers of one dtype as expressions.

    A number in a script is a Python float, which NumPy rounds to the dtype of the array that it is
    combined with, as it did in the recording.
    widths: what a mean may divide by besides the rows, as in `1.0 / (rows * 3)`.
    scalars: further names of Python numbers.
    """

    dtype: np.dtype[Any]
    widths: tuple[int, ...] = ()
    scalars: tuple[str, ...] = ()

    @property
    def tiny_definition(self) -> str:
        """The line that defines TINY."""
        return f"{TINY} = np.finfo({type_name(self.dtype)}).tiny  # the least normal number"

    def is_number(self, value: ast.expr) -> bool:
        """Whether an expression is a Python number, which takes the dtype of what it meets."""
        known = {"math", "rows", TINY, *self.scalars}
        return known.issuperset(n.id for n in ast.walk(value) if isinstance(n, ast.Name))

    def number(self, values: Sequence[float], rows: Sequence[int]) -> ast.expr:
        """The number recorded as values[i] for a batch of rows[i] rows."""
        if len(set(values)) == 1:
            return expression(self.text(values[0]))
        for formula in self._formulas_in_rows(values[0], rows[0]):
            if all(self._has_value(formula, v, n) for v, n in zip(values, rows, strict=True)):
                return expression(formula)
        table = {n: float(self._shortest(v)) for v, n in zip(values, rows, strict=True)}
        return expression(f"{table}[rows]")

    def text(self, value: float) -> str:
        """One number as an expression."""
        if self.dtype.type(value) == np.finfo(self.dtype).tiny:
            return TINY
        short = self._shortest(value)
        if len(short) <= SHORT[self.dtype.itemsize] or not math.isfinite(value):
            return short
        return next((text for text in _formulas(value) if self._has_value(text, value)), short)

    def _shortest(self, value: float) -> str:
        """The fewest digits that read back as the same bits."""
        if not math.isfinite(value):
            return f"np.{value}" if value > 0 or value != value else "-np.inf"
        return repr(float(str(self.dtype.type(value))))

    def _has_value(self, text: str, value: float, rows: int = 0) -> bool:
        found = eval(text, {"np": np, "math": math, "rows": rows})
        return bool(self.dtype.type(found) == self.dtype.type(value))

    def _formulas_in_rows(self, value: float, rows: int) -> Iterator[str]:
        for width in (1, *self.widths):
            divisor = "rows" if width == 1 else f"(rows * {width})"
            share = round(value * rows * width, 6)
            yield f"{share!r} / {divisor}"
            yield f"{share!r} * (1.0 / {divisor})"


def _formulas(value: float) -> Iterator[str]:
    """Formulas that a number with many digits may have been computed by."""
    yield f"1.0 - {round(1.0 - value, 9)!r}"
    yield "1.0 / math.sqrt(2.0 * math.pi)"
    if value:
        yield f"1.0 / {round(1.0 / value, 9)!r}" if round(1.0 / value, 9) else "0.0"
        rest = round(1.0 - 1.0 / value, 9)
        yield f"1.0 / (1.0 - {rest!r})" if rest != 1.0 else "0.0"
