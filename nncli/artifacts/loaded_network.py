"""Loaded network: a config's network as it starts, or a run's with its weights."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nncli.artifacts.atomic_directory import MANIFEST, MOST_MANIFEST
from nncli.artifacts.files import reporting
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.assembly.build import Built, build
from nncli.config.load import load
from nncli.engine.state import TrainState
from nncli.frozen import frozen
from nncli.untrusted_files.opening import read_file


@frozen
class LoadedNetwork:
    """state: before the first step, or a run's last one with the weights to use as its theta.

    reader: of the run; None for a config.
    """

    path: Path
    built: Built
    state: TrainState
    reader: RunReader | None = None


def load_network(path: Path, assignments: Sequence[str] = ()) -> LoadedNetwork:
    """The network that a config declares, or that a run directory holds, to be looked at.

    A target that never varies is no obstacle to that.
    assignments: what `--set` changes. Raises UserError, CorruptRun or FileFailure.
    """
    if path.is_dir():
        reader = RunReader(RunDirectory.open(path), assignments)
        state, _ = reader.checkpoint()
        np.copyto(state.theta, reader.theta)
        return LoadedNetwork(path, reader.built, state, reader)
    built = build(*load(path, assignments), may_be_constant=True)
    return LoadedNetwork(path, built, built.job.start())


def digest(path: Path) -> str:
    """What tells a config or a run from a changed one: 16 letters of a SHA-256."""
    file = path / MANIFEST if path.is_dir() else path
    with reporting(file):
        return hashlib.sha256(read_file(file, MOST_MANIFEST, "a config")).hexdigest()[:16]
