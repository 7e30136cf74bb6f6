"""Sweep planner: samples each trial's values and plans its runs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nncli.artifacts.metrics_log import read_columns
from nncli.artifacts.run_directory import METRICS
from nncli.artifacts.trial_records import TrialRecord
from nncli.config.nodes import Node
from nncli.config.sweep_keys import SweepKeys
from nncli.engine.state import TRAINING_STREAMS
from nncli.study.ended_trial import Direction, EndedTrial, Point
from nncli.study.given_point import given_point
from nncli.study.planners import RunPlan, TrialPlan, seed_assignment
from nncli.study.pruning import MedianPruner
from nncli.study.samplers import Sampler
from nncli.study.space import Space


@dataclass
class SweepPlanner:
    """Plans the trials of a sweep. Trial 0 is the config as given.

    trials: their number.  objective: the column that decides pruning.  path: the study's folder.
    reports: the objective by epoch of the trials read so far, by number.
    """

    trials: int
    keys: SweepKeys
    space: Space
    sampler: Sampler
    direction: Direction
    objective: str
    path: Path
    reports: dict[int, dict[int, float]] = field(default_factory=dict)

    @property
    def ahead(self) -> int:
        return self.keys.ahead

    def plan(self, number: int, history: Sequence[TrialRecord]) -> TrialPlan:
        if number == 0:
            return self._planned(0, given_point(self.space), history)
        known = [self._ended_trial(record) for record in history]
        return self._planned(number, self.sampler.suggest(number, known), history)

    def replan(self, record: TrialRecord, history: Sequence[TrialRecord]) -> TrialPlan:
        return self._planned(record.number, self.point(record), history)

    def point(self, record: TrialRecord) -> Point:
        """The point of a recorded trial."""
        return self.space.point({**dict.fromkeys(self.space.columns, ""), **record.keys})

    def _planned(self, number: int, point: Point, history: Sequence[TrialRecord]) -> TrialPlan:
        cells = {key: text for key, text in self.space.cells(point).items() if text}
        pruning = None
        if self.keys.prune and number:
            pruning = MedianPruner.of(map(self._ended_trial, history), self.direction)
        runs = self.runs(f"trial-{number:04d}", number, point)
        return TrialPlan(number, runs, cells, pruning)

    def runs(self, folder: str, number: int, point: Point) -> tuple[RunPlan, ...]:
        """The runs of a trial: one, or one per seed or fold."""
        given = self.assignments(number, point)
        places = self.space.places(point) if number else {}
        if self.keys.folds:
            folds = range(self.keys.folds)
            return tuple(RunPlan(f"{folder}/fold-{i + 1}", given, i, places) for i in folds)
        if self.keys.seeds == 1:
            return (RunPlan(folder, given, places=places),)
        seeds = range(self.keys.seeds)
        return tuple(self.seeded(f"{folder}/seed-{i}", number, point, i) for i in seeds)

    def assignments(self, number: int, point: Point) -> tuple[str, ...]:
        """A trial's `--set` assignments; none for trial 0."""
        if number == 0:
            return ()
        return tuple(
            f"{key}={json.dumps(_plain(node))}" for key, node in self.space.assignments(point)
        )

    def seeded(self, folder: str, number: int, point: Point, step: int) -> RunPlan:
        """A run whose seeds are moved by `step`."""
        seeds = self.space.experiment(point if number else {}).seeds
        given = (*self.assignments(number, point), seed_assignment(seeds, TRAINING_STREAMS, step))
        return RunPlan(folder, given, places=self.space.places(point) if number else {})

    def _ended_trial(self, record: TrialRecord) -> EndedTrial:
        reports = self._reports(record) if self.keys.prune else {}
        return EndedTrial(record.number, self.point(record), record.state, record.value, reports)  # type: ignore[arg-type]

    def _reports(self, record: TrialRecord) -> Mapping[int, float]:
        """The objective by logged epoch of a trial's first run, the one that may be pruned."""
        if record.number not in self.reports:
            first = self.runs(record.run, record.number, self.point(record))[0].folder
            log = self.path / first / METRICS
            found = {}
            if log.is_file():
                columns = read_columns(log.read_bytes(), log)
                values = columns.get(self.objective, [])
                pairs = zip(columns["epoch"], values, strict=False)
                found = {int(epoch): value for epoch, value in pairs}
            self.reports[record.number] = found
        return self.reports[record.number]


def _plain(node: Node) -> Any:
    """A node as a JSON value, which is valid YAML."""
    value = node.value
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
