"""Intervals: the bootstrap against its definition, and what it says where it can say nothing."""

import tracemalloc

import numpy as np
import pytest

from nncli.evaluation.best_model import p_value
from nncli.evaluation.intervals import Estimate, resample, standing
from nncli.parts.metrics import (
    R2,
    Accuracy,
    F1Macro,
    LogLoss,
    MaxError,
    MeanAbsoluteError,
    MeanSquaredError,
    RocAuc,
)

ACCURACY = {"accuracy": Accuracy()}


def assess(*arguments, **options):
    """Every metric with its interval."""
    return resample(*arguments, **options).estimates()


def guesses(right):
    """(predictions, truth) of two classes: which rows are predicted right."""
    right = np.asarray(right)
    truth = np.arange(len(right)) % 2
    sure = np.where(right, truth, 1 - truth)
    return np.eye(2)[sure] * 0.8 + 0.1, truth


def test_interval_is_the_percentiles_of_the_resampled_scores():
    predictions, truth = guesses([True] * 30 + [False] * 10)
    random = np.random.default_rng(7)
    scores = []
    for _ in range(1000):
        rows = random.integers(40, size=40)
        scores.append(np.mean(predictions[rows].argmax(axis=1) == truth[rows]))
    low, high = np.percentile(scores, (2.5, 97.5))
    assert assess(ACCURACY, predictions, truth, seed=7) == {
        "accuracy": Estimate(0.75, pytest.approx(low), pytest.approx(high))
    }


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_intervals_cover_the_true_share_about_95_times_in_100(share):
    random, covered = np.random.default_rng(1), 0
    for number in range(200):
        predictions, truth = guesses(random.random(150) < share)
        made = assess(ACCURACY, predictions, truth, seed=number, resamples=200)["accuracy"]
        covered += made.low <= share <= made.high
    assert 180 <= covered <= 196


def test_values_are_the_metrics_of_all_rows():
    predictions, truth = guesses([True] * 5 + [False] * 2)
    metrics = {metric.name: metric for metric in (Accuracy(), F1Macro(), LogLoss(), RocAuc())}
    made = assess(metrics, predictions, truth, seed=0)
    assert {name: each.value for name, each in made.items()} == {
        name: metric(predictions, truth) for name, metric in metrics.items()
    }


def test_same_seed_gives_the_same_figures_and_another_seed_others():
    predictions, truth = guesses([True] * 33 + [False] * 20)
    first, again, other = (
        assess({"log_loss": LogLoss()}, predictions, truth, seed=seed) for seed in (3, 3, 4)
    )
    assert first == again != other


def test_one_row_has_no_interval():
    predictions, truth = guesses([True])
    assert assess(ACCURACY, predictions, truth, seed=0)["accuracy"] == Estimate(1.0, None, None)


@pytest.mark.parametrize("right", [True, False])
def test_rows_that_all_score_the_same_give_no_interval_of_width_zero(right):
    predictions, truth = guesses([right] * 50)
    assert assess(ACCURACY, predictions, truth, seed=0)["accuracy"].interval is None


def test_resamples_where_a_metric_is_undefined_are_left_out_and_counted():
    predictions = np.array([[0.9, 0.1], *[[0.3, 0.7]] * 11])
    truth = np.array([0, *[1] * 11])  # no resample without row 0, P = (11/12)^12 = 35%, has both
    made = assess({"roc_auc": RocAuc()}, predictions, truth, seed=0)["roc_auc"]
    assert made.value == 1.0
    assert made.left_out == pytest.approx(0.35, abs=0.05)
    assert made.interval is None  # the others all score 1


def test_metric_that_is_undefined_in_all_resamples_has_no_interval():
    predictions, truth = guesses([True] * 20)
    made = assess({"roc_auc": RocAuc()}, predictions, np.ones_like(truth), seed=0)["roc_auc"]
    assert np.isnan(made.value)
    assert (made.interval, made.left_out) == (None, 1.0)


def test_maximum_has_no_interval():
    truth = np.arange(20.0)[:, None]
    made = assess({"worst": MaxError()}, truth + truth / 10, truth, seed=0)["worst"]
    assert (made.value, made.interval) == (pytest.approx(1.9), None)


@pytest.mark.parametrize("rows", [4_000, 20_000, 200_000])
def test_interval_of_many_rows_has_the_width_that_theory_gives(rows):
    predictions, truth = guesses(np.random.default_rng(0).random(rows) < 0.9)
    made = assess(ACCURACY, predictions, truth, seed=0)["accuracy"]
    width = 2 * 1.96 * np.sqrt(0.9 * 0.1 / rows)
    assert made.high - made.low == pytest.approx(width, rel=0.2)
    assert made.low < made.value < made.high


def test_resamples_are_not_all_in_memory_at_once():
    predictions, truth = guesses(np.random.default_rng(0).random(100_000) < 0.9)
    tracemalloc.start()
    resample(ACCURACY, predictions, truth, seed=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * predictions.nbytes


@pytest.mark.parametrize("value", [1e300, np.inf, np.nan])
def test_values_that_overflow_are_no_warning(value):
    truth = np.array([[1.0], [-1.0], [2.0]])
    metrics = {"mse": MeanSquaredError(), "r2": R2()}
    made = assess(metrics, truth * value, truth, seed=0)
    assert [each.interval for each in made.values()] == [None, None]


def test_numbers_of_several_targets_have_one_interval():
    random = np.random.default_rng(0)
    truth = random.standard_normal((60, 3))
    noise = random.standard_normal((60, 3))
    made = assess({"mae": MeanAbsoluteError()}, truth + noise, truth, seed=0)["mae"]
    assert made.low < np.abs(noise).mean() < made.high


def test_difference_is_resampled_row_by_row():
    # what both get wrong is the same; only 10 of 400 rows differ, all to the advantage of `better`
    right = np.arange(400) < 200
    better, truth = guesses(right | (np.arange(400) < 210))
    worse, _ = guesses(right)
    first, second = (resample(ACCURACY, each, truth, seed=0) for each in (better, worse))
    alone = first.estimates()["accuracy"]
    difference = first.differences(second)["accuracy"]
    assert difference.value == pytest.approx(10 / 400)
    assert alone.low < 200 / 400  # each alone could be as bad as the other
    assert difference.low > 0
    assert standing(difference, is_score=True) == "better"


def test_difference_to_itself_is_open_and_one_that_never_changes_is_not():
    predictions, truth = guesses([True] * 20)
    other, _ = guesses([False] * 20)
    own, rival = (resample(ACCURACY, each, truth, seed=0) for each in (predictions, other))
    assert own.differences(own)["accuracy"].interval == [0.0, 0.0]
    assert standing(own.differences(own)["accuracy"], is_score=True) == "open"
    assert standing(own.differences(rival)["accuracy"], is_score=True) == "better"


@pytest.mark.parametrize(
    ("low", "high", "score", "error"),
    [
        (0.1, 0.2, "better", "worse"),
        (-0.2, -0.1, "worse", "better"),
        (-0.1, 0.1, "open", "open"),
        (0.0, 0.1, "open", "open"),
        (None, None, "open", "open"),
    ],
)
def test_less_is_better_for_an_error_and_worse_for_a_score(low, high, score, error):
    difference = Estimate(0.0, low, high)
    assert standing(difference, is_score=True) == score
    assert standing(difference, is_score=False) == error


def test_resample_in_the_order_of_the_scores_has_the_rows_that_were_drawn():
    random = np.random.default_rng(3)
    given = random.random(60).round(1)  # with ties
    predictions, truth = np.column_stack([1 - given, given]), random.integers(0, 2, 60)
    draws = resample({"roc_auc": RocAuc()}, predictions, truth, seed=5, resamples=20).draws
    drawing = np.random.default_rng(5)
    rows = [drawing.integers(60, size=60) for _ in range(20)]
    plain = [RocAuc()(predictions[chosen], truth[chosen]) for chosen in rows]
    np.testing.assert_array_equal(draws["roc_auc"], plain)


@pytest.mark.parametrize(("rare", "said"), [(6, "better"), (2, "open")])
def test_resamples_without_the_rare_class_count_as_no_difference(rare, said):
    """Of 82 rows, 6 are missing from 0.2% of the resamples, 2 from 13%."""
    truth = np.array([1] * rare + [0] * (82 - rare))
    own = resample({"roc_auc": RocAuc()}, np.eye(2)[truth] * 0.8 + 0.1, truth, seed=3)
    guess = resample({"roc_auc": RocAuc()}, np.full((82, 2), 0.5), truth, seed=3)
    difference = own.differences(guess)["roc_auc"]
    assert (difference.value, difference.left_out > 0) == (0.5, True)
    assert standing(difference, is_score=True) == said
    p = p_value(own, guess, "roc_auc", 1.0)
    assert (p < 0.05) == (said == "better")
