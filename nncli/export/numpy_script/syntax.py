"""Syntax: what is asked of, and done to, the syntax trees of a part's methods."""

import ast
import copy
from collections.abc import Mapping, Sequence
from typing import Any

from nncli.errors import UserError


def is_simple(value: ast.expr) -> bool:
    """Whether a value may stand in several places without harm to the eye."""
    if isinstance(value, ast.Tuple):
        return all(map(is_simple, value.elts))
    if isinstance(value, ast.Subscript):
        return is_simple(value.value)
    if isinstance(value, ast.Call):
        return ast.unparse(value) == "len(x)"
    return isinstance(value, ast.Name | ast.Constant | ast.UnaryOp)


class Placed(ast.NodeTransformer):
    """Puts values in the place of parameters."""

    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return copy.deepcopy(self.values.get(node.id, node))

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """An item of a tuple that is written out is that item."""
        value, place = self.visit(node.value), self.visit(node.slice)
        if isinstance(value, ast.Tuple):
            item: ast.expr = value.elts[ast.literal_eval(place)]
            return item
        return ast.Subscript(value, place, node.ctx)


def made_in(body: Sequence[ast.stmt]) -> set[str]:
    """The names that statements give a meaning: assigned, looped over, imported."""
    names: set[str] = set()
    for node in (node for statement in body for node in ast.walk(statement)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name)
    return names


def literal(value: Any, name: str) -> ast.expr:
    """A number, text or tuple of them as it is written."""
    if isinstance(value, tuple):
        return ast.Tuple([literal(each, name) for each in value], ast.Load())
    if isinstance(value, bool | int | float | str) or value is None:
        return ast.Constant(value)
    raise UserError(f"{name} isn't a number or a text that a script can hold")
