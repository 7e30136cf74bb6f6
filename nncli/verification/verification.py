"""Verification: check a run's files, environment and numbers against its records."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nncli.artifacts.atomic_directory import MANIFEST, AtomicDirectory
from nncli.artifacts.environment import Difference, differences
from nncli.artifacts.run_directory import FIRST_FOLD, FOLDS, RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.study_directory import StudyDirectory, is_study, runs_of
from nncli.artifacts.trial_records import COMPLETED
from nncli.errors import CorruptRun, few
from nncli.frozen import frozen
from nncli.verification.integrity import Files, check_files
from nncli.verification.replay import Replay


@frozen
class Verification:
    """files: checked.  environment: differences of this machine.  replay: still to be run."""

    path: Path
    files: Files
    environment: Sequence[Difference]
    replay: Replay

    @classmethod
    @contextmanager
    def of(cls, path: Path) -> Iterator["Verification"]:
        """Check a run's files and prepare its replay, holding a shared lock.

        Raises UserError, RunInUse, CorruptRun.
        """
        run = RunDirectory.open(path)
        run.lock(is_shared=True)
        try:
            files = check_files(run)
            reader = RunReader(run)
            recorded = [reader.environment(), *reader.resumptions()]
            differing = differences(recorded, reader.recorded)
            yield cls(path, files, differing, Replay(reader))
        finally:
            run.unlock()

    def to_json(self) -> dict[str, Any]:
        """The verification as JSON; identical is null if an interrupted replay found nothing."""
        replay, tensors = self.replay, self.replay.first_of_tensors
        return {
            "run": os.fspath(self.path),
            "files": self.files.count,
            "environment": [asdict(each) for each in self.environment],
            "epochs": replay.epochs,
            "replayed": replay.done,
            "identical": replay.is_identical and (True if replay.is_complete else None),
            "first_difference": replay.first.to_json() if replay.first else None,
            "first_tensor_difference": tensors.to_json() if tensors else None,
            "last_differences": [asdict(each) for each in replay.last],
            "diverged": str(replay.diverged) if replay.diverged else None,
        }


def check_freed(path: Path) -> Files | None:
    """Check the files of a run with freed weights; None if none were freed.

    Raises UserError, RunInUse, CorruptRun.
    """
    run = RunDirectory.open(path)
    run.lock(is_shared=True)
    try:
        return check_files(run) if RunReader(run).freed else None
    finally:
        run.unlock()


def runs_in(path: Path) -> list[Path]:
    """The runs of a study, or of an older version's cross-validation; else empty."""
    if is_study(path):
        return runs_of(path)
    if not (path / FIRST_FOLD).is_dir():
        return []
    stem, _, _ = FIRST_FOLD.rpartition("-")
    return sorted(path.glob(f"{stem}-*"), key=lambda fold: (len(fold.name), fold.name))


def check_parent(path: Path, runs: Sequence[Path]) -> None:
    """Check a study's own files; of an older version's cross-validation, only if it has ended.

    Raises CorruptRun, RunInUse.
    """
    study = StudyDirectory.open(path) if is_study(path) else None
    parent = study or AtomicDirectory(path)
    parent.lock(is_shared=True)
    try:
        if study:
            _check_complete(study, runs)
        if any((path / name).exists() for name in (MANIFEST, FOLDS)):
            check_files(parent, {run.relative_to(path).parts[0] for run in runs})
    finally:
        parent.unlock()


def _check_complete(study: StudyDirectory, runs: Sequence[Path]) -> None:
    """Raises CorruptRun if a completed trial's run is missing."""
    ended = [trial.run for trial in study.trials(study.facts()) if trial.state == COMPLETED]
    there = {run.relative_to(study.path).parts[0] for run in runs}
    if lost := [name for name in ended if name not in there]:
        raise CorruptRun(f"{study.path}: {few(lost)}: missing, though recorded as completed")
