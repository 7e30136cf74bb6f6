"""What of Python's library Windows lacks, read off the stubs that mypy comes with."""

import ast
import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace

PARTLY = ("os", "signal", "select", "time")  # modules with some names that Windows lacks
ON_WINDOWS = SimpleNamespace(platform="win32", version_info=sys.version_info)


@cache
def lacking(module):
    """The public names of a module that Windows lacks; None: it lacks all of the module."""
    tree = ast.parse(_stub(module).read_text("utf-8"))
    there, not_there = set(), set()
    _sort(tree.body, there, not_there)
    there, not_there = ({it for it in found if it[0] != "_"} for found in (there, not_there))
    return None if not_there and not there else not_there - there


@cache
def is_lacking(module):
    """Whether Windows lacks a whole module of Python's library."""
    return module in sys.stdlib_module_names and _stub(module).exists() and lacking(module) is None


@cache
def _stub(module):
    stubs = Path(importlib.util.find_spec("mypy").origin).parent / "typeshed" / "stdlib"
    folder = stubs / module / "__init__.pyi"
    return folder if folder.exists() else stubs / f"{module}.pyi"


def _sort(statements, there, not_there):
    for it in statements:
        if isinstance(it, ast.If):
            is_met = eval(ast.unparse(it.test), {"sys": ON_WINDOWS})
            _sort(it.body, there if is_met else not_there, not_there)
            _sort(it.orelse, not_there if is_met else there, not_there)
        elif isinstance(it, ast.FunctionDef | ast.ClassDef):
            there.add(it.name)
        elif isinstance(it, ast.AnnAssign):
            there.add(it.target.id)
        elif isinstance(it, ast.Assign):
            there.update(each.id for each in it.targets if isinstance(each, ast.Name))
