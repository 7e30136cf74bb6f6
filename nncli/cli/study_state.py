"""Study state: what is known of a study that is running, for whoever looks on."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from nncli.artifacts.trial_records import TrialRecord, best_of
from nncli.frozen import frozen

if TYPE_CHECKING:
    from nncli.artifacts.study_directory import StudyFacts

WAITING = "waiting"


@frozen
class Row:
    """A trial as it is shown. state: "waiting" and "epoch 12" too, which no record says.

    best: of this trial and those before it; None while it isn't over.
    """

    trial: TrialRecord
    state: str
    best: float | None = None


@dataclass
class StudyState:
    """Trials on the record and under way, and how long the others will take.

    workers: how many run side by side.  again: the runs that confirm the best, after the search.
    epochs: of runs in this process, by their folder.
    """

    facts: "StudyFacts"
    workers: int
    now: Callable[[], float] = time.monotonic
    trials: list[TrialRecord] = field(default_factory=list)
    again: list[TrialRecord] = field(default_factory=list)
    epochs: dict[str, int] = field(default_factory=dict)
    ended_early: dict[str, TrialRecord] = field(default_factory=dict)  # and not on the record yet

    def __post_init__(self) -> None:
        self.end: float | None = None
        self.first: tuple[float, int] | None = None  # when runs ended first, and how many had
        self.bests: list[float | None] = []

    # ---- what happens

    def begin(self, trials: Sequence[TrialRecord]) -> None:
        """Trials are on the record from before."""
        for trial in trials:
            (self.again if "/" in trial.run else self.trials).append(trial)
        self._note_bests()
        self._estimate()

    def note(self, trial: TrialRecord) -> None:
        """A trial has begun, or its end is on the record."""
        trials = self.again if "/" in trial.run else self.trials
        trials[trial.number : trial.number + 1] = [trial]
        if not trial.is_open:
            self.epochs.clear()
            self.ended_early.pop(trial.run, None)
            self._note_bests()
            self._estimate()

    def note_ended(self, trial: TrialRecord) -> None:
        """A trial has ended before one that began earlier."""
        self.ended_early[trial.run] = trial

    def note_epoch(self, folder: str, epoch: int) -> None:
        """A run has come so far."""
        if folder not in self.epochs:
            self.epochs.clear()
        self.epochs[folder] = epoch

    def _note_bests(self) -> None:
        while len(self.bests) < len(self.trials) and not self.trials[len(self.bests)].is_open:
            trial = self.trials[len(self.bests)]
            known = [
                TrialRecord(0, "", state="completed", value=value) for value in self.bests[-1:]
            ]
            best = best_of([*known, trial], higher_is_better=self.facts.higher_is_better)
            self.bests.append(best.value if best else None)

    # ---- what is shown

    @property
    def best(self) -> TrialRecord | None:
        """The best trial on the record."""
        return best_of(self.trials, higher_is_better=self.facts.higher_is_better)

    def rows(self, most: int) -> list[Row]:
        """The last ones, of which some still wait."""
        trials = [*self.trials, *self.again]
        open_ones = [each for each in trials if self._is_under_way(each)]
        running = {each.run for each in open_ones[: self.workers]}
        shown = [each for each in trials if not self._is_under_way(each) or each.run in running]
        waiting = open_ones[len(running) :][:2]
        return [self._row(each, running) for each in [*shown, *waiting][-most:]]

    def _is_under_way(self, trial: TrialRecord) -> bool:
        return trial.is_open and trial.run not in self.ended_early

    def _row(self, trial: TrialRecord, running: set[str]) -> Row:
        trial = self.ended_early.get(trial.run, trial)
        if not trial.is_open:
            is_searched = "/" not in trial.run and trial.number < len(self.bests)
            return Row(trial, trial.state, self.bests[trial.number] if is_searched else None)
        if trial.run not in running:
            return Row(trial, WAITING)
        epoch = next((e for run, e in self.epochs.items() if run.startswith(trial.run)), None)
        return Row(trial, trial.state if epoch is None else f"epoch {epoch}")

    def counts(self) -> dict[str, int]:
        """How many have ended, run and wait."""
        trials = self.again or self.trials
        ended = sum(not self._is_under_way(each) for each in trials)
        running = min(self.workers, len(trials) - ended)
        return {"done": ended, "running": running, WAITING: len(trials) - ended - running}

    @property
    def total(self) -> int:
        """How many trials there are to be: of the search, then of those that confirm its best."""
        return self._confirming if self.again else self.facts.trials

    def mean(self) -> tuple[float, float] | None:
        """Of the objective over the runs that have ended, and how far they scatter."""
        values = [each.value for each in self.trials if each.value is not None]
        if len(values) < 2 or not np.isfinite(values).all():
            return None
        return float(np.mean(values)), float(np.std(values, ddof=1))

    def seconds_left(self) -> float | None:
        """Until the study has ended; None while no trial has."""
        return None if self.end is None else max(0.0, self.end - self.now())

    # ---- how long it takes

    def _estimate(self) -> None:
        """The runs to come take as long as those that have ended did, on average."""
        ended = [each.seconds for each in [*self.trials, *self.again] if each.seconds is not None]
        if not ended:
            return
        own = self._runs_a_trial
        runs = own * sum(not each.is_open for each in self.trials)
        runs += sum(not each.is_open for each in self.again)
        left = own * self.facts.trials + self._confirming - runs
        lanes = min(self.workers, self.facts.ahead or self.workers)
        seconds = self._seconds_a_run(sum(ended) / runs, runs, lanes)
        self.end = self.now() + left * seconds / max(1, min(lanes, left))

    def _seconds_a_run(self, trained: float, runs: int, lanes: int) -> float:
        """What it trained, at first; then with what comes before and after that."""
        self.first = self.first or (self.now(), runs)
        since, before = self.first
        if runs - before < 2 * lanes:
            return trained
        return max(trained, (self.now() - since) * lanes / (runs - before))

    @property
    def _runs_a_trial(self) -> int:
        """Its seeds or folds."""
        is_sweep = self.facts.kind == "sweep"
        return (self.facts.folds or self._searched("seeds") or 1) if is_sweep else 1

    @property
    def _confirming(self) -> int:
        """Runs that confirm the best and the first, which may be one."""
        is_first = bool(self.again) and self.best is not None and self.best.number == 0
        return self._searched("confirm") * (1 if is_first else 2)

    def _searched(self, key: str) -> int:
        return int(self.facts.search.get(key) or 0)
