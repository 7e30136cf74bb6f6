"""Engines of other packages, through the entry-point group `nncli.engines`.

They are looked for only when a config names one, so that a start costs nothing for them.
"""

from functools import cache

from nncli.engine.steppers.protocol import Engine
from nncli.errors import UserError, did_you_mean
from nncli.registry import load_entry

GROUP = "nncli.engines"
BUILT_IN = ("numpy", "compiled")


def engine_called(name: str) -> Engine:
    """The engine that an installed package offers under a name. Raises UserError without one."""
    return _found(name)[0]


def package_of(name: str) -> str:
    """The package that offers it; empty for what is built in, or isn't there any more."""
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
