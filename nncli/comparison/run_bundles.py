"""Run bundles: find the runs at a path, and bundle those that have the same config."""

import math
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path

from nncli.artifacts.atomic_directory import MANIFEST
from nncli.artifacts.numbered_directory import no_run_at
from nncli.artifacts.path_safety import path_inside
from nncli.artifacts.run_directory import CHECKPOINT, FIRST_FOLD, FOLDS, RESOLVED, RunDirectory
from nncli.artifacts.study_directory import CONFIRM, StudyDirectory, StudyFacts, is_study
from nncli.artifacts.trial_records import TrialRecord
from nncli.comparison.results import NOT_ENDED
from nncli.engine.metric_columns import HELD_OUT
from nncli.errors import CorruptRun, UserError, printable
from nncli.frozen import frozen


@frozen
class Bundle:
    """Runs of one config: a single run, a study of seeds or folds, or a trial of a sweep.

    runs: by name.  held_out: by run name, the metrics on the rows that a fold held out.
    is_folds: whether the runs are folds.  lost: by name, why a run can't be read.
    """

    name: str
    runs: Mapping[str, Path]
    is_folds: bool = False
    held_out: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    lost: Mapping[str, str] = field(default_factory=dict)


def renamed(bundle: Bundle, name: str) -> Bundle:
    """A bundle with another name, also as the prefix of its runs' names."""
    old = len(bundle.name)
    return replace(
        bundle,
        name=name,
        runs={name + each[old:]: run for each, run in bundle.runs.items()},
        held_out={name + each[old:]: scores for each, scores in bundle.held_out.items()},
        lost={name + each[old:]: why for each, why in bundle.lost.items()},
    )


def runs_of(path: Path) -> list[Bundle]:
    """The bundles of a run, a cross-validation or a study.

    Raises UserError for any other path, CorruptRun.
    """
    name = RunDirectory(path).name
    if not path.is_dir():
        raise UserError(f"{path}: {no_run_at(path)}")
    if is_study(path):
        return _of_study(path, name)
    if (path / FIRST_FOLD).is_dir():
        return [_of_folds(path, name)]
    if _has_begun(path):
        return [_bundle(name, {name: path})]
    runs = _children(path)
    if runs and is_study(path.resolve().parent):  # a trial of several runs
        name = f"{path.resolve().parent.name}/{name}"
        return [_bundle(name, {f"{name}/{run.name}": run for run in runs})]
    holds = f"; it holds runs: give {path}/* instead" if runs else ""
    raise UserError(f"{path}: neither a run nor a study{holds}")


def _has_begun(path: Path) -> bool:
    """Whether a folder is a run, also before its first checkpoint."""
    return (path / RESOLVED).is_file() or (path / MANIFEST).is_file()


def _children(path: Path) -> list[Path]:
    """The runs directly in a folder, in numeric order."""
    found = [child for child in path.iterdir() if _has_begun(child)] if path.is_dir() else []
    return sorted(found, key=lambda child: (len(child.name), child.name))


def _bundle(
    name: str,
    runs: Mapping[str, Path],
    *,
    is_folds: bool = False,
    held_out: Mapping[str, Mapping[str, float]] | None = None,
    lost: Mapping[str, str] | None = None,
) -> Bundle:
    """A bundle of the given runs; those without a checkpoint are listed as lost."""
    begun = {
        each
        for each, run in runs.items()
        if not any((run / n).is_file() for n in (MANIFEST, CHECKPOINT))
    }
    return Bundle(
        name,
        {each: run for each, run in runs.items() if each not in begun},
        is_folds,
        held_out or {},
        {**(lost or {}), **dict.fromkeys(sorted(begun), NOT_ENDED)},
    )


def study_note(path: Path) -> str:
    """A note on a sweep with confirmation runs, or on an ensemble; empty for anything else."""
    if not is_study(path):
        return ""
    if (path / CONFIRM).is_file():
        return f"the best of {path} was chosen by these values; {path}/confirm-* have others"
    if StudyDirectory.open(path).facts().kind == "ensemble":
        return (
            f"{path}: an ensemble, whose members are compared here, each as one network; "
            "nncli evaluate scores what they predict together"
        )
    return ""


# ---- a study


def _of_study(path: Path, name: str) -> list[Bundle]:
    """One bundle for seeds or folds, one per trial for a sweep."""
    study = StudyDirectory.open(path)
    facts = study.facts()
    trials = {f"{name}/{trial.run}": trial for trial in study.trials(facts)}
    if facts.kind == "sweep":
        return [_of_trial(path, each, trial, facts) for each, trial in trials.items()]
    runs = {each: path_inside(path, trial.run) for each, trial in trials.items()}
    held_out = {
        each: {
            key.removeprefix(HELD_OUT): value
            for key, value in trial.metrics.items()
            if key.startswith(HELD_OUT)
        }
        for each, trial in trials.items()
        if facts.kind == "folds" and not trial.is_open
    }
    there = {each: run for each, run in runs.items() if _has_begun(run)}
    lost = {each: _why(trial) for each, trial in trials.items() if each not in there}
    is_folds = facts.kind == "folds"
    return [_bundle(name, there, is_folds=is_folds, held_out=held_out, lost=lost)]


def _of_trial(path: Path, name: str, trial: TrialRecord, facts: StudyFacts) -> Bundle:
    """The bundle of a trial: one run, or several below its folder."""
    folder = path_inside(path, trial.run)
    is_one = _has_begun(folder)
    runs = {name: folder} if is_one else {f"{name}/{c.name}": c for c in _children(folder)}
    lost = {} if runs else {name: _why(trial)}
    return _bundle(name, runs, is_folds=facts.folds > 0, lost=lost)


def _why(trial: TrialRecord) -> str:
    """Why a trial has no run."""
    return NOT_ENDED if trial.is_open else trial.state


# ---- a cross-validation that is no study


def _of_folds(path: Path, name: str) -> Bundle:
    """The bundle of an older version's cross-validation; held-out scores only if it has ended."""
    runs = {f"{name}/{child.name}": child for child in _children(path)}
    scores: dict[str, Mapping[str, float]] = {}
    if (path / MANIFEST).is_file():
        content, source = RunDirectory(path).read_json(FOLDS), path / FOLDS
        try:
            for fold in content["folds"]:
                metrics = {key: _number(value) for key, value in fold["metrics"].items()}
                scores[f"{name}/{fold['run']}"] = metrics
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            said = printable(str(error))
            raise CorruptRun(f"{source}: not the scores of folds: {said}") from None
    return _bundle(name, runs, is_folds=True, held_out=scores)


def _number(value: object) -> float:
    """A JSON number; null is NaN. Raises TypeError."""
    return math.nan if value is None else float(value)  # type: ignore[arg-type]
