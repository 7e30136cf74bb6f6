"""Weights of rows, from weights of classes and of samples: mean 1 over the training rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_sample_weight

from nncli.data.row_weights import RowWeights
from nncli.errors import DataError

COLOURS = ("blue", "green", "red")
Y = np.array([0, 0, 0, 0, 0, 1, 1, 2, 1, 2])
TRAIN = np.arange(8)  # 5 blue, 2 green, 1 red


def row_weights(y, classes, class_weight, sample_weight, train):
    """The weights of all rows, from what the training rows say."""
    row_weights = RowWeights.fit(y, classes, class_weight, sample_weight, train)
    return None if row_weights is None else row_weights(y, sample_weight)


def test_without_any_weights_there_are_none():
    assert row_weights(Y, COLOURS, None, None, TRAIN) is None


def test_balanced_weights_give_every_class_the_same_say():
    weights = row_weights(Y, COLOURS, "balanced", None, TRAIN)
    # rows / (classes * rows of the class): 8 / (3 * 5), 8 / (3 * 2) and 8 / (3 * 1)
    blue, green, red = 8 / 15, 8 / 6, 8 / 3
    expected = [*[blue] * 5, green, green, red, green, red]
    np.testing.assert_allclose(weights, expected, rtol=1e-14)


@given(
    y=st.lists(st.integers(0, 3), min_size=1, max_size=30),
    seed=st.integers(0, 2**32 - 1),
)
def test_balanced_weights_are_scikit_learn_s(y, seed):
    y, random = np.array(y), np.random.default_rng(seed)
    train = np.sort(random.permutation(len(y))[: random.integers(1, len(y), endpoint=True)])
    weights = row_weights(y, (*COLOURS, "white"), "balanced", None, train)
    expected = compute_sample_weight("balanced", y, indices=train)
    np.testing.assert_allclose(weights, expected, rtol=1e-13)
    assert weights[train].mean() == pytest.approx(1.0, rel=1e-13)


def test_weights_by_name_leave_the_other_classes_at_1():
    weights = row_weights(Y, COLOURS, {"red": 9.0}, None, TRAIN)
    mean = (7 * 1 + 9) / 8
    np.testing.assert_allclose(weights, np.where(Y == 2, 9.0, 1.0) / mean, rtol=1e-14)


def test_sample_weights_keep_their_proportions():
    sample_weight = np.arange(10)
    weights = row_weights(Y.reshape(-1, 1) / 3, (), None, sample_weight, TRAIN)
    np.testing.assert_allclose(weights, sample_weight / 3.5, rtol=1e-14)  # 28 / 8


def test_weights_of_classes_and_of_samples_multiply():
    sample_weight = np.linspace(0.5, 2.0, 10)
    weights = row_weights(Y, COLOURS, {"red": 9.0, "blue": 2.0}, sample_weight, TRAIN)
    product = sample_weight * np.array([2.0, 1.0, 9.0])[Y]
    np.testing.assert_allclose(weights, product / product[:8].mean(), rtol=1e-14)


@pytest.mark.parametrize(
    ("classes", "class_weight", "sample_weight", "message"),
    [
        (COLOURS, {"rde": 2.0}, None, r"unknown class 'rde' \(did you mean 'red'\?\); known: blue"),
        ((), "balanced", None, "it needs classes, but the target is a number"),
        ((), {"red": 2.0}, None, "it needs classes"),
        (COLOURS, None, [*[1] * 9, -0.5], "the weight of row 10 is -0.5: expected a number >= 0"),
        (COLOURS, None, [1, np.nan, *[1] * 8], "the weight of row 2 is nan"),
        (COLOURS, None, [np.inf, *[1] * 9], "the weight of row 1 is inf"),
        (COLOURS, "balanced", [*[0] * 8, 1, 1], "the weights of the training rows are all 0"),
        (COLOURS, None, [*[1e308] * 8, 1, 1], "the sum of the weights overflows"),
    ],
)
def test_weights_that_cannot_be_used_are_refused(classes, class_weight, sample_weight, message):
    given_weights = None if sample_weight is None else np.array(sample_weight, float)
    with pytest.raises(DataError, match=message):
        row_weights(Y, classes, class_weight, given_weights, TRAIN)


def test_of_many_classes_a_message_names_ten():
    names = tuple(f"class {number}" for number in range(100))
    with pytest.raises(DataError, match=r"known: class 0, .*, class 9, \.\.\.$"):
        row_weights(np.arange(100), names, {"z": 1.0}, None, np.arange(100))
