"""Run list: one entry per run or study in a folder."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from nncli.artifacts.atomic_directory import MANIFEST
from nncli.artifacts.numbered_directory import FILES
from nncli.artifacts.run_directory import CHECKPOINT, RESOLVED, RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.study_directory import StudyDirectory, is_study, runs_of
from nncli.artifacts.trial_records import FAILED, best_of
from nncli.config.changes import Change, changes
from nncli.config.experiment import Experiment
from nncli.engine.metric_columns import VAL
from nncli.engine.training_settings import default_monitor
from nncli.errors import NncliError, UserError
from nncli.frozen import frozen
from nncli.parts.metrics import Metric

UNFINISHED = "unfinished"  # killed, or just begun
HIDDEN_KEYS = ("name", "output")


@frozen
class Listed:
    """A run or a study.

    state: the stop reason, or running, unfinished, damaged; of a study, the numbers of ended
    trials and of those without a result.
    name: its path in the folder.  metric, value: the monitor or objective, and its best value.
    bytes: its size on disk.  when: end, or else start, in UTC.
    differences: the config keys that differ from the first run of the same name.
    """

    path: Path
    state: str
    metric: str = ""
    value: float | None = None
    higher_is_better: bool = False
    bytes: int = 0
    when: str = ""
    differences: tuple[str, ...] = ()
    name: str = ""


def list_runs(folder: Path) -> list[Listed]:
    """The runs and studies directly in a folder, by name; of a study, its runs.

    Raises UserError if there is no such folder.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder")
    if is_study(folder):
        children = runs_of(folder)
    else:
        children = sorted(child for child in folder.iterdir() if child.is_dir())
    firsts: dict[str, Experiment] = {}
    return [
        replace(_listed(child, firsts), name=child.relative_to(folder).as_posix())
        for child in children
        if _is_shown(child)
    ]


def _is_shown(path: Path) -> bool:
    return is_study(path) or any((path / name).is_file() for name in (MANIFEST, RESOLVED))


def _listed(path: Path, firsts: dict[str, Experiment]) -> Listed:
    try:
        found = _study(path) if is_study(path) else _run(path, firsts)
    except NncliError as error:
        return Listed(path, "damaged", differences=(error.lines()[0],), when=_modified(path))
    return replace(found, when=found.when or _modified(path))


def _modified(path: Path) -> str:
    """When a folder last changed, for runs that record no time."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _run(path: Path, firsts: dict[str, Experiment]) -> Listed:
    if not (path / MANIFEST).is_file():
        return Listed(path, UNFINISHED)
    run = RunDirectory(path)
    reader, manifest = RunReader(run), run.manifest()
    summary, trained = reader.summary(), reader.recorded
    state = str(summary.get("stopped", "running" if run.is_used_elsewhere() else UNFINISHED))
    stopping = trained.training.early_stopping
    val = summary.get("metrics", {}).get("val")
    metric = stopping.monitor if stopping else default_monitor(bool(val))
    return Listed(
        path,
        state,
        metric,
        _value(summary, metric),
        _is_score(trained.evaluation.metrics, metric),
        sum(entry["bytes"] for entry in manifest.values()),
        str(summary.get("ended") or reader.environment().get("began") or ""),
        tuple(_differences(path.name, trained, firsts)),
    )


def _value(summary: Mapping[str, object], metric: str) -> float | None:
    """A metric of the kept weights."""
    metrics = summary.get("metrics")
    values = (
        metrics.get("val" if metric.startswith(VAL) else "train")
        if isinstance(metrics, dict)
        else None
    )
    found = values.get(metric.removeprefix(VAL)) if isinstance(values, dict) else None
    return found if isinstance(found, float) else None


def _is_score(metrics: Sequence[Metric], column: str) -> bool:
    return any(metric.name == column.removeprefix(VAL) and metric.is_score for metric in metrics)


def _differences(name: str, trained: Experiment, firsts: dict[str, Experiment]) -> Iterator[str]:
    """`key=value` of each key that differs from the first run of the same name."""
    first = firsts.setdefault(name.rpartition("-")[0], trained)
    for change in changes(first, trained):
        if change.key.partition(".")[0] not in HIDDEN_KEYS and not _are_copies(change):
            yield f"{change.key}={change.asked}"


def _are_copies(change: Change) -> bool:
    """Whether the paths are two runs' copies of a file of one name."""
    recorded, asked = Path(change.recorded).parts, Path(change.asked).parts
    return recorded[-2:] == asked[-2:] and len(asked) > 1 and asked[-2] == FILES


def _study(path: Path) -> Listed:
    study = StudyDirectory.open(path)
    facts = study.facts()
    trials = study.trials(facts)
    ended = sum(not trial.is_open for trial in trials)
    failures = Counter(t.state for t in trials if t.state in ("diverged", *FAILED))
    lost = "".join(f", {count} {state}" for state, count in failures.items())
    state = "" if facts.ended else ", running" if study.is_used_elsewhere() else ", stopped"
    best = best_of(trials, higher_is_better=facts.higher_is_better)
    sizes = [
        entry["bytes"] for run in runs_of(path) for entry in RunDirectory(run).manifest().values()
    ]
    kind = facts.kind if facts.kind in ("folds", "seeds") else facts.trials_word
    value = best.value if best else None
    if facts.kind == "ensemble":
        value = _value(facts.result, facts.objective)
    return Listed(
        path,
        f"{ended}/{facts.trials} {kind}{lost}{state}",
        facts.objective,
        value,
        facts.higher_is_better,
        sum(sizes),
        facts.ended or facts.began,
        (f"best: {best.run}",) if best and facts.kind == "sweep" else (),
    )


def prunable(folder: Path) -> list[tuple[Path, int]]:
    """The ended runs below a folder, with the bytes of their checkpoints."""
    found = []
    for each in list_runs(folder):
        runs = runs_of(each.path) if is_study(each.path) else [each.path]
        for path in runs:
            size = _checkpoint_bytes(path)
            if size:
                found.append((path, size))
    return found


def _checkpoint_bytes(path: Path) -> int:
    """The size of a run's checkpoint; 0 if it has none, or may still need it."""
    try:
        run = RunDirectory.open(path)
        entry = run.manifest().get(CHECKPOINT)
        if entry is None or run.is_used_elsewhere():
            return 0
        stopped = RunReader(run).summary().get("stopped", "interrupted")
        return 0 if stopped == "interrupted" else int(entry["bytes"])
    except NncliError:
        return 0
