"""JavaScript: written from ufuncs and Python code, so that no formula is written twice.

A loop for each ufunc that a page calls, and translations of small Python functions, such as a
schedule's factor.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

import numpy as np

from nncli.engine.ufuncs import UFUNCS
from nncli.errors import UserError

MATH = (
    *("exp", "expm1", "log", "log1p", "log2", "log10"),
    *("tanh", "sin", "cos", "tan", "cbrt", "floor"),
)
OWN = {"logaddexp": 2, "power": 2, "ndtr": 1}  # functions of special.js -> number of operands
SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "===",
    ast.NotEq: "!==",
}
_BY_NAME = {ufunc.__name__: names.javascript for ufunc, names in UFUNCS.items()}


def expression_of(name: str) -> tuple[str, int]:
    """(a JavaScript expression of _0 and _1 for a ufunc, the number of its operands).

    Raises UserError for a ufunc that isn't supported.
    """
    if name in _BY_NAME:
        return _BY_NAME[name], getattr(np, name).nin
    if name in MATH:
        return f"Math.{name}(_0)", 1
    if name in OWN:
        operands = ", ".join(f"_{number}" for number in range(OWN[name]))
        return f"{name}({operands})", OWN[name]
    raise UserError(f"a part calls {name}, for which the page has no words")


def loops(names: Iterable[str]) -> str:
    """The object `ufuncs`: by name, a loop over the rows and columns of the operands.

    a_row, a_column: strides of an operand, 0 if it is broadcast.
    """
    return "\n".join(["const ufuncs = {", *(_loop(name) for name in sorted(names)), "};"])


def _loop(name: str) -> str:
    text, operands = expression_of(name)
    letters = "ab"[:operands]
    given = "".join(f", {each}, {each}_row, {each}_column" for each in letters)
    for number, each in enumerate(letters):
        text = text.replace(f"_{number}", f"{each}[i * {each}_row + j * {each}_column]")
    return (
        f"  {name}(rows, columns, out{given}) {{\n"
        "    for (let i = 0, k = 0; i < rows; i++)\n"
        f"      for (let j = 0; j < columns; j++, k++) out[k] = {text};\n"
        "  },"
    )


def function(name: str, source: Callable[..., Any] | str, parents: str = "") -> str:
    """A Python function, or its source, as a JavaScript function called `name`.

    parents: the prefix of the functions that super()'s methods became.
    Raises UserError for code that isn't supported.
    """
    text = source if isinstance(source, str) else textwrap.dedent(inspect.getsource(source))
    [definition] = [each for each in ast.parse(text).body if isinstance(each, ast.FunctionDef)]
    arguments = [each.arg for each in definition.args.args]
    stored = [
        node.id
        for node in ast.walk(definition)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    own = [each for each in dict.fromkeys(stored) if each not in arguments]
    body = _Translation(parents).all(definition.body)
    lines = [f"let {', '.join(own)};"] if own else []
    inner = textwrap.indent("\n".join([*lines, body]), "  ")
    return f"function {name}({', '.join(arguments)}) {{\n{inner}\n}}"


class _Translation(ast.NodeVisitor):
    """Translates statements and expressions; a node without a visitor is refused."""

    def __init__(self, parents: str) -> None:
        self.parents = parents

    def all(self, statements: Iterable[ast.stmt]) -> str:
        texts = [self.visit(statement) for statement in statements]
        return "\n".join(text for text in texts if text)

    def generic_visit(self, node: ast.AST) -> NoReturn:
        raise UserError(f"{type(node).__name__.lower()} in a formula has no like on the page")

    def block(self, statements: Iterable[ast.stmt]) -> str:
        return f"{{\n{textwrap.indent(self.all(statements), '  ')}\n}}"

    def visit_Expr(self, node: ast.Expr) -> str:
        return "" if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> str:
        assert node.value is not None
        return f"return {self.visit(node.value)};"

    def visit_Assign(self, node: ast.Assign) -> str:
        [target] = node.targets
        return f"{self.visit(target)} = {self.visit(node.value)};"

    def visit_AugAssign(self, node: ast.AugAssign) -> str:
        return f"{self.visit(node.target)} {SIGNS[type(node.op)]}= {self.visit(node.value)};"

    def visit_If(self, node: ast.If) -> str:
        text = f"if ({self.visit(node.test)}) {self.block(node.body)}"
        return f"{text} else {self.block(node.orelse)}" if node.orelse else text

    def visit_While(self, node: ast.While) -> str:
        return f"while ({self.visit(node.test)}) {self.block(node.body)}"

    def visit_Constant(self, node: ast.Constant) -> str:
        return repr(node.value).lower() if isinstance(node.value, bool) else repr(node.value)

    def visit_Name(self, node: ast.Name) -> str:
        return node.id

    def visit_Tuple(self, node: ast.Tuple) -> str:
        return f"[{', '.join(map(self.visit, node.elts))}]"

    def visit_Attribute(self, node: ast.Attribute) -> str:
        text = self.visit(node.value)
        if text == "math":
            return f"Math.{node.attr.upper() if node.attr == 'pi' else node.attr}"
        return f"{text}.{node.attr}"

    def visit_Subscript(self, node: ast.Subscript) -> str:
        return f"{self.visit(node.value)}[{self.visit(node.slice)}]"

    def visit_UnaryOp(self, node: ast.UnaryOp) -> str:
        if not isinstance(node.op, ast.USub):
            return self.generic_visit(node)
        return f"(-{self.visit(node.operand)})"

    def visit_BinOp(self, node: ast.BinOp) -> str:
        left, right = self.visit(node.left), self.visit(node.right)
        if isinstance(node.op, ast.FloorDiv):
            return f"Math.floor({left} / {right})"
        return f"({left} {SIGNS[type(node.op)]} {right})"

    def visit_Compare(self, node: ast.Compare) -> str:
        [sign], [right] = node.ops, node.comparators
        return f"{self.visit(node.left)} {SIGNS[type(sign)]} {self.visit(right)}"

    def visit_Call(self, node: ast.Call) -> str:
        given = [*map(self.visit, node.args)]
        if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "super()":
            return f"{self.parents}_{node.func.attr}({', '.join(['self', *given])})"
        called = ast.unparse(node.func)
        if called == "dict":
            return f"({{...{given[0]}}})"
        if called in ("max", "min"):
            return f"Math.{called}({', '.join(given)})"
        if not called.startswith("math."):
            return self.generic_visit(node)
        return f"{self.visit(node.func)}({', '.join(given)})"

    def visit_Dict(self, node: ast.Dict) -> str:
        pairs = zip(node.keys, node.values, strict=True)
        items = [
            f"...{self.visit(value)}" if key is None else f"{self.visit(key)}: {self.visit(value)}"
            for key, value in pairs
        ]
        return f"({{{', '.join(items)}}})"
