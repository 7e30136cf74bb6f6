"""Repeats: train one config with several seeds, or on several folds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nncli.artifacts.clock import utc_now
from nncli.artifacts.files import to_json
from nncli.artifacts.metrics_log import read_columns
from nncli.artifacts.run_directory import FOLDS, METRICS
from nncli.artifacts.study_directory import Kind, StudyDirectory, StudyFacts
from nncli.artifacts.trial_records import COMPLETED
from nncli.assembly.build import Built
from nncli.assembly.split_table import SplitTable
from nncli.config.experiment import Experiment
from nncli.engine.metric_columns import HELD_OUT, TRIAL_TRAIN, VAL
from nncli.engine.stop import Stop
from nncli.errors import NothingLeft, UserError, few
from nncli.study.executors import TrialExecutor
from nncli.study.planners import FoldPlanner, Planner, SeedPlanner
from nncli.study.split_cache import cached_split, recorded_split
from nncli.study.study import (
    Study,
    assemble_runs,
    new_directory,
    recorded_config,
    reopened,
    study_config,
    task_of,
)
from nncli.study.summary import by_run, summarize
from nncli.study.versions import versions
from nncli.study.watcher import Watcher


@dataclass
class RepeatStudy(Study):
    """A study of folds or seeds. whole: its data, with each run's split."""

    whole: SplitTable

    def finish(self, executor: TrialExecutor, stop: Stop, watcher: Watcher) -> dict[str, Any]:
        self.warn_of_lost(watcher)
        result = _result(self, self.whole)
        files = {FOLDS: to_json(result)} if self.facts.kind == "folds" else {}
        return self.end(result, files)

    def warn_of_lost(self, watcher: Watcher) -> None:
        """Warn of runs without a result, if others have one."""
        lost = [f"{each.run} ({each.state})" for each in self.trials if each.state != COMPLETED]
        if 0 < len(lost) < len(self.trials):
            watcher.warn(f"no result of {len(lost)} of {len(self.trials)} runs: {few(lost)}")

    def rendered_plots(self) -> dict[str, bytes]:
        from nncli.study.study_plots import runs_plot

        logs = {each.run: self.task.path / each.run / METRICS for each in self.trials}
        curves = {
            run: read_columns(log.read_bytes(), log) for run, log in logs.items() if log.is_file()
        }
        return runs_plot(self.facts, curves)


def begin(
    config: Path,
    assignments: Sequence[str],
    runs_dir: Path | None,
    kind: Kind,
    count: int,
    vary: Sequence[str],
) -> tuple[Study, Built]:
    """Create a study of `count` folds or seeds; returns it with the first job. Raises UserError."""
    experiment, source, given = study_config(config, assignments)
    folds = count if kind == "folds" else 0
    whole = cached_split(experiment, source, folds)
    first = assemble_runs(experiment, source, whole)
    if experiment.ensemble is not None:
        aside = "ensemble: left aside: each of these runs is one network"
        first = replace(first, warnings=(*first.warnings, aside))
    facts = StudyFacts(
        kind=kind,
        config=str(config.absolute()),
        assignments=tuple(given),
        trials=count,
        folds=folds,
        vary=() if folds else tuple(vary),
        ahead=0,
        search={},
        objective=_objective(first, kind),
        higher_is_better=first.job.is_score(first.job.monitor),
        keys=() if folds else tuple(f"seed.{name}" for name in vary),
        data_sha256=whole.table.sha256(),
        versions=versions(),
        began=utc_now(),
    )
    directory = new_directory(runs_dir, f"{experiment.name}-{kind}", source.text, experiment, facts)
    return _study(directory, facts, experiment, whole), first


def _objective(first: Built, kind: Kind) -> str:
    """The column that ranks runs: the early stopping monitor, on the held-out rows."""
    monitor = first.job.monitor
    if kind == "folds":
        return HELD_OUT + monitor.removeprefix(VAL)
    return monitor if monitor.startswith(VAL) else TRIAL_TRAIN + monitor


def resume(path: Path, more: int | None = None) -> Study:
    """Resume a study of folds or seeds. more: the new number of seeds.

    Raises NothingLeft if it has ended.
    """
    with reopened(path) as (directory, facts):
        if facts.kind == "sweep":
            raise UserError(f"{path}: a sweep: go on with nncli sweep --resume {path}")
        if more is not None:
            if facts.kind == "folds" or more < facts.trials:
                raise UserError(f"{path}: --resume can change --seeds N only, to a larger N")
            ended = None if more > facts.trials else facts.ended
            facts = replace(facts, trials=more, ended=ended)
        if facts.ended:
            raise NothingLeft(f"{path}: nothing left to do: its {facts.trials} runs are done")
        experiment, source = recorded_config(directory, facts)
        whole = recorded_split(experiment, source, facts.folds, facts.data_sha256)
        return _study(directory, facts, experiment, whole)


def _study(
    directory: StudyDirectory, facts: StudyFacts, experiment: Experiment, whole: SplitTable
) -> Study:
    planner: Planner
    if facts.kind == "folds":
        planner = FoldPlanner(facts.trials)
    else:
        planner = SeedPlanner(facts.trials, experiment.seeds, facts.vary)
    task, trials = task_of(directory, facts), directory.trials(facts)
    return RepeatStudy(directory, facts, task, planner, trials, whole)


def _result(study: Study, whole: SplitTable) -> dict[str, Any]:
    """The study's result, as `--json` prints it."""
    facts, trials = study.facts, study.trials
    if facts.kind == "seeds":
        resampled = len(whole.rows.val) / len(whole.rows.train) if "split" in facts.vary else 0.0
        return {
            "run": str(study.directory.path),
            "seeds": by_run(trials, ""),
            "varied": list(facts.vary),
            **summarize(trials, (TRIAL_TRAIN, VAL), resampled),
        }
    prefix = HELD_OUT
    sizes = [
        (len(part.rows.test), len(part.rows.train) + len(part.rows.val)) for part in whole.folds
    ]
    held, rest = (sum(column) / len(sizes) for column in zip(*sizes, strict=True))
    folds = by_run(trials, prefix)
    rows = {f"fold-{number}": size for number, (size, _) in enumerate(sizes, 1)}
    over_folds = summarize(trials, (prefix,), held / rest)
    return {
        "run": str(study.directory.path),
        "folds": [{**fold, "rows": rows[fold["run"]]} for fold in folds],
        **{
            name: {key.removeprefix(prefix): value for key, value in values.items()}
            for name, values in over_folds.items()
        },
        "test_rows_kept_aside": len(whole.rows.test),
    }
