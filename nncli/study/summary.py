"""Summary: mean, standard deviation and 95% interval of each metric over a study's runs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nncli.artifacts.trial_records import COMPLETED, TrialRecord
from nncli.engine.metric_columns import metric_of
from nncli.evaluation import statistics
from nncli.evaluation.statistics import deviation
from nncli.parts.metrics import bounds_of
from nncli.parts.metrics.metric import UNBOUNDED, Bounds


def summarize(
    trials: Sequence[TrialRecord], prefixes: Sequence[str], overlap: float = 0.0
) -> dict[str, Any]:
    """mean, std and interval, each by metric, of the metrics with one of the prefixes.

    overlap: rows scored / rows trained on, where each run splits the same rows anew.
    """
    ended = [trial for trial in trials if trial.state == COMPLETED]
    names = [name for name in ended[0].metrics if name.startswith(tuple(prefixes))] if ended else []
    values = {name: [trial.metrics[name] for trial in ended] for name in names}
    return {
        "mean": {name: float(np.mean(of_runs)) for name, of_runs in values.items()},
        "std": {name: deviation(of_runs) for name, of_runs in values.items()},
        "interval": {
            name: interval(of_runs, overlap, bounds_of(metric_of(name)))
            for name, of_runs in values.items()
        },
    }


def interval(
    values: Sequence[float], overlap: float = 0.0, bounds: Bounds = UNBOUNDED
) -> list[float] | None:
    """95% confidence interval of the mean; None for fewer than three values."""
    found = statistics.interval(values, overlap, bounds)
    return None if found is None else list(found)


def by_run(trials: Sequence[TrialRecord], prefix: str) -> list[Mapping[str, Any]]:
    """Each completed run, and its metrics with the prefix, which is removed."""
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
