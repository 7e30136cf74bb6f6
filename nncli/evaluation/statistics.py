"""Statistics: confidence intervals of means and differences, and correction for several tests."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from nncli.frozen import frozen
from nncli.parts.metrics.metric import UNBOUNDED, Bounds

MIN_VALUES = 3  # with fewer, a mean has no interval and no p
LEVEL = 0.95
# SciPy's t quantiles for 2 to 9 degrees of freedom: importing it takes a third of a second
QUANTILES = (
    4.302652729749462,
    3.1824463052837078,
    2.7764451051977934,
    2.5705818356363146,
    2.4469118511449786,
    2.364624251592784,
    2.306004135204166,
    2.262157162798205,
)
Test = Literal["paired t", "corrected paired t", "Welch"]


@frozen
class Mean:
    """A mean with its uncertainty.

    n: the number of independent values.  reach: half the width of the 95% interval.  p: of the
    hypothesis that the true mean is 0. Both are None for fewer than MIN_VALUES values, and for
    equal values.  bounds: of the values.
    """

    value: float
    n: int
    reach: float | None = None
    p: float | None = None
    bounds: Bounds = UNBOUNDED

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95% interval, within the bounds."""
        if self.reach is None:
            return None
        low, high = self.bounds
        return max(self.value - self.reach, low), min(self.value + self.reach, high)


def deviation(values: Sequence[float]) -> float | None:
    """The sample standard deviation; None for a single value."""
    if len(values) < 2:
        return None
    return float(np.std(values, ddof=1)) if min(values) < max(values) else 0.0  # no rounding error


def mean(values: Sequence[float], overlap: float | None = None, bounds: Bounds = UNBOUNDED) -> Mean:
    """The mean, with the standard error sqrt(variance / n), and t with n - 1 degrees of freedom.

    overlap: rows scored / rows trained on, if each value is from another split of the same rows.
    Such values share most training rows, so that their variance is too small: the standard error
    is then sqrt(variance * (1 / n + overlap)) (Nadeau and Bengio, 2003).
    """
    n, value, error = len(values), float(np.mean(values)), _standard_error(values, overlap)
    if error is None:
        return Mean(value, n)
    return replace(_with_error(value, n, error, n - 1), bounds=bounds)


def interval(
    values: Sequence[float], overlap: float | None = None, bounds: Bounds = UNBOUNDED
) -> tuple[float, float] | None:
    """The interval of `mean`, without p."""
    n, error = len(values), _standard_error(values, overlap)
    if error is None:
        return None
    return Mean(float(np.mean(values)), n, _quantile(n - 1) * error, bounds=bounds).interval


def _standard_error(values: Sequence[float], overlap: float | None) -> float | None:
    n, spread = len(values), deviation(values)
    if n < MIN_VALUES or not _scatters(values):
        return None
    assert spread is not None
    return spread * float(np.sqrt(1 / n + (overlap or 0.0)))


def welch(a: Sequence[float], b: Sequence[float]) -> Mean:
    """mean(a) - mean(b) of independent values with different variances: Welch's t-test (1947)."""
    value, n = float(np.mean(a) - np.mean(b)), min(len(a), len(b))
    if n < MIN_VALUES or not (_scatters(a) or _scatters(b)):
        return Mean(value, n)
    squares = [float(np.var(values, ddof=1)) / len(values) for values in (a, b)]
    total = sum(squares)
    parts = (each**2 / (len(values) - 1) for each, values in zip(squares, (a, b), strict=True))
    return _with_error(value, n, total**0.5, total**2 / sum(parts))


def _scatters(values: Sequence[float]) -> bool:
    """Whether values differ by more than rounding."""
    largest = float(np.max(np.abs(values)))
    return float(np.ptp(values)) > 1e-12 * largest


def _with_error(value: float, n: int, error: float, degrees: float) -> Mean:
    from scipy.special import stdtr  # scipy.stats takes longer to import

    p = 2 * float(stdtr(degrees, -abs(value) / error))
    return Mean(value, n, _quantile(degrees) * error, p)


def _quantile(degrees: float) -> float:
    """The two-sided quantile of t at LEVEL."""
    if degrees - 2 in range(len(QUANTILES)):
        return QUANTILES[int(degrees) - 2]
    from scipy.special import stdtrit

    return float(stdtrit(degrees, (1 + LEVEL) / 2))


def holm(p: Sequence[float]) -> list[float]:
    """Corrected p-values: the i-th smallest times n - i + 1, never falling, at most 1 (Holm, 1979).

    If those below 5% are called differences, the probability that any of these calls is wrong is at
    most 5%.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted, largest = [1.0] * len(p), 0.0
    for rank, place in enumerate(sorted(range(len(p)), key=lambda place: p[place])):
        largest = max(largest, min(1.0, (len(p) - rank) * p[place]))
        adjusted[place] = largest
    return adjusted
