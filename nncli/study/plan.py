"""Plans: which runs a study consists of."""

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
    """A run: its folder in the study, what `--set` gives it, and the fold that it holds out.

    places: where the values that it sets are written, by dotted key.
    """

    folder: str
    assignments: tuple[str, ...] = ()
    fold: int | None = None
    places: Mapping[str, str] = field(default_factory=dict)

    def lines_of(self, error: UserError) -> tuple[str, ...]:
        """The lines of an error, the problems with values that it sets where these are written."""
        if isinstance(error, ConfigError):
            error = ConfigError(map(self._at_its_place, error.problems))
        return tuple(error.lines())

    def _at_its_place(self, problem: Problem) -> Problem:
        """At the innermost key around it, or else at the last of those inside of it."""
        path = keys_in(problem.path)
        around = [key for key in self.places if keys_in(key) == path[: len(keys_in(key))]]
        inside = [key for key in self.places if keys_in(key)[: len(path)] == path]
        found = sorted(around, key=lambda key: len(keys_in(key))) or inside
        return replace(problem, where=self.places[found[-1]]) if found else problem


class Pruning(Protocol):
    """Says when a trial isn't worth going on with, by others' values at the same epoch."""

    def should_prune(self, values: Mapping[int, float]) -> bool:
        """values: the objective's so far, by epoch."""
        ...


@frozen
class TrialPlan:
    """A trial: its runs, one after the other, and the config keys that it sets, as text."""

    number: int
    runs: tuple[RunPlan, ...]
    keys: Mapping[str, str] = field(default_factory=dict)
    pruning: Pruning | None = None

    @property
    def run(self) -> str:
        """The folder that holds it."""
        return self.runs[0].folder if len(self.runs) == 1 else self.runs[0].folder.split("/")[0]


class Planner(Protocol):
    """Says trial by trial what to run.

    ahead: trial k is planned by what trials 0 .. k - ahead have come to, and by nothing later;
    0: by nothing at all.
    """

    @property
    def trials(self) -> int:
        """How many there are to be."""
        ...

    @property
    def ahead(self) -> int: ...

    def plan(self, number: int, told: Sequence[TrialRecord]) -> TrialPlan:
        """The trial of this number. told: what it may depend on."""
        ...

    def planned(self, record: TrialRecord, told: Sequence[TrialRecord]) -> TrialPlan:
        """The same of a trial that was planned before and is run again."""
        ...


def seed_assignment(seeds: Seeds, vary: Sequence[str], step: int) -> str:
    """`seed={...}`: the seeds of the config, those that vary moved by `step`."""
    moved = vars(seeds.moved(vary, step))
    return "seed={" + ", ".join(f"{name}: {seed}" for name, seed in moved.items()) + "}"


@frozen
class SeedPlanner:
    """`--seeds N`: run i has the config's seeds, those that vary plus i."""

    trials: int
    seeds: Seeds
    vary: tuple[str, ...]
    ahead: int = 0

    def plan(self, number: int, told: Sequence[TrialRecord]) -> TrialPlan:
        assignment = seed_assignment(self.seeds, self.vary, number)
        keys = {f"seed.{name}": str(getattr(self.seeds, name) + number) for name in self.vary}
        return TrialPlan(number, (RunPlan(f"seed-{number}", (assignment,)),), keys)

    def planned(self, record: TrialRecord, told: Sequence[TrialRecord]) -> TrialPlan:
        return self.plan(record.number, told)


@frozen
class FoldPlanner:
    """`--folds K`: run i holds out part i."""

    trials: int
    ahead: int = 0

    def plan(self, number: int, told: Sequence[TrialRecord]) -> TrialPlan:
        return TrialPlan(number, (RunPlan(f"fold-{number + 1}", fold=number),))

    def planned(self, record: TrialRecord, told: Sequence[TrialRecord]) -> TrialPlan:
        return self.plan(record.number, told)


@frozen
class MemberPlanner:
    """`ensemble`: run i holds out part i, if there are parts, and starts from other weights."""

    trials: int
    seeds: Seeds
    has_folds: bool
    ahead: int = 0

    def plan(self, number: int, told: Sequence[TrialRecord]) -> TrialPlan:
        given = seed_assignment(self.seeds, TRAINING_STREAMS, number), "ensemble=null"
        keys = {
            f"seed.{name}": str(getattr(self.seeds, name) + number) for name in TRAINING_STREAMS
        }
        fold = number if self.has_folds else None
        return TrialPlan(number, (RunPlan(f"member-{number + 1}", given, fold),), keys)

    def planned(self, record: TrialRecord, told: Sequence[TrialRecord]) -> TrialPlan:
        return self.plan(record.number, told)
