"""Versions: library versions that a trial's numbers depend on."""

import platform
from collections.abc import Mapping
from importlib.metadata import version

import numpy as np

from nncli import __version__


def versions() -> dict[str, str]:
    """The versions that a trial's numbers depend on."""
    return {"nncli": __version__, "numpy": np.__version__, "machine": platform.machine()}


OPTUNA = "optuna"


def search_versions(method: str) -> dict[str, str]:
    """The versions that the sampler's suggestions depend on; workers don't need the same ones."""
    return {OPTUNA: version(OPTUNA)} if method == "tpe" else {}


def note_on_search(recorded: Mapping[str, str], method: str) -> str:
    """A note if another Optuna may suggest other trials than at the study's start; else ""."""
    here, began = search_versions(method).get(OPTUNA), recorded.get(OPTUNA)
    if here == began or began is None:
        return ""
    return f"the study began with Optuna {began}, here is {here}: its suggestions may differ"


def differs_here(recorded: Mapping[str, str], host: str) -> str:
    """How a worker's versions differ from the study's, on one line; "" if they don't."""
    here = versions()
    found = [
        f"{name} {here.get(name, 'none')} (the study began with {began})"
        for name, began in recorded.items()
        if name in here and here[name] != began
    ]
    return f"{host} has {', '.join(found)}: its numbers might differ" if found else ""
