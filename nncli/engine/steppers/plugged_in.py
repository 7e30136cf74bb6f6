"""Engines of other packages, through the entry-point group `nncli.engines`.

Entry points are read only when a config names such an engine, so that they don't slow the start.
"""

from functools import cache

from nncli.engine.steppers.protocol import Engine
from nncli.errors import UserError, did_you_mean
from nncli.registry import load_entry

GROUP = "nncli.engines"
BUILT_IN = ("numpy", "compiled")


def engine_called(name: str) -> Engine:
    """The engine that an installed package offers under a name. Raises UserError if none does."""
    return _found(name)[0]


def package_of(name: str) -> str:
    """The package of an engine; empty for a built-in one, or one that isn't installed any more."""
    if name in BUILT_IN:
        return ""
    try:
        return _found(name)[1]
    except UserError:
        return ""


@cache
def _found(name: str) -> tuple[Engine, str]:
    from importlib.metadata import entry_points

    offered = entry_points(group=GROUP)
    for entry in offered.select(name=name):
        engine = load_entry(entry)
        engine = engine() if isinstance(engine, type) else engine
        if not callable(getattr(engine, "stepper", None)):
            found = f"expected an Engine, found a {type(engine).__name__}"
            raise UserError(f"plugin '{name}' ({entry.value}) failed: {found}")
        return engine, entry.dist.name if entry.dist else ""
    known = ["auto", *BUILT_IN, *sorted(offered.names)]
    raise UserError(
        f"unknown engine '{name}'{did_you_mean(name, known)}; known: {', '.join(known)}; others "
        f"come with packages that offer them as {GROUP}"
    )
