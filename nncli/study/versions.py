"""Versions: a worker with others would leave other numbers."""

import platform
from collections.abc import Mapping
from importlib.metadata import version

import numpy as np

from nncli import __version__


def versions() -> dict[str, str]:
    """Of what a trial's numbers come from."""
    return {"nncli": __version__, "numpy": np.__version__, "machine": platform.machine()}


OPTUNA = "optuna"


def search_versions(method: str) -> dict[str, str]:
    """Of what the choice of the trials comes from too; whoever runs them doesn't need that."""
    return {OPTUNA: version(OPTUNA)} if method == "tpe" else {}


def note_on_search(recorded: Mapping[str, str], method: str) -> str:
    """That the trials to come may be others than those that the study would have had; or ""."""
    here, began = search_versions(method).get(OPTUNA), recorded.get(OPTUNA)
    if here == began or began is None:
        return ""
    return f"the study began with Optuna {began}, here is {here}: its suggestions may differ"


def differs_here(recorded: Mapping[str, str], host: str) -> str:
    """What a worker has to have and hasn't, as one line; "" if it has all."""
    here = versions()
    found = [
        f"{name} {here.get(name, 'none')} (the study began with {began})"
        for name, began in recorded.items()
        if name in here and here[name] != began
    ]
    return f"{host} has {', '.join(found)}: its numbers might differ" if found else ""
