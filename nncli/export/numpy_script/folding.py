"""Folding: combines statements whose values are used once into one line.

    a1 = -z1
    a1 = np.exp(a1)             ->      a1 = 1.0 / (np.exp(-z1) + 1.0)
    a1 = a1 + 1.0
    a1 = 1.0 / a1

A value waits for the one statement that uses it, unless a name that it reads is assigned before;
every operation keeps its operands and their order.
"""

import ast
import copy
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from nncli.export.numpy_script.expressions import Literals, expression, type_name
from nncli.export.numpy_script.statements import Statement

WIDEST = 76  # characters of a line, up to which values are put into it


def _is_constant(node: ast.expr, value: float) -> bool:
    return isinstance(node, ast.Constant) and node.value == value


def _as_float(value: ast.expr, literals: Literals) -> ast.expr:
    if isinstance(value, ast.Compare):
        return expression(f"({ast.unparse(value)}).astype({type_name(literals.dtype)})")
    return value


def _simplified(node: ast.BinOp) -> ast.expr:
    """The expression without a factor 1, a term 0 or what a factor 0 switches off; same bits."""
    match node:
        case ast.BinOp(
            ast.Compare() | ast.Call(ast.Attribute(ast.Compare())), ast.Mult(), zero
        ) if _is_constant(zero, 0.0):
            return zero
        case ast.BinOp(left, ast.Add(), ast.Constant()) if _is_constant(left, 0.0):
            return node.right
        case ast.BinOp(left, ast.Mult(), one) if _is_constant(one, 1.0) and not isinstance(
            left, ast.Compare
        ):
            return left
    return node


class _Inlining(ast.NodeTransformer):
    """Replaces names by values, with the bits that arrays of these values would give."""

    def __init__(self, values: dict[str, ast.expr], literals: Literals) -> None:
        self.values, self.literals = values, literals

    def visit_Name(self, node: ast.Name) -> ast.expr:
        found = self.values.get(node.id)
        return node if found is None else _as_float(found, self.literals)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """In a product with an array of numbers, a comparison isn't converted to numbers."""
        left, right = self._comparison(node.left), self.visit(node.right)
        is_product = isinstance(node.op, ast.Mult)
        if left is None or not is_product or self._makes_float64(right):
            left = self.visit(node.left)
        return _simplified(ast.BinOp(left, node.op, right))

    def _comparison(self, node: ast.expr) -> ast.expr | None:
        found = self.values.get(node.id) if isinstance(node, ast.Name) else None
        return found if isinstance(found, ast.Compare) else None

    def _makes_float64(self, factor: ast.expr) -> bool:
        """Whether True times a factor would be float64, as with a Python number."""
        return self.literals.dtype != np.float64 and self.literals.is_number(factor)


class _Folding:
    """written: finished lines.  pending: values that wait for their use, by name, oldest first."""

    def __init__(self, literals: Literals) -> None:
        self.literals = literals
        self.written: list[Statement] = []
        self.pending: dict[str, Statement] = {}

    def inlined(self, statement: Statement) -> ast.expr:
        """The statement's value, in which pending values replace their names.

        Pending values that would make the line too wide get lines of their own.
        """
        used = [name for name in statement.reads if name in self.pending]
        while True:
            values = {name: self.pending[name].value for name in used}
            inlining = _Inlining(values, self.literals)
            value: ast.expr = inlining.visit(copy.deepcopy(statement.value))
            if not used or len(f"{statement.target} = {ast.unparse(value)}") <= WIDEST:
                break
            longest = max(used, key=lambda name: len(ast.unparse(self.pending[name].value)))
            used.remove(longest)
            self._flush(longest)
        for name in used:
            del self.pending[name]
        return value

    def defer(self, statement: Statement) -> None:
        """Keep a value for the one statement that uses it."""
        self._flush_before(statement)
        self.pending[statement.target] = statement

    def write(self, statement: Statement) -> None:
        """Add a line."""
        self._flush_before(statement)
        # on a line of its own, a comparison is converted to numbers, as in the recorded array
        value = _as_float(statement.value, self.literals)
        self.written.append(replace(statement, value=value))

    def _flush_before(self, statement: Statement) -> None:
        """Write pending values that read the statement's target, or that draw before it does."""
        for name, other in list(self.pending.items()):
            if name in self.pending and (
                statement.target in other.reads or (statement.draws and other.draws)
            ):
                self._flush(name)

    def _flush(self, name: str) -> None:
        self.write(self.pending.pop(name))


def _later_uses(statements: Sequence[Statement], index: int) -> tuple[int, bool]:
    """(uses of a statement's value, whether its name isn't assigned again)."""
    target, uses = statements[index].target, 0
    for later in statements[index + 1 :]:
        uses += later.reads.count(target)
        if later.target == target:
            return uses, False
    return uses, True


def fold(
    statements: Sequence[Statement],
    kept: Collection[str],
    literals: Literals,
    in_place: Collection[str] = (),
) -> list[Statement]:
    """The same computation in fewer lines.

    kept: names whose last value gets a line even if it is used once or never.
    in_place: names of arrays that outlive the statements: their last value is written into them.
    """
    folding = _Folding(literals)
    for index, statement in enumerate(statements):
        uses, is_last = _later_uses(statements, index)
        is_kept = is_last and statement.target in {*kept, *in_place}
        value = folding.inlined(statement)
        if is_kept or uses > 1:
            folding.write(replace(statement, value=value))
        elif uses == 1:
            folding.defer(replace(statement, value=value))
    return folding.written
