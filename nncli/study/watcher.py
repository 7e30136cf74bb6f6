"""Watcher: callbacks of a running study, for progress display. They change no result."""

from collections.abc import Sequence

from nncli.artifacts.trial_records import TrialRecord
from nncli.engine.epoch_monitor import EpochReport
from nncli.study.planners import RunPlan


class Watcher:
    """Callbacks that do nothing; subclasses override some."""

    def begin(self, trials: Sequence[TrialRecord]) -> None:
        """The study starts or resumes with these recorded trials."""

    def show(self, trial: TrialRecord, warnings: Sequence[str]) -> None:
        """A trial was planned, or its result was recorded. warnings: of its runs."""

    def show_ended(self, trial: TrialRecord) -> None:
        """A trial has ended, but one of a lower number has not: it is recorded later."""

    def show_epoch(self, run: RunPlan, report: EpochReport) -> None:
        """A run in this process has ended an epoch."""

    def warn(self, said: str) -> None:
        """A problem that doesn't end the study."""

    def wait(self) -> None:
        """Called at every poll."""
