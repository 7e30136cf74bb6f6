"""Ensembles: train the members of a config's `ensemble`, or resume, and combine them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nncli.artifacts.clock import utc_now
from nncli.artifacts.ensemble_model import HELD_OUT, objective
from nncli.artifacts.files import to_json
from nncli.artifacts.held_out import HeldOut, predict_held_out
from nncli.artifacts.path_safety import path_inside
from nncli.artifacts.run_directory import DECISION, SUMMARY, RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.study_directory import StudyDirectory, StudyFacts
from nncli.artifacts.trained_model import TrainedNetwork
from nncli.artifacts.trial_records import COMPLETED, TrialRecord
from nncli.assembly.build import Built
from nncli.assembly.decided import chosen_by, decision_of, decision_record
from nncli.assembly.split_table import SplitTable
from nncli.config.experiment import EnsembleKeys, Experiment
from nncli.config.load import Source
from nncli.engine.evaluator import EvaluationSet
from nncli.engine.metric_columns import VAL
from nncli.engine.state import TRAINING_STREAMS
from nncli.engine.stop import Stop
from nncli.errors import NothingLeft, UserError, few
from nncli.frozen import frozen
from nncli.parts.metrics import deciding
from nncli.parts.splits import TimeSplit
from nncli.parts.threshold_choice import ChosenThreshold
from nncli.study.executors import TrialExecutor
from nncli.study.planners import MemberPlanner
from nncli.study.repeats import RepeatStudy
from nncli.study.split_cache import cached_split, recorded_split
from nncli.study.study import (
    NO_PLOTS,
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
class EnsembleStudy(RepeatStudy):
    """The members of an ensemble."""

    def finish(self, executor: TrialExecutor, stop: Stop, watcher: Watcher) -> dict[str, Any]:
        """Record the ensemble's predictions and metrics for the validation rows."""
        self.warn_of_lost(watcher)
        ended = [trial for trial in self.trials if trial.state == COMPLETED]
        members = [
            TrainedNetwork(RunReader(RunDirectory.open(self.task.path / trial.run)))
            for trial in ended
        ]
        result: dict[str, Any] = {
            "run": str(self.directory.path),
            "members": by_run(self.trials, VAL),
            **summarize(self.trials, (VAL,)),
        }
        if not members:
            return self.end(result, {})
        held_out = predict_held_out(
            [member.predict for member in members],
            [member.reader.rows.val for member in members],
            self.whole.table,
            members[0].model.preprocessing.target,
            has_folds=bool(self.facts.folds),
        )
        files = {HELD_OUT: held_out.encode()}
        if len(held_out.rows):
            keys = members[0].recorded.decision
            chosen = chosen_by(keys, held_out.predictions, held_out.truth)
            if chosen is not None:
                result["decision"] = _described(members[0], chosen)
                files[DECISION] = to_json(result["decision"])
            result["metrics"] = {"val": _metrics(members[0], held_out, chosen)}
        files[SUMMARY] = to_json(_summary(ended, members, result.get("metrics", {})))
        return self.end(result, files)


@frozen
class Prepared:
    """A checked ensemble, not yet on disk. first: its first member, built.

    whole: its data, split for each member.  folds: the number of parts; 0 for members by seed.
    """

    config: Path
    given: tuple[str, ...]
    experiment: Experiment
    source: Source
    whole: SplitTable
    folds: int
    first: Built

    @property
    def members(self) -> int:
        return _keys(self.experiment).members

    def begin(self, runs_dir: Path | None) -> EnsembleStudy:
        """Create the study's folder."""
        experiment, job = self.experiment, self.first.job
        facts = StudyFacts(
            kind="ensemble",
            config=str(self.config.absolute()),
            assignments=self.given,
            trials=self.members,
            folds=self.folds,
            vary=TRAINING_STREAMS,
            ahead=0,
            search={},
            objective=job.monitor if job.val else f"train_{job.monitor}",
            higher_is_better=job.is_score(job.monitor),
            keys=tuple(f"seed.{name}" for name in TRAINING_STREAMS),
            data_sha256=self.whole.table.sha256(),
            versions=versions(),
            began=utc_now(),
        )
        directory = new_directory(runs_dir, experiment.name, self.source.text, experiment, facts)
        planner = MemberPlanner(facts.trials, experiment.seeds, bool(self.folds))
        task = task_of(directory, facts)
        return EnsembleStudy(directory, facts, task, planner, [], self.whole)


def prepare(config: Path, assignments: Sequence[str]) -> Prepared:
    """Load and check a config with an `ensemble`. Raises UserError."""
    experiment, source, given = study_config(config, assignments, NO_PLOTS)
    whole, folds = _split(experiment, source)
    first = assemble_runs(experiment, source, whole)
    return Prepared(config, tuple(given), experiment, source, whole, folds, first)


def resume(path: Path) -> EnsembleStudy:
    """Resume an ensemble. Raises NothingLeft if it has ended."""
    with reopened(path) as (directory, facts):
        if facts.ended:
            _refuse_lost(directory, facts)
            raise NothingLeft(f"{path}: nothing left to do: its {facts.trials} members are trained")
        experiment, source = recorded_config(directory, facts)
        whole = recorded_split(experiment, source, facts.folds, facts.data_sha256, are_members=True)
        planner = MemberPlanner(facts.trials, experiment.seeds, bool(facts.folds))
        task = task_of(directory, facts)
        return EnsembleStudy(directory, facts, task, planner, directory.trials(facts), whole)


def _refuse_lost(directory: StudyDirectory, facts: StudyFacts) -> None:
    """Raises UserError if folders of trained members are gone."""
    runs = [trial.run for trial in directory.trials(facts)]
    if lost := [run for run in runs if run and not path_inside(directory.path, run).is_dir()]:
        where = f"{directory.path}: lacks {few(lost)}, of {facts.trials} members"
        raise UserError(f"{where}: put it back, or train anew with nncli train CONFIG")


def is_ensemble(path: Path) -> bool:
    """Whether a study is an ensemble."""
    return StudyDirectory.open(path).facts().kind == "ensemble"


def check_members(experiment: Experiment, source: Source) -> None:
    """Raises UserError if there are too few rows for the members."""
    _split(experiment, source)


def _keys(experiment: Experiment) -> EnsembleKeys:
    assert experiment.ensemble is not None
    return experiment.ensemble


def _split(experiment: Experiment, source: Source) -> tuple[SplitTable, int]:
    """The split data, and the number of parts; 0 where members share their rows."""
    keys = _keys(experiment)
    is_by_time = isinstance(experiment.data.split, TimeSplit)
    if is_by_time and keys.by == "folds":
        message = "with a split by time, a member would learn from rows after those it stops by"
        raise source.error([("ensemble.by", f"{message}: use seeds")])
    folds = keys.folds(is_by_time=is_by_time)
    return cached_split(experiment, source, folds, are_members=True), folds


def _described(first: TrainedNetwork, chosen: ChosenThreshold) -> dict[str, Any]:
    keys = first.recorded.decision
    assert keys is not None
    return decision_record(keys, chosen, first.model.preprocessing.classes)


def _summary(
    trials: Sequence[TrialRecord], members: Sequence[TrainedNetwork], metrics: Mapping[str, Any]
) -> dict[str, Any]:
    """The content of metrics.json: the whole's metrics, and how the training of each member ended.

    Beside the metrics, epochs, stopped and best_epoch are those of the member that trained longest.
    """
    keys = ("epochs", "stopped", "best_epoch")
    ends = [{key: member.reader.summary()[key] for key in keys} for member in members]
    longest = max(ends, key=lambda end: end["epochs"])
    named = [{"run": trial.run, **end} for trial, end in zip(trials, ends, strict=True)]
    return {**longest, "metrics": metrics, "members": named}


def _metrics(
    first: TrainedNetwork, held_out: HeldOut, chosen: ChosenThreshold | None
) -> dict[str, float]:
    """Objective and metrics of the held-out predictions."""
    metrics = {metric.name: metric for metric in first.recorded.evaluation.metrics}
    decision = decision_of(first.recorded.decision, chosen)
    with np.errstate(all="ignore"):
        targets = first.model.targets(held_out.truth)
        rows = EvaluationSet({}, targets, truth=held_out.truth)  # no inputs: predictions are there
        loss = objective(first.model, held_out.predictions, rows)
        found = {
            name: metric(held_out.predictions, held_out.truth)
            for name, metric in deciding(metrics, decision).items()
        }
    return {"loss": loss, **found}
