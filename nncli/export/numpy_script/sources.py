"""Sources: a part's pure methods as lines of a script, from their own source code.

`self.key` becomes the config's number; a method or helper that is called becomes a function of the
script or, if it is a single expression, that expression; annotations and assertions are removed.
"""

import ast
import builtins
import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, is_dataclass
from types import FunctionType, ModuleType
from typing import Any

from nncli.errors import UserError
from nncli.export.numpy_script.expressions import Substitution, expression
from nncli.export.numpy_script.formatting import docstring, indented, quoted
from nncli.export.numpy_script.methods import Method, assigned_names, source_of
from nncli.registry import Part

# names that scripts use: no part's function may have one of them
RESERVED = (
    *("backward", "decide", "dropout", "epoch", "forward", "gradient", "initialize", "objective"),
    *("order", "penalty", "plateau", "predict", "random", "rates", "report", "chosen", "shuffle"),
    *("rows", "start", "step", "theta", "total", "train", "unpacked", "update"),
)

MODULES = {"numpy": "np", "math": "math"}  # modules that parts may use, by their names in scripts


def _constant(value: Any, name: str) -> ast.expr:
    """A number, text or tuple of them as an expression. name: for the error message."""
    if isinstance(value, tuple):
        return ast.Tuple([_constant(each, name) for each in value], ast.Load())
    if isinstance(value, bool | int | float | str) or value is None:
        return ast.Constant(value)
    raise UserError(f"{name} isn't a number or a text that a script can hold")


def _is_simple(value: ast.expr) -> bool:
    """Whether an expression is short enough to be repeated."""
    if isinstance(value, ast.Tuple):
        return all(map(_is_simple, value.elts))
    if isinstance(value, ast.Subscript):
        return _is_simple(value.value)
    if isinstance(value, ast.Call):
        return ast.unparse(value) == "len(x)"
    return isinstance(value, ast.Name | ast.Constant | ast.UnaryOp)


@dataclass
class Sources:
    """Collects the functions that a script needs: name -> lines, in the order of their use."""

    definitions: dict[str, list[str]] = field(default_factory=dict)
    _names: dict[object, str] = field(default_factory=dict)

    def call(self, method: Callable[..., Any], *arguments: str, name: str = "") -> str:
        """The expression for method(*arguments). name: of its function, if it needs one.

        Raises UserError if the source isn't available.
        """
        source, values = Method.of(method), [expression(argument) for argument in arguments]
        return ast.unparse(self.called(source, name or source.name, values))

    def lines(self, method: Callable[..., Any], **arguments: str) -> tuple[list[str], str]:
        """The same call as (statements in place of the call, the expression of its result)."""
        source = Method.of(method)
        body = source.body()
        values = [expression(arguments[each]) for each in source.parameters]
        *first, last = body
        is_straight = all(isinstance(s, ast.Assign) for s in first) and isinstance(last, ast.Return)
        if not is_straight or assigned_names(body) & set(source.parameters):
            return [], ast.unparse(self.called(source, source.name, values))
        placed = Substitution(dict(zip(source.parameters, values, strict=True)))
        *first, last = [placed.visit(each) for each in _Rewriting(self, source).all(body)]
        assert isinstance(last, ast.Return)
        assert last.value is not None
        return [ast.unparse(statement) for statement in first], ast.unparse(last.value)

    def called(self, source: Method, name: str, values: Sequence[ast.expr]) -> ast.expr:
        """A call of the method's function, or its expression if the method is a single one."""
        body = source.body()
        *first, last = body
        is_short = not first and isinstance(last, ast.Return) and source.owner is not None
        uses = [name.id for name in ast.walk(last) if isinstance(name, ast.Name)]
        arguments = dict(zip(source.parameters, values, strict=False))
        if is_short and all(_is_simple(v) or uses.count(p) < 2 for p, v in arguments.items()):
            [done] = _Rewriting(self, source).all([last])
            placed = Substitution(arguments).visit(done)
            assert isinstance(placed, ast.Return)
            assert placed.value is not None
            return placed.value
        return ast.Call(ast.Name(self.function(source, name)), list(values), [])

    def function(self, source: Method, name: str) -> str:
        """Write the method as a function, unless it is written already; returns its name."""
        if source.key in self._names:
            return self._names[source.key]
        name, number = name.lstrip("_"), 1
        taken = {*RESERVED, *self._names.values()}
        while (own := name if number == 1 else f"{name}_{number}") in taken:
            number += 1
        self._names[source.key] = own
        body = _Rewriting(self, source).all(source.body())
        self.definitions[own] = [
            f"def {own}({', '.join(source.parameters)}):",
            *indented(docstring(source.documentation)),
            *indented(line for each in body for line in quoted(ast.unparse(each)).splitlines()),
        ]
        return own

    def record(self, cls: type) -> str:
        """Write a small dataclass with the standard decorator; returns its name."""
        if cls.__name__ not in self.definitions:
            source = source_of(cls).replace("@frozen\n", "@dataclass(frozen=True)\n", 1)
            self.definitions[cls.__name__] = source.splitlines()
        return cls.__name__


class _Rewriting(ast.NodeTransformer):
    """Rewrites statements of a method as statements of a script."""

    def __init__(self, sources: Sources, source: Method) -> None:
        self.sources, self.source = sources, source
        self.own = set(source.parameters) | assigned_names(source.body())

    def all(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        done = [self.visit(copy.deepcopy(statement)) for statement in statements]
        return [ast.fix_missing_locations(statement) for statement in done if statement]

    def visit_Assert(self, node: ast.Assert) -> None:
        return None

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        return node.value and self.visit(ast.Assign([node.target], node.value))

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        receiver = self._object(node.value)
        if receiver is None:
            return ast.Attribute(self.visit(node.value), node.attr, node.ctx)
        return _constant(getattr(receiver, node.attr), f"{type(receiver).__name__}.{node.attr}")

    def visit_Name(self, node: ast.Name) -> Any:
        if node.id in self.own:
            return node
        meaning = self.source.meaning(node.id)
        if isinstance(meaning, int | float | str):
            return _constant(meaning, node.id)
        if isinstance(meaning, type) and is_dataclass(meaning):
            return ast.Name(self.sources.record(meaning))
        if isinstance(meaning, ModuleType) and meaning.__name__ in MODULES:
            return ast.Name(MODULES[meaning.__name__])
        if node.id not in vars(builtins):
            name = self.source.function.__qualname__
            raise UserError(f"{name} uses {node.id}, which a script can't hold")
        return node

    def visit_Call(self, node: ast.Call) -> Any:
        if ast.unparse(node.func) == "np.asarray" and len(node.args) == 1:  # scripts have arrays
            return self.visit(node.args[0])
        target = self._called(node.func)
        if target is None or node.keywords:
            return self.generic_visit(node)
        given = node.args
        if target.owner is None and given and self._object(given[0]) is not None:
            target, given = Method.bound(target.function, self._object(given[0])), given[1:]
        return self.sources.called(target, target.name, [self.visit(each) for each in given])

    @staticmethod
    def _is_super(node: ast.expr) -> bool:
        return isinstance(node, ast.Attribute) and ast.unparse(node.value) == "super()"

    def _called(self, node: ast.expr) -> Method | None:
        """The part's method or helper that is called; None for any other function."""
        if isinstance(node, ast.Attribute):
            if self._is_super(node):
                assert self.source.owner is not None
                found = getattr(super(self.source.defining_class, self.source.owner), node.attr)
                return Method.of(found)
            receiver = self._object(node.value)
            return None if receiver is None else Method.of(getattr(receiver, node.attr))
        if isinstance(node, ast.Name) and node.id not in self.own:
            meaning = self.source.meaning(node.id)
            return Method(meaning) if isinstance(meaning, FunctionType) else None
        return None

    def _object(self, node: ast.expr) -> object | None:
        """The part that an expression stands for: self, one of its fields, or a new part."""
        if isinstance(node, ast.Name) and node.id == self.source.self_name:
            return self.source.owner
        if isinstance(node, ast.Attribute) and (holder := self._object(node.value)) is not None:
            held = getattr(holder, node.attr)
            return held if isinstance(held, Part) else None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            meaning = self.source.meaning(node.func.id)
            if isinstance(meaning, type) and issubclass(meaning, Part):
                return meaning(*(ast.literal_eval(self.visit(each)) for each in node.args))
        return None
