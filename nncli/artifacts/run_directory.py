"""The run directory: the files of a run, atomic, numbered, never overwritten."""

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
DECISION = "decision.json"  # the threshold, if the config lets it be chosen
PREPROCESSING = "preprocessing.json"
ENVIRONMENT = "environment.json"
CHECKPOINT = "checkpoints/last.safetensors"
LOSS_PLOT = "plots/loss.png"
EVALUATION = "evaluation"  # has its own manifest: a run may be scored while it trains
FREED = "freed.json"  # which files were removed to save space, and why
FOLDS = "folds.json"  # of a cross-validation
FIRST_FOLD = "fold-1"  # a run of one, in a folder beside folds.json
STUDY = "study.json"  # of a study
MAX_COPY_BYTES = 1 << 28  # larger tables are not copied into a run
NO_RUN = f"not a run directory: it has no {MANIFEST}"
UNFINISHED = (
    "an unfinished run: it just begins, or was killed before its first checkpoint "
    f"(nncli train {{}}/{RESOLVED} trains it anew)"
)


def no_run_at(path: Path) -> str:
    """The error for a path that is not a folder, where a run is expected."""
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
        """Open an existing run. Raises UserError if there is none at `path`."""
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
            if (path / CHECKPOINT).is_file():  # it is renamed only after the manifest
                raise CorruptRun(f"{path / MANIFEST}: missing from the run")
            if inner := sorted(path.glob(f"*/{RESOLVED}")):
                raise UserError(f"{path}: holds several runs: take one, such as {inner[0].parent}")
            has_begun = (path / RESOLVED).is_file()
            raise UserError(f"{path}: {UNFINISHED.format(path) if has_begun else NO_RUN}")
        return run
