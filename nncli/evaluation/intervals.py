"""Intervals: the uncertainty of a score, as it depends on which rows were scored (bootstrap)."""

from collections.abc import Mapping
from typing import Literal

import numpy as np

from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.parts.metrics import Metric
from nncli.parts.metrics.resamples import Resamples

RESAMPLES = 1000
MIN_ROWS = 10  # with fewer, there are no intervals
MIN_RESAMPLES = 100  # if 1,000 would take too long
MAX_ROWS = 25_000  # in a resample
VALUES = 20_000_000  # drawn by all resamples together
NARROW = 4  # columns; fewer take as long
ENDS = (2.5, 97.5)  # percentiles of a 95% interval
WITHOUT = frozenset({"max_error"})  # resampling can't tell how much larger a maximum could be


@frozen
class Estimate:
    """A score with its 95% interval.

    low, high: None with fewer than 10 rows, or if all resamples have the same score.
    left_out: the share of resamples in which the metric is undefined, as roc_auc is with one class.
    """

    value: float
    low: float | None
    high: float | None
    left_out: float = 0.0

    @property
    def interval(self) -> list[float] | None:
        return None if self.low is None or self.high is None else [self.low, self.high]


@frozen
class Resampled:
    """The scores of all rows, and of each resample.

    values: by metric.  draws: by metric, (resamples,); NaN where a metric is undefined.
    narrowing: sqrt(rows of a resample / rows), the factor by which larger resamples would vary
    less.
    """

    values: Mapping[str, float]
    draws: Mapping[str, Array]
    narrowing: float

    def estimates(self) -> dict[str, Estimate]:
        """Each score with its interval."""
        return {
            name: _estimate(value, self.draws[name], self.narrowing)
            for name, value in self.values.items()
        }

    def differences(self, other: "Resampled") -> dict[str, Estimate]:
        """self - other, for two sets of predictions of the same rows, drawn with the same seed.

        Both are scored on the same resamples, so that rows which are hard for both cancel out. If
        all resamples differ by the same, the interval has no width; a resample in which the metric
        is undefined counts as no difference.
        """
        with np.errstate(invalid="ignore"):  # infinity - infinity
            return {
                name: _estimate(
                    value - other.values[name],
                    self.draws[name] - other.draws[name],
                    self.narrowing,
                    is_difference=True,
                )
                for name, value in self.values.items()
            }


def resample(
    metrics: Mapping[str, Metric],
    predictions: Array,
    truth: Array,
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> Resampled:
    """Score all rows, and resamples of them: as many rows, drawn with replacement.

    The interval (percentile bootstrap) is the range of scores that other rows of the same kind
    would have. It does not include the effect of another seed or other training rows; with few rows
    (30 or less) it tends to be too narrow.

    As many resamples are in memory as fit into a cache. From 5,000 rows on there are fewer
    resamples: together they draw 20 million values, but there are at least 100. Each has at most
    25,000 rows; intervals of such smaller resamples are narrowed by sqrt(rows of a resample /
    rows).
    """
    rows, columns = len(truth), max(predictions.shape[1], NARROW)
    size = min(rows, MAX_ROWS)
    affordable = VALUES // (size * columns)
    count = min(resamples, max(affordable, MIN_RESAMPLES)) if rows >= MIN_ROWS else 0
    drawn = Resamples(rows, size, count, columns, seed)
    with np.errstate(all="ignore"):  # what isn't finite shows in the scores
        values = {name: metric(predictions, truth) for name, metric in metrics.items()}
        draws = {
            name: np.full(count, np.nan)
            if metric.name in WITHOUT
            else metric.of_resamples(predictions, truth, drawn)
            for name, metric in metrics.items()
        }
    return Resampled(values, draws, float(np.sqrt(size / rows)))


def _estimate(
    value: float, draws: Array, narrowing: float, *, is_difference: bool = False
) -> Estimate:
    """The middle 95% of the draws, narrowed towards the value if resamples were small."""

    def narrowed(draws: Array) -> Array:
        return value + narrowing * (draws - value)

    defined = draws[np.isfinite(draws)]
    left_out = 1 - len(defined) / len(draws) if len(draws) else 0.0
    if not np.isfinite(value) or not len(defined):
        return Estimate(value, None, None, left_out)
    if defined.min() == defined.max() and not is_difference:
        return Estimate(value, None, None, left_out)
    if is_difference and left_out:  # where it is undefined, there is no difference
        all_draws = np.zeros(len(draws))
        all_draws[: len(defined)] = narrowed(defined)
        ends = np.percentile(all_draws, ENDS)
    else:
        ends = narrowed(np.percentile(defined, ENDS))
    low, high = ends.tolist()
    return Estimate(value, low, high, left_out)


Standing = Literal["better", "worse", "open"]


def standing(difference: Estimate, *, is_score: bool) -> Standing:
    """What a difference to another model says: open if its interval includes 0 or is unknown."""
    if difference.low is None or difference.high is None:
        return "open"
    low, high = (
        (difference.low, difference.high) if is_score else (-difference.high, -difference.low)
    )
    return "better" if low > 0 else "worse" if high < 0 else "open"
