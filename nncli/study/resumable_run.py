"""Resumable run: the one that a trial left behind, if it can be gone on with."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nncli.artifacts.atomic_directory import MANIFEST
from nncli.artifacts.run_directory import CHECKPOINT, RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.engine.stop import Stop
from nncli.errors import RunInUse

PAUSE = 0.1  # seconds between two looks at a run that another process is using


@contextmanager
def resumable_run(folder: Path, stop: Stop) -> Iterator[RunDirectory | None]:
    """The run in a folder, locked; None, and nothing left there, if there is none to go on with.

    A worker whose study was killed may be using it still: it is waited for, but for a stop.
    """
    run = _locked(folder, stop)
    try:
        if run is None or _is_resumable(run):
            yield run
        else:
            run.remove()
            yield None
    finally:
        if run is not None:
            run.unlock()


def _locked(folder: Path, stop: Stop) -> RunDirectory | None:
    while folder.is_dir() and not stop.requested:
        run = RunDirectory(folder)
        try:
            run.lock()
        except RunInUse:
            time.sleep(PAUSE)
            continue
        if folder.is_dir():
            return run
        run.unlock()
    return None


def _is_resumable(run: RunDirectory) -> bool:
    if not (run.path / MANIFEST).is_file() or CHECKPOINT not in run.manifest():
        return False
    reader = RunReader(run)
    return bool(reader.summary()) or reader.recorded.optimizer.is_resumable
