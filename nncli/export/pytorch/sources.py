"""Sources: functions of the template as text, with everything that they use."""

import ast
import inspect
import re
from collections.abc import Iterator, Sequence
from functools import cache
from types import ModuleType

from nncli.export.pytorch.template import answers, cells, columns
from nncli.parts import dates

MODULES = (dates, cells, columns, answers)
ANY = re.compile(r": Any\b|( -> )Any(?=:)")


@cache
def _definitions(module: ModuleType) -> dict[str, ast.stmt]:
    """The functions and constants that a module defines, by name."""
    found: dict[str, ast.stmt] = {}
    for statement in ast.parse(inspect.getsource(module)).body:
        if isinstance(statement, ast.FunctionDef):
            found[statement.name] = statement
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            found[statement.targets[0].id] = statement
    return found


def needed(names: Sequence[str]) -> dict[str, str]:
    """The definitions of names and of everything that they use, in the order of the template."""
    wanted, open_names = set(), list(names)
    while open_names:
        name = open_names.pop()
        for module in MODULES:
            if name in (known := _definitions(module)) and name not in wanted:
                wanted.add(name)
                open_names += _names_in(known[name])
    found = {}
    for module in MODULES:
        for name, statement in _definitions(module).items():
            if name in wanted:
                found[name] = _text(module, statement)
    return found


def _names_in(statement: ast.stmt) -> Iterator[str]:
    return (node.id for node in ast.walk(statement) if isinstance(node, ast.Name))


def _text(module: ModuleType, statement: ast.stmt) -> str:
    text = ast.get_source_segment(inspect.getsource(module), statement) or ""
    return ANY.sub("", text)


def imports(code: str) -> list[str]:
    """The import lines that code needs, of the modules that the template uses."""
    lines = [f"import {name}" for name in ("re", "unicodedata") if re.search(rf"\b{name}\.", code)]
    from_datetime = [name for name in ("UTC", "date", "datetime", "timedelta") if _uses(code, name)]
    if from_datetime:
        lines.append(f"from datetime import {', '.join(from_datetime)}")
    if "NormalDist(" in code:
        lines.append("from statistics import NormalDist")
    return lines


def _uses(code: str, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(ast.parse(code)))
