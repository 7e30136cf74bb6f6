"""Calls: a study from Python, in a notebook say. Nothing is printed; errors are the package's."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from nncli.artifacts.trial_records import TrialRecord, best_of
from nncli.config.load import load
from nncli.engine.state import TRAINING_STREAMS
from nncli.engine.stop import Stop
from nncli.errors import NothingLeft, UserError
from nncli.frozen import frozen
from nncli.study import ensemble, repeats, sweep
from nncli.study.engines import engine_of
from nncli.study.study import Study
from nncli.study.watching import Watcher


@frozen
class StudyResult:
    """What came of a study.

    path: its folder.  objective: what a trial is judged by.
    trials: a row a trial, as `pandas.DataFrame(result.trials)` takes it: number, run, state, value,
    std, epochs, seconds, then the keys that it sets, and its metrics.
    best: the best of these rows; None if no trial came to its end, or of folds and seeds.
    best_config: a config that trains it alone, of a sweep.
    mean, std, interval: of each metric over the runs, of folds, seeds and members; of 95%.
    confirmed: what the best and the first of a sweep come to with other seeds.
    warnings: what `nncli` would have said.
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
    """Run a study of a config: `seeds` or `folds` runs, else the sweep or ensemble that it
    declares.

    set: assignments, as of `--set`.  workers, on: as of the command line. Several workers are
    processes, which a script has to begin below `if __name__ == "__main__":`.

    Raises UserError, with every problem of the config, and the package's other errors; Ctrl-C ends
    it at once, and `resume` goes on.

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
    with engine_of(workers, on, stop) as engine:
        if folds is not None or seeds is not None:
            kind, count = ("seeds", seeds) if folds is None else ("folds", folds)
            if count is None or count < (1 if kind == "seeds" else 2):
                raise UserError(f"{kind}: expected more, found {count}")
            study, first = repeats.begin(path, tuple(set), runs, kind, count, tuple(vary))  # type: ignore[arg-type]
        elif _is_ensemble(path, set):
            prepared = ensemble.prepare(path, tuple(set))
            study, first = prepared.begin(runs), prepared.first
            del prepared
        else:
            study, first, _ = sweep.begin(path, tuple(set), runs)
        watcher.said += first.warnings
        del first
        return _to_end(study, engine, stop, watcher)


def resume(
    study: str | Path, *, seeds: int | None = None, workers: int = 1, on: str | None = None
) -> StudyResult:
    """Go on with a study that was stopped; of one that has come to its end, what came of it.

    seeds: how many there are to be now.
    """
    from nncli.artifacts.study_directory import StudyDirectory

    path, watcher, stop = Path(study), _Listener(), Stop()
    directory = StudyDirectory.open(path)
    facts = directory.facts()
    with engine_of(workers, on, stop) as engine:
        try:
            if facts.kind == "sweep":
                found: Study = sweep.resume(path, None, ())[0]
            elif facts.kind == "ensemble":
                found = ensemble.resume(path)
            else:
                found = repeats.resume(path, seeds)
        except NothingLeft:
            return _result(path, facts.objective, directory.trials(facts), facts, ())
        return _to_end(found, engine, stop, watcher)


def _is_ensemble(config: Path, set: Sequence[str]) -> bool:
    experiment, _ = load(config, tuple(set))
    return experiment.ensemble is not None and experiment.sweep is None


def _to_end(study: Study, engine: Any, stop: Stop, watcher: "_Listener") -> StudyResult:
    try:
        study.run(engine, stop, watcher)
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
    """Keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def show(self, trial: TrialRecord, warnings: Sequence[str]) -> None:
        self.said += [f"{trial.run}: {warning}" for warning in warnings]

    def warn(self, said: str) -> None:
        self.said.append(said)
