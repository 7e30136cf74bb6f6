"""Watching: who looks on while a study runs. What is seen changes nothing of what is done."""

from collections.abc import Sequence

from nncli.artifacts.trial_records import TrialRecord
from nncli.engine.epoch_monitor import EpochReport
from nncli.study.plan import RunPlan


class Watcher:
    """Looks on, and takes no note of anything."""

    def begin(self, trials: Sequence[TrialRecord]) -> None:
        """What is on the record as trials begin."""

    def show(self, trial: TrialRecord, warnings: Sequence[str]) -> None:
        """A trial is on the record, or what came of it is; and what its runs warned of."""

    def show_ended(self, trial: TrialRecord) -> None:
        """A trial has ended; it comes on the record after those before it."""

    def show_epoch(self, run: RunPlan, report: EpochReport) -> None:
        """A run of this process has come so far."""

    def warn(self, said: str) -> None:
        """Something went wrong that doesn't end the study."""

    def wait(self) -> None:
        """Nothing has happened for a moment."""
