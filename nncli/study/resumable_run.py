"""Resumable run: find and lock the run that an interrupted trial left behind."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nncli.artifacts.atomic_directory import MANIFEST
from nncli.artifacts.run_directory import CHECKPOINT, RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.engine.stop import Stop
from nncli.errors import RunInUse

RETRY_SECONDS = 0.1  # between attempts to lock a run


@contextmanager
def resumable_run(folder: Path, stop: Stop) -> Iterator[RunDirectory | None]:
    """Lock and recover the run in a folder; None, with the folder removed, if it cannot be resumed.

    A worker of a killed study may still hold the lock: wait for it, unless `stop` is requested.
    """
    run = _locked(folder, stop)
    try:
        if run is not None and _is_resumable(run):
            run.recover()  # an ended run too: its last commit may lack the renaming
            yield run
        else:
            if run is not None:
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
            time.sleep(RETRY_SECONDS)
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
