"""Methods: the source of a part's method as a syntax tree, and the values of names in it."""

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FunctionType, MethodType
from typing import Any

from nncli.errors import UserError
from nncli.registry import Part

# a part's main formulas; a lambda is `total` or `terms`, derived from the other one
MAIN = ("<lambda>", "__call__", "terms", "terms_from_scores", "total", "total_from_scores", "value")


def source_of(thing: Any) -> str:
    try:
        return textwrap.dedent(inspect.getsource(thing))
    except (OSError, TypeError):
        name = getattr(thing, "__qualname__", thing)
        raise UserError(f"the source of {name} isn't there to be written out") from None


def assigned_names(body: Sequence[ast.stmt]) -> set[str]:
    """The names that statements bind: assigned, looped over, imported."""
    names: set[str] = set()
    for node in (node for statement in body for node in ast.walk(statement)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name)
    return names


@dataclass(frozen=True)  # in a @frozen class, type checkers take `function` for a method
class Method:
    """A function and, if it is a part's method, the part that it is bound to.

    owner: None for a module's helper.  defining_class: the class that `super()` in it starts from.
    """

    function: FunctionType
    owner: object | None = None
    defining_class: type[Part] | None = None

    @classmethod
    def of(cls, method: Callable[..., Any]) -> "Method":
        """The method that a callable is. Raises UserError if it isn't written in Python."""
        if isinstance(method, MethodType) and isinstance(method.__func__, FunctionType):
            return cls.bound(method.__func__, method.__self__)
        if isinstance(method, FunctionType):
            return cls(method)
        raise UserError(f"{method}: its source isn't Python")

    @classmethod
    def bound(cls, function: FunctionType, owner: object) -> "Method":
        classes = [c for c in type(owner).__mro__ if issubclass(c, Part)]
        return cls(
            function, owner, next((c for c in classes if function in vars(c).values()), None)
        )

    @property
    def key(self) -> object:
        return self.function, repr(self.owner)

    @property
    def name(self) -> str:
        """The name of its function in a script: the part's name if it is the main formula."""
        own = self.function.__name__
        part = getattr(self.defining_class, "name", getattr(self.owner, "name", own))
        if own == "scalars":
            return f"{part}_scalars"
        return part if own in MAIN else own

    @property
    def documentation(self) -> str:
        """The method's docstring, else its part's, else where it comes from."""
        own = self.function.__name__.removesuffix("_from_scores")
        told = inspect.getdoc(getattr(self.owner, own, self.function)) or ""
        if not told and self.owner is not None:
            told = inspect.getdoc(type(self.owner)) or ""
        return told or f"A helper of {self.function.__module__}."

    @property
    def self_name(self) -> str | None:
        return next(iter(inspect.signature(self.function).parameters)) if self.owner else None

    @property
    def parameters(self) -> list[str]:
        """The names of its parameters, without self."""
        names = list(inspect.signature(self.function).parameters)
        return names[1:] if self.owner else names

    def body(self) -> list[ast.stmt]:
        """A copy of its statements, without docstring and assertions; of a lambda, its return."""
        own = self.function.__name__
        for node in ast.walk(ast.parse(source_of(self.function))):
            if isinstance(node, ast.FunctionDef) and node.name == own:
                told = 1 if ast.get_docstring(node) is not None else 0
                return [s for s in node.body[told:] if not isinstance(s, ast.Assert)]
            if isinstance(node, ast.Lambda) and own == "<lambda>":
                return [ast.Return(node.body)]
        raise UserError(f"the source of {self.function.__qualname__} can't be read")

    def meaning(self, name: str) -> Any:
        """The value of a name that isn't a local variable of the function; None if unknown."""
        found = inspect.getclosurevars(self.function)
        return {**vars(builtins), **self.function.__globals__, **found.nonlocals}.get(name)
