"""Programs: what trains a row's network, each in the way its own users would write it.

A program is made for a row once and then run as often as one likes, each time from the same initial
weights and through the same batches in the same order.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.speed.data import Data
from benchmarks.speed.rows import Row
from nncli.parts.arrays import Array


@dataclass(frozen=True)
class Ran:
    """A run of some epochs.

    seconds: what `epochs` of them took, and nothing that is done once.
    weights: W, b of each layer in turn after all of them; None where nothing is trained.
    """

    seconds: float
    epochs: int
    weights: list[Array] | None


Program = Callable[[int], Ran]  # epochs, at least 2, -> Ran


class Missing(Exception):
    """A program that can't be measured here, and why."""


@dataclass(frozen=True)
class Task:
    """What a program is made for: a row, its data, and a folder to write in."""

    row: Row
    data: Data
    folder: Path
    threads: int


def _make(module: str, task: Task, **options: str) -> Program:
    """Import the program's module and make it for a task. Raises Missing."""
    try:
        found = importlib.import_module(f"benchmarks.speed.programs.{module}")
    except ImportError as error:
        raise Missing(f"{error.name or error} is not installed") from None
    made: Program = found.make(task, **options)
    return made


DEFAULT = "nncli"  # the run at default settings: that of nncli's programs whose engine it takes
ENGINES = {"nncli numpy": "numpy", "nncli compiled": "compiled"}
PROGRAMS: dict[str, Callable[[Task], Program]] = {
    "nncli numpy": partial(_make, "trainer", engine="numpy"),
    "nncli compiled": partial(_make, "trainer", engine="compiled"),
    "scikit-learn": partial(_make, "scikit_learn"),
    "torch eager": partial(_make, "torch_eager"),
    "jax scan": partial(_make, "jax_scan"),
    "NumPy notebook": partial(_make, "numpy_notebook"),
    "C loop": partial(_make, "c_loop"),
    "products alone": partial(_make, "products_alone"),
}
COLUMNS = (DEFAULT, *PROGRAMS)
