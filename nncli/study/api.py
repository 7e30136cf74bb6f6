"""Run and resume a study from Python. Nothing is printed; errors are the package's own."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from nncli.artifacts.study_directory import Kind, StudyDirectory
from nncli.artifacts.trial_records import TrialRecord, best_of
from nncli.config.load import load
from nncli.engine.state import STREAMS, TRAINING_STREAMS
from nncli.engine.stop import Stop
from nncli.errors import NothingLeft, UserError
from nncli.frozen import frozen
from nncli.study import ensemble, repeats, sweep
from nncli.study.executors import checked_count, open_executor
from nncli.study.study import Study
from nncli.study.watcher import Watcher


@frozen
class StudyResult:
    """The result of a study.

    path: the study's folder.  objective: the column that ranks trials.
    trials: one row per trial, for `pandas.DataFrame(result.trials)`: number, run, state, value,
    std, epochs, seconds, then the config keys that it sets, and its metrics.
    best: the best row of a sweep; None for other studies, or if no trial completed.
    best_config: of a sweep, a config that trains the best trial alone.
    mean, std, interval (95%): of each metric over folds, seeds or members.
    confirmed: of a sweep, the scores of the best and the first trial with new seeds.
    warnings: the lines that `nncli` would print.
    """

    path: Path
    objective: str
    trials: list[dict[str, Any]]
    best: dict[str, Any] | None = None
    best_config: Path | None = None
    mean: Mapping[str, float] = field(default_factory=dict)
    std: Mapping[str, float] = field(default_factory=dict)
    interval: Mapping[str, Sequence[float] | None] = field(default_factory=dict)
    confirmed: Mapping[str, Any] | None = None
    warnings: tuple[str, ...] = ()


def run(
    config: str | Path,
    *,
    seeds: int | None = None,
    folds: int | None = None,
    vary: Sequence[str] = TRAINING_STREAMS,
    workers: int = 1,
    on: str | None = None,
    set: Sequence[str] = (),
    runs_dir: str | Path | None = None,
) -> StudyResult:
    """Run `seeds` or `folds` runs of a config, else the sweep or ensemble that it declares.

    set: assignments, as for `--set`.  workers, on: as on the command line. Several workers are
    processes: a script must call this below `if __name__ == "__main__":`.

    Raises UserError with every problem of the config, and the package's other errors. Ctrl-C ends
    the study at once; `resume` continues it.

    >>> import pathlib, tempfile
    >>> import nncli.study
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> config = folder / "gate.yaml"
    >>> _ = config.write_text('''
    ... data: {dataset: {type: inline, x: [[0, 0], [0, 1], [1, 0], [1, 1]], y: [0, 0, 0, 1]},
    ...        task: binary, split: none}
    ... training: {epochs: 3}
    ... output: {plots: []}
    ... ''')
    >>> result = nncli.study.run(config, seeds=3, runs_dir=folder / "runs")
    >>> [(row["run"], row["state"], row["seed.init"]) for row in result.trials]
    [('seed-0', 'completed', '0'), ('seed-1', 'completed', '1'), ('seed-2', 'completed', '2')]
    >>> low, high = result.interval["train_loss"]
    >>> low < result.mean["train_loss"] < high
    True
    """
    if seeds is not None and folds is not None:
        raise UserError("expected seeds or folds, found both")
    path, runs = Path(config), Path(runs_dir) if runs_dir is not None else None
    watcher, stop, study = _Listener(), Stop(), None
    with open_executor(workers, on, stop) as executor:
        if folds is not None or seeds is not None:
            kind: Kind = "seeds" if folds is None else "folds"
            count = checked_count(kind, *((seeds, 1) if folds is None else (folds, 2)))
            if unknown := [name for name in vary if name not in STREAMS]:
                known = ", ".join(STREAMS)
                raise UserError(f"vary: expected some of {known}, found '{unknown[0]}'")
            study, first = repeats.begin(path, tuple(set), runs, kind, count, tuple(vary))
        elif _is_ensemble(path, set):
            prepared = ensemble.prepare(path, tuple(set))
            study, first = prepared.begin(runs), prepared.first
            del prepared
        else:
            study, first, _ = sweep.begin(path, tuple(set), runs)
        watcher.said += first.warnings
        del first
        return _to_end(study, executor, stop, watcher)


def resume(
    study: str | Path, *, seeds: int | None = None, workers: int = 1, on: str | None = None
) -> StudyResult:
    """Continue a stopped study and return its result; of a finished one, only return it.

    seeds: the new total, of a study of seeds.
    """
    path, watcher, stop = Path(study), _Listener(), Stop()
    directory = StudyDirectory.open(path)
    facts = directory.facts()
    if seeds is not None and facts.kind in ("sweep", "ensemble"):
        raise UserError(f"{path}: seeds is for a study of seeds, and this is of kind {facts.kind}")
    more = None if seeds is None else checked_count("seeds", seeds)
    with open_executor(workers, on, stop) as executor:
        try:
            if facts.kind == "sweep":
                found: Study = sweep.resume(path, None, ())[0]
            elif facts.kind == "ensemble":
                found = ensemble.resume(path)
            else:
                found = repeats.resume(path, more)
        except NothingLeft:
            return _result(path, facts.objective, directory.trials(facts), facts, ())
        return _to_end(found, executor, stop, watcher)


def _is_ensemble(config: Path, set: Sequence[str]) -> bool:
    experiment, _ = load(config, tuple(set))
    return experiment.ensemble is not None and experiment.sweep is None


def _to_end(study: Study, executor: Any, stop: Stop, watcher: "_Listener") -> StudyResult:
    try:
        study.run(executor, stop, watcher)
    finally:
        study.directory.unlock()
    facts, said = study.facts, tuple(watcher.said)
    return _result(study.directory.path, facts.objective, study.trials, facts, said)


def _result(
    path: Path, objective: str, trials: Sequence[TrialRecord], facts: Any, said: tuple[str, ...]
) -> StudyResult:
    rows, result = [_row(trial) for trial in trials], facts.result
    if facts.kind != "sweep":
        over = {key: result[key] for key in ("mean", "std", "interval")}
        return StudyResult(path, objective, rows, **over, warnings=said)
    best = best_of(trials, higher_is_better=facts.higher_is_better)
    return StudyResult(
        path,
        objective,
        rows,
        best=rows[best.number] if best else None,
        best_config=path / "best.yaml" if best else None,
        confirmed=result["confirmed"],
        warnings=said,
    )


def _row(trial: TrialRecord) -> dict[str, Any]:
    fixed = ("number", "run", "state", "value", "std", "epochs", "seconds")
    return {name: getattr(trial, name) for name in fixed} | {**trial.keys, **trial.metrics}


class _Listener(Watcher):
    """Collects warnings."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def show(self, trial: TrialRecord, warnings: Sequence[str]) -> None:
        self.said += [f"{trial.run}: {warning}" for warning in warnings]

    def warn(self, said: str) -> None:
        self.said.append(said)
