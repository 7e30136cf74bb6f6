"""Class scores, ROC curves and calibration, held against scikit-learn's."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    precision_recall_fscore_support,
    roc_auc_score,
)
from sklearn.metrics import precision_recall_curve as reference_precision_recall
from sklearn.metrics import roc_curve as reference_curve

from nncli.evaluation.class_scores import (
    calibration,
    largest,
    per_class,
    precision_recall_curve,
    precision_recall_curves,
    roc_curve,
    roc_curves,
)
from nncli.parts.metrics import confusion


def drawn(rows, classes, seed=0):
    """(probabilities, truth) that have something to do with each other."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, classes, rows)
    scores = random.standard_normal((rows, classes)).round(1)  # ties
    scores[np.arange(rows), truth] += 1
    powers = np.exp(scores)
    return powers / powers.sum(axis=1, keepdims=True), truth


@pytest.mark.parametrize(("rows", "classes"), [(200, 2), (200, 3), (5, 4), (1, 3), (3_000, 1000)])
def test_scores_of_each_class_are_scikit_learn_s(rows, classes):
    predictions, truth = drawn(rows, classes)
    names = [f"class {number}" for number in range(classes)]
    made = per_class(predictions, truth, names)
    expected = precision_recall_fscore_support(
        truth, predictions.argmax(axis=1), labels=range(classes), zero_division=0
    )
    rows_of = [(each.precision, each.recall, each.f1, each.rows) for each in made.values()]
    assert list(made) == names
    np.testing.assert_allclose(np.transpose(rows_of), expected)


@pytest.mark.parametrize("truth", [[0] * 24, [1] * 24, [2, 0] * 12])
def test_rows_of_a_class_are_whole_numbers_also_where_other_classes_have_none(truth):
    predictions = np.tile([0.2, 0.5, 0.3], (24, 1))
    made = per_class(predictions, np.array(truth), ["a", "b", "c"])
    assert all(type(each.rows) is int for each in made.values())
    assert sum(each.rows for each in made.values()) == 24


def test_counts_have_true_classes_down_and_predicted_ones_across():
    predictions, truth = drawn(100, 3)
    counts = confusion(predictions, truth)
    np.testing.assert_array_equal(counts, confusion_matrix(truth, predictions.argmax(axis=1)))


def test_largest_classes_keep_their_order():
    assert largest(np.diag([1, 5, 0, 7, 5]), 3) == [1, 3, 4]
    assert largest(np.diag([1, 5]), 3) == [0, 1]


@pytest.mark.parametrize("rows", [2, 10, 300])
def test_roc_curve_is_scikit_learn_s(rows):
    predictions, truth = drawn(rows, 2, seed=2)
    made = roc_curve("b", predictions[:, 1], truth == 1)
    x, y, _ = reference_curve(truth, predictions[:, 1])
    np.testing.assert_allclose((made.false_positive, made.true_positive), (x, y))
    assert made.area == pytest.approx(roc_auc_score(truth, predictions[:, 1]))


@pytest.mark.parametrize("rows", [2, 10, 300])
def test_precision_recall_curve_is_scikit_learn_s(rows):
    predictions, truth = drawn(rows, 2, seed=2)
    made = precision_recall_curve("b", predictions[:, 1], truth == 1)
    precision, recall, _ = reference_precision_recall(truth, predictions[:, 1])
    np.testing.assert_array_equal((made.precision[::-1], made.recall[::-1]), (precision, recall))
    expected = average_precision_score(truth, predictions[:, 1])
    assert made.area == pytest.approx(expected, rel=1e-12)
    assert made.chance == truth.mean()


def test_constant_score_has_the_area_of_chance():
    assert roc_curve("b", np.ones(10), np.arange(10) < 3).area == 0.5


def test_curve_of_many_rows_is_thinned_for_the_picture_and_its_area_is_not():
    random = np.random.default_rng(0)
    score, truth = random.random(20_000), random.random(20_000) < 0.5
    made = roc_curve("b", score, truth)
    assert len(made.false_positive) == 500
    assert made.area == pytest.approx(roc_auc_score(truth, score), rel=1e-12)


def test_two_classes_have_one_curve_and_more_have_one_each():
    assert [each.name for each in roc_curves(*drawn(50, 2), "ab")] == ["b"]
    assert [each.name for each in roc_curves(*drawn(50, 3), "abc")] == ["a", "b", "c"]
    assert len(roc_curves(*drawn(500, 40), [str(i) for i in range(40)])) == 10


def test_class_without_rows_or_without_others_has_no_curve():
    predictions, _ = drawn(20, 3)
    assert roc_curves(predictions, np.zeros(20, int), "abc") == []
    assert [each.name for each in roc_curves(predictions, np.arange(20) % 2, "abc")] == ["a", "b"]
    assert roc_curves(predictions[:, :2], np.ones(20, int), "ab") == []
    assert precision_recall_curves(predictions[:, :2], np.ones(20, int), "ab") == []


def test_bins_of_two_classes_are_scikit_learn_s():
    predictions, truth = drawn(400, 2)
    made = calibration(predictions, truth)
    share, probability = calibration_curve(truth, predictions[:, 1], n_bins=10, strategy="quantile")
    np.testing.assert_allclose((made.share, made.probability), (share, probability))
    assert made.rows.sum() == 400


def test_more_classes_are_judged_by_the_predicted_one():
    predictions, truth = drawn(400, 5)
    made = calibration(predictions, truth)
    right = predictions.argmax(axis=1) == truth
    share, probability = calibration_curve(
        right, predictions.max(axis=1), n_bins=10, strategy="quantile"
    )
    np.testing.assert_allclose((made.share, made.probability), (share, probability))


def test_error_is_the_mean_gap_between_probability_and_share():
    # 10 rows of probability 0.2, of which 4 come true; 10 of 0.9, of which 9 do:
    # (10 |0.4 - 0.2| + 10 |0.9 - 0.9|) / 20 = 0.1
    second = np.repeat([0.2, 0.9], 10)
    truth = np.r_[np.arange(10) < 4, np.arange(10) < 9].astype(int)
    made = calibration(np.column_stack([1 - second, second]), truth)
    assert made.rows.tolist() == [10, 10]
    assert made.error == pytest.approx(0.1)


@pytest.mark.parametrize(("rows", "bins"), [(1, 1), (19, 1), (22, 2), (99, 9), (5_000, 10)])
def test_bin_has_ten_rows_or_more(rows, bins):
    second = np.random.default_rng(0).random(rows)  # no ties
    made = calibration(np.column_stack([1 - second, second]), np.arange(rows) % 2)
    assert len(made.rows) == bins
    assert made.rows.sum() == rows


def test_equal_probabilities_share_one_bin():
    made = calibration(np.tile([0.3, 0.7], (100, 1)), np.ones(100, int))
    assert (made.rows.tolist(), made.error) == ([100], pytest.approx(0.3))
