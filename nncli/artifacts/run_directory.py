"""The run directory: an atomic directory, numbered, never overwritten."""

import os
import re
import shutil
import sys
from pathlib import Path

from nncli.artifacts.atomic_directory import MANIFEST, AtomicDirectory
from nncli.artifacts.files import make_folder, reporting, sync_folder
from nncli.errors import CorruptRun, FileFailure, UserError

CONFIG = "config.yaml"
RESOLVED = "config.resolved.yaml"
WEIGHTS = "model.safetensors"
METRICS = "metrics.csv"
FINGERPRINTS = "fingerprints.csv"
SUMMARY = "metrics.json"
SPLIT = "split.npz"
DECISION = "decision.json"  # the threshold, where the config has it chosen
PREPROCESSING = "preprocessing.json"
ENVIRONMENT = "environment.json"
CHECKPOINT = "checkpoints/last.safetensors"
LOSS_PLOT = "plots/loss.png"
EVALUATION = "evaluation"  # has a manifest of its own: a run is scored while it is trained
FOLDS = "folds.json"  # of a cross-validation, whose runs are folders beside it:
FIRST_FOLD = "fold-1"
LONGEST_NAME = 100  # bytes
NO_RUN = f"not a run directory: it has no {MANIFEST}"
UNFINISHED = (
    "an unfinished run: it just begins, or was killed before its first checkpoint "
    f"(nncli train {{}}/{RESOLVED} trains it anew)"
)


class RunDirectory(AtomicDirectory):
    """A run on disk."""

    not_its_own = (EVALUATION,)

    @property
    def name(self) -> str:
        return Path(os.path.abspath(self.path)).name  # "." has none

    @classmethod
    def create(cls, runs: Path, name: str) -> "RunDirectory":
        """The next free `<name>-001`, `<name>-002`, ... in `runs`, locked for this process.

        Raises FileFailure if the operating system refuses.
        """
        letters = name.encode(sys.getfilesystemencoding(), "replace").decode()
        stem = re.sub(r"[^\w.+-]+", "_", letters).strip("._-")
        stem = stem.encode()[:LONGEST_NAME].decode(errors="ignore") or "run"
        if runs.exists() and not runs.is_dir():
            raise FileFailure(f"{runs}: not a folder")
        with reporting(runs):
            make_folder(runs)
            taken = [
                int(found[1])
                for entry in os.listdir(runs)
                if (found := re.fullmatch(re.escape(stem) + r"-(\d+)", entry))
            ]
            number = max(taken, default=0) + 1
            while True:
                run = cls(runs / f"{stem}-{number:03d}")
                try:
                    run.path.mkdir()  # fails if another process was quicker
                except FileExistsError:
                    number += 1
                    continue
                return run._begun()

    @classmethod
    def create_at(cls, path: Path) -> "RunDirectory":
        """A new run at this very place, locked for this process."""
        with reporting(path):
            path.mkdir()
            return cls(path)._begun()

    def _begun(self) -> "RunDirectory":
        self.is_committed = False
        self.lock()
        sync_folder(self.path.parent)
        return self

    @classmethod
    def open(cls, path: Path) -> "RunDirectory":
        """A run that was trained before. Raises UserError if there is none at `path`."""
        run = cls(path)
        if not path.is_dir():
            raise UserError(f"{path}: no such run directory")
        if (path / FIRST_FOLD).is_dir():
            raise UserError(
                f"{path}: holds the runs of a cross-validation: take {path / FIRST_FOLD}"
            )
        if not (path / MANIFEST).is_file():
            if (path / CHECKPOINT).is_file():  # which takes its place after the manifest
                raise CorruptRun(f"{path / MANIFEST}: missing from the run")
            has_begun = (path / RESOLVED).is_file()
            raise UserError(f"{path}: {UNFINISHED.format(path) if has_begun else NO_RUN}")
        return run

    def __enter__(self) -> "RunDirectory":
        """While entered, the run is this process's; an uncommitted new one leaves nothing."""
        if not self.is_locked:
            self.lock()
        return self

    def __exit__(self, *error: object) -> None:
        if not self.is_committed:
            shutil.rmtree(self.path, ignore_errors=True)
        self.unlock()
