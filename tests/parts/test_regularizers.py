"""Regularizers: penalties and their slopes."""

import numpy as np
import pytest
from network_part_cases import REGULARIZERS as CASES

from nncli.registry import members

REGULARIZERS = list(members("regularizer").values())
every_regularizer = pytest.mark.parametrize("regularizer", REGULARIZERS, ids=lambda cls: cls.name)
KERNEL = np.array([[1.0, -2.0], [0.0, 3.0]])


def slope(regularizer, W, start):
    """`start` plus the penalty's gradient; W is read-only."""
    W, dW, scratch = W.copy(), np.array(start), np.full_like(W, np.nan)
    W.flags.writeable = False
    regularizer.backward(W, dW, scratch)
    return dW


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_penalties_match_hand_worked_values(case):
    assert case.part.value(KERNEL) == pytest.approx(case.value)
    np.testing.assert_allclose(slope(case.part, KERNEL, np.zeros((2, 2))), case.gradient)


@every_regularizer
def test_the_penalty_is_added_to_the_gradient(regularizer):
    alone = slope(regularizer(), KERNEL, np.zeros((2, 2)))
    np.testing.assert_allclose(slope(regularizer(), KERNEL, np.full((2, 2), 10.0)), 10.0 + alone)


@every_regularizer
def test_zero_weights_cost_nothing_and_stay(regularizer):
    zeros = np.zeros((2, 2))
    assert regularizer().value(zeros) == 0.0
    assert not slope(regularizer(), zeros, zeros).any()


@every_regularizer
def test_the_slope_is_the_derivative_of_the_value(regularizer):
    W, step = np.random.default_rng(0).normal(size=(3, 2)), 1e-6
    numeric = [
        (regularizer().value(W + step * axis) - regularizer().value(W - step * axis)) / (2 * step)
        for axis in np.eye(6).reshape(6, 3, 2)
    ]
    np.testing.assert_allclose(
        slope(regularizer(), W, np.zeros((3, 2))).ravel(), numeric, rtol=1e-6
    )
