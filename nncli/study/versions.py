"""Versions: a worker with others would leave other numbers."""

import platform
from collections.abc import Mapping

import numpy as np

from nncli import __version__


def versions() -> dict[str, str]:
    """Of what a trial's numbers come from."""
    return {"nncli": __version__, "numpy": np.__version__, "machine": platform.machine()}


def differs_here(recorded: Mapping[str, str], host: str) -> str:
    """What a worker has to have and hasn't, as one line; "" if it has all."""
    here = versions()
    found = [
        f"{name} {here.get(name, 'none')} (the study began with {version})"
        for name, version in recorded.items()
        if name in here and here[name] != version
    ]
    return f"{host} has {', '.join(found)}: its numbers might differ" if found else ""
