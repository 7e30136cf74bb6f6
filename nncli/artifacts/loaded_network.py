"""Loaded network: a config's initial network, or a run's trained one."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nncli.artifacts.atomic_directory import MANIFEST, MAX_MANIFEST_BYTES
from nncli.artifacts.files import translating_os_errors
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.assembly.build import Built, build
from nncli.config.load import load
from nncli.engine.state import TrainState
from nncli.frozen import frozen
from nncli.untrusted_files.opening import read_file


@frozen
class LoadedNetwork:
    """A network with its job and state.

    state: initial, or a run's checkpoint with the kept weights.  reader: None for a config.
    """

    path: Path
    built: Built
    state: TrainState
    reader: RunReader | None = None


def load_network(path: Path, assignments: Sequence[str] = ()) -> LoadedNetwork:
    """Load the network of a config or a run, for inspection.

    A constant target is allowed.
    assignments: of `--set`. Raises UserError, CorruptRun or FileFailure.
    """
    if path.is_dir():
        reader = RunReader(RunDirectory.open(path), assignments)
        state, _ = reader.checkpoint()
        np.copyto(state.theta, reader.theta)
        return LoadedNetwork(path, reader.built, state, reader)
    built = build(*load(path, assignments), may_be_constant=True)
    return LoadedNetwork(path, built, built.job.start())


def digest(path: Path) -> str:
    """16 hex digits of the SHA-256 of a config, or of a run's manifest."""
    file = path / MANIFEST if path.is_dir() else path
    with translating_os_errors(file):
        return hashlib.sha256(read_file(file, MAX_MANIFEST_BYTES, "a config")).hexdigest()[:16]
