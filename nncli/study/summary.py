"""Summary: mean, standard deviation and 95% interval of every metric over the runs of a study."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nncli.artifacts.trial_records import COMPLETED, TrialRecord


def summarize(
    trials: Sequence[TrialRecord], prefixes: Sequence[str], overlap: float = 0.0
) -> dict[str, Any]:
    """mean, std and interval of each metric with one of the prefixes, by its name.

    overlap: test rows / training rows where every run has another part of the same rows, which
    makes them alike: the mean's variance is then s^2 (1/n + overlap), not s^2 / n (Nadeau and
    Bengio, 2003).
    """
    ended = [trial for trial in trials if trial.state == COMPLETED]
    names = [name for name in ended[0].metrics if name.startswith(tuple(prefixes))] if ended else []
    values = {name: [trial.metrics[name] for trial in ended] for name in names}
    return {
        "mean": {name: float(np.mean(of_runs)) for name, of_runs in values.items()},
        "std": {name: deviation(of_runs) for name, of_runs in values.items()},
        "interval": {name: interval(of_runs, overlap) for name, of_runs in values.items()},
    }


def deviation(values: Sequence[float]) -> float:
    """Sample standard deviation; NaN of one value, or where a run's metric is undefined."""
    with np.errstate(all="ignore"):
        return float(np.std(values, ddof=1)) if len(values) > 1 else math.nan


def interval(values: Sequence[float], overlap: float = 0.0) -> list[float] | None:
    """mean -+ t(0.975, n - 1) s sqrt(1/n + overlap): where the mean of more such runs would lie."""
    from scipy.special import stdtrit

    spread = deviation(values)
    if not math.isfinite(spread):
        return None
    count = len(values)
    half = float(stdtrit(count - 1, 0.975)) * spread * math.sqrt(1 / count + overlap)
    mean = float(np.mean(values))
    return [mean - half, mean + half]


def by_run(trials: Sequence[TrialRecord], prefix: str) -> list[Mapping[str, Any]]:
    """Each run that came to its end, and its metrics with a prefix, without it."""
    return [
        {
            "run": trial.run,
            "metrics": {
                name.removeprefix(prefix): value
                for name, value in trial.metrics.items()
                if name.startswith(prefix)
            },
        }
        for trial in trials
        if trial.state == COMPLETED
    ]
