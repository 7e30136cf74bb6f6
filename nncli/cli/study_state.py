"""Study state: trials and time estimate of a running study, for display."""

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
    """A trial to display. state: as recorded, "waiting", or "epoch 12".

    best: of this trial and those before it; None while the trial is open.
    """

    trial: TrialRecord
    state: str
    best: float | None = None


@dataclass
class StudyState:
    """Recorded and running trials, and an estimate of the remaining time.

    workers: trials in parallel.  again: confirmation runs, after the search.
    epochs: of runs in this process, by folder.
    """

    facts: "StudyFacts"
    workers: int
    now: Callable[[], float] = time.monotonic
    trials: list[TrialRecord] = field(default_factory=list)
    again: list[TrialRecord] = field(default_factory=list)
    epochs: dict[str, int] = field(default_factory=dict)
    ended_early: dict[str, TrialRecord] = field(default_factory=dict)  # not recorded yet

    def __post_init__(self) -> None:
        self.end: float | None = None
        self.first: tuple[float, int] | None = None  # (time, count) when the first runs had ended
        self.bests: list[float | None] = []

    # ---- events

    def begin(self, trials: Sequence[TrialRecord]) -> None:
        """Take over the trials recorded before a resume."""
        for trial in trials:
            (self.again if "/" in trial.run else self.trials).append(trial)
        self._note_bests()
        self._estimate()

    def note(self, trial: TrialRecord) -> None:
        """Note a planned or recorded trial."""
        trials = self.again if "/" in trial.run else self.trials
        trials[trial.number : trial.number + 1] = [trial]
        if not trial.is_open:
            self.epochs.clear()
            self.ended_early.pop(trial.run, None)
            self._note_bests()
            self._estimate()

    def note_ended(self, trial: TrialRecord) -> None:
        """Note a trial that has ended, but isn't recorded yet."""
        self.ended_early[trial.run] = trial

    def note_epoch(self, folder: str, epoch: int) -> None:
        """Note a run's epoch."""
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

    # ---- display

    @property
    def best(self) -> TrialRecord | None:
        """The best recorded trial."""
        return best_of(self.trials, higher_is_better=self.facts.higher_is_better)

    def rows(self, most: int) -> list[Row]:
        """The last `most` trials, including waiting ones."""
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
        """The numbers of ended, running and waiting trials."""
        trials = self.again or self.trials
        ended = sum(not self._is_under_way(each) for each in trials)
        running = min(self.workers, len(trials) - ended)
        return {"done": ended, "running": running, WAITING: len(trials) - ended - running}

    @property
    def total(self) -> int:
        """The total number of trials: of the search, or of the confirmation."""
        return self._confirming if self.again else self.facts.trials

    def mean(self) -> tuple[float, float] | None:
        """(mean, deviation) of the objective over ended runs."""
        values = [each.value for each in self.trials if each.value is not None]
        if len(values) < 2 or not np.isfinite(values).all():
            return None
        return float(np.mean(values)), float(np.std(values, ddof=1))

    def seconds_left(self) -> float | None:
        """Estimated seconds to the end of the study; None before the first trial has ended."""
        return None if self.end is None else max(0.0, self.end - self.now())

    # ---- time estimate

    def _estimate(self) -> None:
        """Estimate the remaining time from the mean of the ended runs."""
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
        """Seconds per run: of training at first, later including the overhead."""
        self.first = self.first or (self.now(), runs)
        since, before = self.first
        if runs - before < 2 * lanes:
            return trained
        return max(trained, (self.now() - since) * lanes / (runs - before))

    @property
    def _runs_a_trial(self) -> int:
        """The number of seeds or folds per trial."""
        is_sweep = self.facts.kind == "sweep"
        return (self.facts.folds or self._searched("seeds") or 1) if is_sweep else 1

    @property
    def _confirming(self) -> int:
        """The number of confirmation runs."""
        is_first = bool(self.again) and self.best is not None and self.best.number == 0
        return self._searched("confirm") * (1 if is_first else 2)

    def _searched(self, key: str) -> int:
        return int(self.facts.search.get(key) or 0)
