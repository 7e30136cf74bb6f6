"""The run directory: the files of a run, atomic, numbered, never overwritten."""

from pathlib import Path

from nncli.artifacts.atomic_directory import MANIFEST
from nncli.artifacts.numbered_directory import NumberedDirectory, no_run_at
from nncli.errors import CorruptRun, UserError

CONFIG = "config.yaml"
RESOLVED = "config.resolved.yaml"
WEIGHTS = "model.safetensors"
METRICS = "metrics.csv"
FINGERPRINTS = "fingerprints.csv"
SUMMARY = "metrics.json"
SPLIT = "split.npz"
DECISION = "decision.json"  # the threshold, if the config lets it be chosen
PREPROCESSING = "preprocessing.json"
ENVIRONMENT = "environment.json"
CHECKPOINT = "checkpoints/last.safetensors"
LOSS_PLOT = "plots/loss.png"
EVALUATION = "evaluation"  # has its own manifest: a run may be scored while it trains
FREED = "freed.json"  # which files were removed to save space, and why
FOLDS = "folds.json"  # of a cross-validation
FIRST_FOLD = "fold-1"  # a run of one, in a folder beside folds.json
NO_RUN = f"not a run directory: it has no {MANIFEST}"
UNFINISHED = (
    "an unfinished run: it just begins, or was killed before its first checkpoint "
    f"(nncli train {{}}/{RESOLVED} trains it anew)"
)


class RunDirectory(NumberedDirectory):
    """A run on disk."""

    def owns(self, path: Path) -> bool:
        return path.parts[0] != EVALUATION

    @classmethod
    def open(cls, path: Path) -> "RunDirectory":
        """Open an existing run. Raises UserError if there is none at `path`."""
        from nncli.artifacts.study_directory import is_study, which_run  # training needs none

        run = cls(path)
        if not path.is_dir():
            raise UserError(f"{path}: {no_run_at(path)}")
        if is_study(path):
            raise UserError(f"{path}: {which_run(path)}")
        if (path / FIRST_FOLD).is_dir():
            raise UserError(
                f"{path}: holds the runs of a cross-validation: take {path / FIRST_FOLD}"
            )
        if not (path / MANIFEST).is_file():
            if (path / CHECKPOINT).is_file():  # it is renamed only after the manifest
                raise CorruptRun(f"{path / MANIFEST}: missing from the run")
            if inner := sorted(path.glob(f"*/{RESOLVED}")):
                raise UserError(f"{path}: holds several runs: take one, such as {inner[0].parent}")
            has_begun = (path / RESOLVED).is_file()
            raise UserError(f"{path}: {UNFINISHED.format(path) if has_begun else NO_RUN}")
        return run
