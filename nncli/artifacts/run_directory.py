"""The run directory: an atomic directory, numbered, never overwritten."""

from pathlib import Path

from nncli.artifacts.atomic_directory import MANIFEST
from nncli.artifacts.numbered_directory import NumberedDirectory
from nncli.errors import CorruptRun, UserError
from nncli.operating_system import shell_word

CONFIG = "config.yaml"
CONFIG_SUFFIXES = (".yaml", ".yml")
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
FREED = "freed.json"  # which of its files were removed to make room, and why
FOLDS = "folds.json"  # of a cross-validation, whose runs are folders beside it:
FIRST_FOLD = "fold-1"
STUDY = "study.json"  # of a study, whose runs are folders in it
LARGEST_COPY = 1 << 28  # bytes of a file that the config names and that is copied
NO_RUN = f"not a run directory: it has no {MANIFEST}"
UNFINISHED = (
    "an unfinished run: it just begins, or was killed before its first checkpoint "
    f"(nncli train {{}}/{RESOLVED} trains it anew)"
)


def no_run_at(path: Path) -> str:
    """What is wrong with a path that is no folder, where a run is expected."""
    if not path.is_file():
        return "no such run directory"
    leaves = f"; a config leaves one: nncli train {shell_word(path)}" * (
        path.suffix in CONFIG_SUFFIXES
    )
    return f"expected a run directory, found a file{leaves}"


class RunDirectory(NumberedDirectory):
    """A run on disk."""

    def owns(self, path: Path) -> bool:
        return path.parts[0] != EVALUATION

    @classmethod
    def open(cls, path: Path) -> "RunDirectory":
        """A run that was trained before. Raises UserError if there is none at `path`."""
        run = cls(path)
        if not path.is_dir():
            raise UserError(f"{path}: {no_run_at(path)}")
        if (path / STUDY).is_file():
            from nncli.artifacts.study_directory import which_run

            raise UserError(f"{path}: {which_run(path)}")
        if (path / FIRST_FOLD).is_dir():
            raise UserError(
                f"{path}: holds the runs of a cross-validation: take {path / FIRST_FOLD}"
            )
        if not (path / MANIFEST).is_file():
            if (path / CHECKPOINT).is_file():  # which takes its place after the manifest
                raise CorruptRun(f"{path / MANIFEST}: missing from the run")
            if inner := sorted(path.glob(f"*/{RESOLVED}")):
                raise UserError(f"{path}: holds several runs: take one, such as {inner[0].parent}")
            has_begun = (path / RESOLVED).is_file()
            raise UserError(f"{path}: {UNFINISHED.format(path) if has_begun else NO_RUN}")
        return run
