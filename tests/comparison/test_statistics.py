"""Means and differences, held against SciPy's tests and against sums done by hand."""

import numpy as np
import pytest
from scipy import stats

from nncli.evaluation.statistics import QUANTILES, holm, interval, mean, welch
from nncli.parts.metrics import bounds_of

A = [0.31, 0.28, 0.35, 0.30, 0.33]
B = [0.29, 0.27, 0.36, 0.24, 0.28]


def test_paired_difference_is_scipy_s():
    found, expected = mean(np.subtract(A, B).tolist()), stats.ttest_rel(A, B)
    assert found.p == pytest.approx(expected.pvalue)
    assert found.interval == pytest.approx(tuple(expected.confidence_interval()))


def test_unpaired_difference_is_scipy_s():
    found, expected = welch(A, B[:4]), stats.ttest_ind(A, B[:4], equal_var=False)
    assert found.p == pytest.approx(expected.pvalue)
    assert found.interval == pytest.approx(tuple(expected.confidence_interval()))


def test_interval_of_a_bounded_metric_stays_within_its_bounds():
    values, share = [1.0, 0.9, 1.0, 0.95], bounds_of("accuracy")
    found = mean(values, bounds=share)
    assert found.interval == interval(values, bounds=share) == (found.value - found.reach, 1.0)
    assert found.reach == mean(values).reach > 1 - 0.9625
    assert bounds_of("loss") == (-np.inf, np.inf)


def test_overlap_widens_the_interval_by_nadeau_and_bengio_s_factor():
    """10 splits, each scored on a ninth of the rows that train: 1/10 -> 1/10 + 1/9."""
    values = np.random.default_rng(0).normal(0.1, 1.0, 10).tolist()
    plain, corrected = mean(values), mean(values, overlap=1 / 9)
    assert corrected.reach / plain.reach == pytest.approx(((1 / 10 + 1 / 9) / (1 / 10)) ** 0.5)
    assert corrected.p > plain.p
    t = np.mean(values) / np.sqrt(np.var(values, ddof=1) * (1 / 10 + 1 / 9))
    assert corrected.p == pytest.approx(2 * stats.t.sf(abs(t), df=9))


@pytest.mark.parametrize("n", [*range(3, 4 + len(QUANTILES)), 40])
def test_interval_alone_is_that_of_the_mean_and_scipy_s(n):
    values = np.random.default_rng(n).normal(size=n).tolist()
    found = interval(values, 0.25)
    assert found == mean(values, 0.25).interval
    error = np.std(values, ddof=1) * np.sqrt(1 / n + 0.25)
    assert found == pytest.approx(stats.t.interval(0.95, n - 1, np.mean(values), error), rel=1e-13)


@pytest.mark.parametrize("values", [[1.0], [1.0, 2.0]])
def test_fewer_than_three_values_have_neither_interval_nor_p(values):
    found = mean(values)
    assert (found.n, found.interval, found.p) == (len(values), None, None)
    assert welch(values, A).p is None


@pytest.mark.parametrize("value", [0.0, 0.1, -3.0])
def test_values_that_do_not_scatter_have_neither(value):
    assert mean([value] * 4).p is None
    assert mean([value, value * (1 + 1e-15), value]).p is None
    assert welch([value] * 3, [value + 1] * 3).p is None


def test_holm_s_p_are_scipy_s_bonferroni_step_by_step():
    p = [0.04, 0.001, 0.3, 0.02]
    assert holm(p) == pytest.approx([0.08, 0.004, 0.3, 0.06])
    assert holm([]) == []
    assert holm([0.7, 0.8]) == [1.0, 1.0]
