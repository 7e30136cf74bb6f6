"""Confirmation: retrain the best trial and the given config with seeds that no trial had.

The best of many trials is partly lucky: its value in the search is biased. With new seeds the
value no longer decided the choice, so it is unbiased.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nncli.artifacts.study_directory import StudyFacts
from nncli.artifacts.trial_records import COMPLETED, TrialRecord
from nncli.engine.metric_columns import metric_of
from nncli.evaluation.statistics import deviation
from nncli.frozen import frozen
from nncli.parts.metrics import bounds_of
from nncli.study.planners import TrialPlan
from nncli.study.summary import interval
from nncli.study.sweep_planner import SweepPlanner


@frozen
class ConfirmPlanner:
    """Plans `count` runs of each chosen trial, with seeds beyond those of the search.

    numbers: the chosen trials.  searched: all trials of the sweep.
    """

    sweep: SweepPlanner
    numbers: Sequence[int]
    searched: Sequence[TrialRecord]
    count: int
    ahead: int = 0

    @property
    def trials(self) -> int:
        return self.count * len(self.numbers)

    def plan(self, number: int, history: Sequence[TrialRecord]) -> TrialPlan:
        which, step = divmod(number, self.count)
        again = self.searched[self.numbers[which]]
        seed = self.sweep.keys.seeds + step
        folder = f"confirm-{again.number:04d}/seed-{seed}"
        run = self.sweep.seeded(folder, again.number, self.sweep.point(again), seed)
        return TrialPlan(number, (run,), {"trial": str(again.number)})

    def replan(self, record: TrialRecord, history: Sequence[TrialRecord]) -> TrialPlan:
        return self.plan(record.number, history)


def confirmed(again: Sequence[TrialRecord], facts: StudyFacts) -> dict[str, Any]:
    """Mean, deviation and interval per trial, and of the best's paired gain over the first.

    again: the first trial's runs, then the best's. The gain is None if the best is the first.
    """
    # by trial, then by the run's folder, which names the seed
    values: dict[str, dict[str, float]] = {}
    for record in again:
        if record.state == COMPLETED and record.value is not None:
            seed = record.run.rpartition("/")[2]
            values.setdefault(record.keys["trial"], {})[seed] = record.value
    found: dict[str, Any] = {
        f"trial-{int(number):04d}": {
            "mean": float(np.mean(each)),
            "std": deviation(each),
            "interval": interval(each, bounds=bounds_of(metric_of(facts.objective))),
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
