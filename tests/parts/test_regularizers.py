"""Regularizers: penalties and their slopes."""

import numpy as np
import pytest

from nncli.parts.regularizers import L1, L1L2, L2
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


@pytest.mark.parametrize(
    ("regularizer", "value", "gradient"),
    [
        (L2(0.5), 7.0, [[1, -2], [0, 3]]),  # 0.5 (1 + 4 + 0 + 9); 2 * 0.5 W
        (L1(0.5), 3.0, [[0.5, -0.5], [0, 0.5]]),  # 0.5 (1 + 2 + 0 + 3); 0.5 sign W
        (L1L2(0.5, 0.25), 6.5, [[1, -1.5], [0, 2]]),  # 3 + 3.5; 0.5 sign W + 2 * 0.25 W
    ],
    ids=["l2", "l1", "l1_l2"],
)
def test_penalties_match_hand_worked_values(regularizer, value, gradient):
    assert regularizer.value(KERNEL) == pytest.approx(value)
    np.testing.assert_allclose(slope(regularizer, KERNEL, np.zeros((2, 2))), gradient)


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
