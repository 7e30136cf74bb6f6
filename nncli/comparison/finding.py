"""Finding: the runs that a path stands for, in bundles of one config."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nncli.artifacts.atomic_directory import MANIFEST
from nncli.artifacts.run_directory import FOLDS, RESOLVED, RunDirectory
from nncli.errors import CorruptRun, UserError, printable

STUDY = "study.json"


@dataclass(frozen=True)
class Bundle:
    """Runs of one config: a run alone, a study of seeds or folds, or a trial of a sweep.

    held_out: by run, metrics of the rows that a fold held out, by name.
    """

    name: str
    runs: tuple[Path, ...]
    is_folds: bool = False
    is_study: bool = False
    held_out: Mapping[Path, Mapping[str, float]] = field(default_factory=dict)


def runs_of(path: Path) -> list[Bundle]:
    """What a path stands for: a run, a cross-validation, or a study.

    Raises UserError if it is none of these, CorruptRun.
    """
    name = RunDirectory(path).name
    if not path.is_dir():
        raise UserError(f"{path}: no such run directory")
    if (path / "fold-1").is_dir():
        return [_folds(path, name)]
    if has_begun(path):
        return [Bundle(name, (path,))]
    found = _children(path)
    raise UserError(
        f"{path}: neither a run nor a study"
        + (f"; it holds runs: give {path}/* instead" if found else "")
    )


def has_begun(path: Path) -> bool:
    """Whether a folder is a run, be it one that has just begun."""
    return (path / RESOLVED).is_file()


def _children(path: Path) -> list[Path]:
    """The runs right below a folder, numbers in their names counted."""
    found = [child for child in path.iterdir() if has_begun(child)]
    return sorted(found, key=lambda child: (len(child.name), child.name))


def _folds(path: Path, name: str) -> Bundle:
    """A cross-validation; one that was stopped has no scores of its held-out rows."""
    runs = tuple(_children(path))
    scores: dict[Path, Mapping[str, float]] = {}
    if (path / MANIFEST).is_file():
        content, source = RunDirectory(path).read_json(FOLDS), path / FOLDS
        try:
            for fold in content["folds"]:
                metrics = {key: _number(value) for key, value in fold["metrics"].items()}
                scores[path / fold["run"]] = metrics
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise CorruptRun(
                f"{source}: not the scores of folds: {printable(str(error))}"
            ) from None
    return Bundle(name, runs, is_folds=True, is_study=True, held_out=scores)


def _number(value: object) -> float:
    """JSON's null is a NaN. Raises TypeError."""
    return math.nan if value is None else float(value)  # type: ignore[arg-type]
