"""Pairing: test the difference of two groups of runs, paired where they share conditions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

import numpy as np

from nncli.comparison.results import SECONDS, Result
from nncli.engine.metric_columns import metric_of, rows_of
from nncli.evaluation.statistics import MIN_VALUES, Mean, Test, mean, welch
from nncli.frozen import frozen
from nncli.parts.metrics import bounds_of

TOO_FEW = f"fewer than {MIN_VALUES} pairs of runs"
EQUAL = "the differences are all equal"
OTHER_DATA = "other data"
OF_TRAIN = "training rows of several splits"


@frozen
class Difference:
    """The difference of two groups' means.

    test: that gave interval and p.  why: why there is no p; empty if there is one.
    p_holm: p with Holm's correction for all comparisons.
    """

    mean: Mean
    test: Test | None = None
    why: str = ""
    p_holm: float | None = None


@frozen
class Runs:
    """A group's valid runs, and the metric to compare them by."""

    results: Sequence[Result]
    metric: str
    by_split: Mapping[str, Sequence[Result]] = field(init=False)

    def __post_init__(self) -> None:
        found: dict[str, list[Result]] = {}
        for result in self.results:
            found.setdefault(result.pairing_key.split, []).append(result)
        object.__setattr__(self, "by_split", found)

    def mean_on(self, split: str) -> float:
        return float(np.mean([self.value(result) for result in self.by_split[split]]))

    def value(self, result: Result) -> float:
        return result.values[self.metric]

    @property
    def values(self) -> list[float]:
        return [self.value(result) for result in self.results]

    def overlap(self, splits: Iterable[str]) -> float:
        """Scored rows / training rows, averaged over the splits."""
        return float(np.mean([self.by_split[split][0].overlap(self.metric) for split in splits]))

    def mean(self) -> Mean:
        """Mean over the runs if they share one split, else over the splits."""
        bounds = bounds_of(metric_of(self.metric))
        if len(self.by_split) == 1 or self.metric == SECONDS:
            return mean(self.values, bounds=bounds)
        if rows_of(self.metric) == "train":
            return Mean(float(np.mean(self.values)), len(self.values))
        means = [self.mean_on(split) for split in self.by_split]
        return mean(means, self.overlap(self.by_split), bounds)


def difference(a: Runs, b: Runs) -> Difference:
    """The difference of the means, a - b, with an interval and p where these can be computed.

    Runs with several splits are paired by split; on a single split they are paired by seeds, or
    unpaired if the seeds differ. Seconds are never paired: they depend on the machine's load.
    """
    if a.metric == SECONDS:
        return _tested(welch(a.values, b.values), "Welch")
    shared = [split for split in a.by_split if split in b.by_split]
    if len(shared) > 1:
        return _over_splits(a, b, shared)
    if len(shared) == 1:
        return _on_one_split(a, b, shared[0])
    data_a, data_b = ({each.pairing_key.data for each in runs.results} for runs in (a, b))
    why = "another split" if data_a & data_b else OTHER_DATA
    return Difference(_plain(a.values, b.values), why=why)


def _plain(a: Sequence[float], b: Sequence[float]) -> Mean:
    """The difference of the means alone, without interval or p."""
    return Mean(float(np.mean(a) - np.mean(b)), min(len(a), len(b)))


def _over_splits(a: Runs, b: Runs, shared: Sequence[str]) -> Difference:
    differences = [a.mean_on(split) - b.mean_on(split) for split in shared]
    if rows_of(a.metric) == "train":
        return Difference(Mean(float(np.mean(differences)), len(shared)), why=OF_TRAIN)
    return _tested(mean(differences, a.overlap(shared)), "corrected paired t")


def _on_one_split(a: Runs, b: Runs, split: str) -> Difference:
    of_b = {result.pairing_key.seeds: b.value(result) for result in b.by_split[split]}
    pairs = [
        (a.value(result), of_b[result.pairing_key.seeds])
        for result in a.by_split[split]
        if result.pairing_key.seeds in of_b
    ]
    if len(pairs) >= MIN_VALUES:
        return _tested(mean([of_a - of_b for of_a, of_b in pairs]), "paired t")
    values_a, values_b = ([runs.value(r) for r in runs.by_split[split]] for runs in (a, b))
    return _tested(welch(values_a, values_b), "Welch")


def _tested(found: Mean, test: Test) -> Difference:
    if found.p is None:
        return Difference(found, why=TOO_FEW if found.n < MIN_VALUES else EQUAL)
    return Difference(found, test)
