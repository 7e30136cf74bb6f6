"""Planners: which runs each trial of a study consists of."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Protocol

from nncli.artifacts.trial_records import TrialRecord
from nncli.config.overrides import keys_in
from nncli.engine.job import Seeds
from nncli.engine.state import TRAINING_STREAMS
from nncli.errors import ConfigError, Problem, UserError
from nncli.frozen import frozen


@frozen
class RunPlan:
    """A run: its folder in the study, its `--set` assignments, and the fold that it holds out.

    places: where the config writes the values that it sets, by dotted key.
    """

    folder: str
    assignments: tuple[str, ...] = ()
    fold: int | None = None
    places: Mapping[str, str] = field(default_factory=dict)

    def lines_of(self, error: UserError) -> tuple[str, ...]:
        """The lines of an error; problems with searched values point to `sweep.space`."""
        if isinstance(error, ConfigError):
            error = ConfigError(map(self._at_its_place, error.problems))
        return tuple(error.lines())

    def _at_its_place(self, problem: Problem) -> Problem:
        """Move a problem to the innermost set key around it, else to the last one inside it."""
        path = keys_in(problem.path)
        around = [key for key in self.places if keys_in(key) == path[: len(keys_in(key))]]
        inside = [key for key in self.places if keys_in(key)[: len(path)] == path]
        found = sorted(around, key=lambda key: len(keys_in(key))) or inside
        return replace(problem, where=self.places[found[-1]]) if found else problem


class Pruning(Protocol):
    """Decides whether to prune a trial, by other trials' values at the same epoch."""

    def should_prune(self, values: Mapping[int, float]) -> bool:
        """values: the objective so far, by epoch."""
        ...


@frozen
class TrialPlan:
    """A trial: its runs in order, and the config keys that it sets, as text."""

    number: int
    runs: tuple[RunPlan, ...]
    keys: Mapping[str, str] = field(default_factory=dict)
    pruning: Pruning | None = None

    @property
    def run(self) -> str:
        """The trial's folder."""
        return self.runs[0].folder if len(self.runs) == 1 else self.runs[0].folder.split("/")[0]


class Planner(Protocol):
    """Plans the runs of each trial.

    ahead: the plan of trial k depends on the results of trials 0 .. k - ahead only; 0: on none.
    """

    @property
    def trials(self) -> int:
        """The number of trials."""
        ...

    @property
    def ahead(self) -> int: ...

    def plan(self, number: int, history: Sequence[TrialRecord]) -> TrialPlan:
        """Plan a trial. history: the trials that it may depend on."""
        ...

    def replan(self, record: TrialRecord, history: Sequence[TrialRecord]) -> TrialPlan:
        """Plan a recorded trial again, with its recorded keys."""
        ...


def seed_assignment(seeds: Seeds, vary: Sequence[str], step: int) -> str:
    """`seed={...}`: the config's seeds, those in `vary` moved by `step`."""
    moved = vars(seeds.moved(vary, step))
    return "seed={" + ", ".join(f"{name}: {seed}" for name, seed in moved.items()) + "}"


@frozen
class SeedPlanner:
    """`--seeds N`: run i adds i to the seeds that vary."""

    trials: int
    seeds: Seeds
    vary: tuple[str, ...]
    ahead: int = 0

    def plan(self, number: int, history: Sequence[TrialRecord]) -> TrialPlan:
        assignment = seed_assignment(self.seeds, self.vary, number)
        keys = {f"seed.{name}": str(getattr(self.seeds, name) + number) for name in self.vary}
        return TrialPlan(number, (RunPlan(f"seed-{number}", (assignment,)),), keys)

    def replan(self, record: TrialRecord, history: Sequence[TrialRecord]) -> TrialPlan:
        return self.plan(record.number, history)


@frozen
class FoldPlanner:
    """`--folds K`: run i holds out fold i."""

    trials: int
    ahead: int = 0

    def plan(self, number: int, history: Sequence[TrialRecord]) -> TrialPlan:
        return TrialPlan(number, (RunPlan(f"fold-{number + 1}", fold=number),))

    def replan(self, record: TrialRecord, history: Sequence[TrialRecord]) -> TrialPlan:
        return self.plan(record.number, history)


@frozen
class MemberPlanner:
    """`ensemble`: member i has its own seeds, and validates on fold i if there are folds."""

    trials: int
    seeds: Seeds
    has_folds: bool
    ahead: int = 0

    def plan(self, number: int, history: Sequence[TrialRecord]) -> TrialPlan:
        given = seed_assignment(self.seeds, TRAINING_STREAMS, number), "ensemble=null"
        keys = {
            f"seed.{name}": str(getattr(self.seeds, name) + number) for name in TRAINING_STREAMS
        }
        fold = number if self.has_folds else None
        return TrialPlan(number, (RunPlan(f"member-{number + 1}", given, fold),), keys)

    def replan(self, record: TrialRecord, history: Sequence[TrialRecord]) -> TrialPlan:
        return self.plan(record.number, history)
