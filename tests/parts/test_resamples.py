"""Resamples: every metric's scores of many draws are those of each draw by itself."""

import tracemalloc

import numpy as np
import pytest

from nncli.parts.decision import Decision
from nncli.parts.metrics import AveragePrecision, F1Macro, Metric, resamples
from nncli.parts.metrics.resamples import Resamples
from nncli.registry import find, members

ROWS = 40


def classes(count, is_rounded):
    random = np.random.default_rng(count)
    predictions = random.dirichlet(np.ones(count), ROWS)
    truth = random.choice(count, size=ROWS, p=random.dirichlet(np.ones(count)))
    return (np.round(4 * predictions) / 4 if is_rounded else predictions), truth


def labels(is_rounded):
    random = np.random.default_rng(3)
    predictions, truth = random.random((ROWS, 3)), random.random((ROWS, 3)) < (0.05, 0.3, 0.9)
    return (np.round(4 * predictions) / 4 if is_rounded else predictions), truth.astype(float)


def numbers(is_exact):
    random = np.random.default_rng(4)
    truth = random.normal(size=(ROWS, 2)).round(0)
    return truth + (0.0 if is_exact else random.normal(size=truth.shape)), truth


SAMPLES = {
    "binary": [classes(2, False), classes(2, True)],
    "classification": [classes(3, False), classes(3, True), classes(12, False)],
    "multilabel": [labels(False), labels(True)],
    "regression": [numbers(False), numbers(True)],
}


@pytest.mark.parametrize("name", sorted(members("metric")))
def test_scores_of_resamples_are_the_metric_of_each(name, monkeypatch):
    metric = find("metric", name)()
    monkeypatch.setattr(resamples, "AT_ONCE", 13 * ROWS)  # which divides no count of resamples
    small = Resamples(ROWS, 6, 200, 1, 0)  # of so few rows, many have one class or label alone
    for task in metric.tasks:
        for predictions, truth in SAMPLES[task]:
            for draws in (Resamples(ROWS, ROWS, 100, 1, 0), small):
                with np.errstate(all="ignore"):
                    made = metric.of_resamples(predictions, truth, draws)
                    each = Metric.of_resamples(metric, predictions, truth, draws)
                assert made.shape == (draws.count,)
                np.testing.assert_allclose(made, each, rtol=1e-12, atol=1e-14)


def test_resamples_are_decided_by_the_threshold():
    predictions, truth = classes(2, False)
    draws = Resamples(ROWS, ROWS, 50, 1, 0)
    metric = F1Macro().deciding(Decision(0.2))
    each = Metric.of_resamples(metric, predictions, truth, draws)
    np.testing.assert_allclose(metric.of_resamples(predictions, truth, draws), each)
    assert not np.array_equal(each, F1Macro().of_resamples(predictions, truth, draws))


def test_draws_are_the_same_however_many_are_made_at_once(monkeypatch):
    whole = np.concatenate(list(Resamples(ROWS, 7, 20, 1, 5)))
    monkeypatch.setattr(resamples, "AT_ONCE", 21)
    pieces = list(Resamples(ROWS, 7, 20, 1, 5))
    assert [len(piece) for piece in pieces] == [3] * 6 + [2]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


def test_resamples_of_many_classes_are_not_all_in_memory_at_once():
    random = np.random.default_rng(0)
    predictions, truth = random.dirichlet(np.ones(50), 2_000), random.integers(50, size=2_000)
    drawn = AveragePrecision().of_resamples
    drawn(predictions, truth, Resamples(2_000, 2_000, 1, 50, 0))  # imports aren't the draws'
    tracemalloc.start()
    drawn(predictions, truth, Resamples(2_000, 2_000, 100, 50, 0))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < predictions.nbytes  # all draws for all columns are a hundred times as much
