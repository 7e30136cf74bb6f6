"""Confirmation: the best trial and the config as given, again with seeds that no trial had.

The best of many trials is the best by luck too: its value in the search is better than what it is
worth. Trained again with other seeds it isn't chosen by these numbers any more.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nncli.artifacts.study_directory import StudyFacts
from nncli.artifacts.trial_records import COMPLETED, TrialRecord
from nncli.evaluation.statistics import deviation
from nncli.frozen import frozen
from nncli.study.plan import TrialPlan
from nncli.study.summary import interval
from nncli.study.sweep_planner import SweepPlanner


@frozen
class ConfirmPlanner:
    """`count` runs of each of some trials, with seeds beyond those of the search."""

    sweep: SweepPlanner
    numbers: Sequence[int]
    searched: Sequence[TrialRecord]
    count: int
    ahead: int = 0

    @property
    def trials(self) -> int:
        return self.count * len(self.numbers)

    def plan(self, number: int, told: Sequence[TrialRecord]) -> TrialPlan:
        which, step = divmod(number, self.count)
        again = self.searched[self.numbers[which]]
        seed = self.sweep.keys.seeds + step
        folder = f"confirm-{again.number:04d}/seed-{seed}"
        run = self.sweep.seeded(folder, again.number, self.sweep.point(again), seed)
        return TrialPlan(number, (run,), {"trial": str(again.number)})

    def planned(self, record: TrialRecord, told: Sequence[TrialRecord]) -> TrialPlan:
        return self.plan(record.number, told)


def confirmed(again: Sequence[TrialRecord], facts: StudyFacts) -> dict[str, Any]:
    """Mean, deviation and interval of each trial, and of what the best is better by, seed by seed.

    The best's are the last; there is no difference where the best is the config as given.
    """
    values: dict[str, dict[str, float]] = {}  # by trial, and by the run's folder in it: its seed
    for record in again:
        if record.state == COMPLETED and record.value is not None:
            seed = record.run.rpartition("/")[2]
            values.setdefault(record.keys["trial"], {})[seed] = record.value
    found: dict[str, Any] = {
        f"trial-{int(number):04d}": {
            "mean": float(np.mean(each)),
            "std": deviation(each),
            "interval": interval(each),
            "n": len(each),
        }
        for number, each in ((number, [*of.values()]) for number, of in values.items())
    }
    difference = None
    if len(values) == 2:
        first, best = values.values()
        sign = 1.0 if facts.higher_is_better else -1.0
        better = [sign * (best[seed] - first[seed]) for seed in first if seed in best]
        if better:
            difference = {"mean": float(np.mean(better)), "interval": interval(better)}
    return {"trials": found, "better_by": difference}
