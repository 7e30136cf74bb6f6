"""configs/by_hand.yaml against a pass worked out with pencil and paper.

x = (1, 2, -1), y = 0, all weights 1, all biases 0, relu, relu, identity, loss (a - y)^2.
"""

import numpy as np
import pytest
from config_runs import made, run

from nncli.engine.plan import Plan

FORWARD = {
    "input": [[1, 2, -1]],
    "hidden_1/z": [[2, 2]],  # 1 + 2 - 1
    "hidden_1/a": [[2, 2]],  # relu of a positive number
    "hidden_2/z": [[4, 4]],  # 2 + 2
    "hidden_2/a": [[4, 4]],
    "output/a": [[8]],  # 4 + 4; identity: z = a
}
BACKWARD = {
    "output/da": [[16]],  # d(a^2)/da = 2 * 8; identity: dz = da
    "output/dW": [[64], [64]],  # hidden_2/a * dz = 4 * 16
    "output/db": [16],
    "hidden_2/da": [[16, 16]],  # dz * W = 16 * 1
    "hidden_2/dz": [[16, 16]],  # both z > 0
    "hidden_2/dW": [[32, 32], [32, 32]],  # hidden_1/a * dz = 2 * 16
    "hidden_2/db": [16, 16],
    "hidden_1/da": [[32, 32]],  # 16 * 1 + 16 * 1
    "hidden_1/dz": [[32, 32]],
    "hidden_1/dW": [[32, 32], [64, 64], [-32, -32]],  # x * dz = (1, 2, -1) * 32
    "hidden_1/db": [32, 32],
}


@pytest.fixture(scope="module")
def plan():
    """One row passed forward and backward."""
    job = made("by_hand").job
    theta = job.start().theta
    plan = Plan(job.network, theta, job.train, 1, gather=False)
    plan.record_gradient(1)()
    return plan


@pytest.mark.parametrize(("name", "expected"), [*FORWARD.items(), *BACKWARD.items()])
def test_every_value_is_the_hand_derived_one(plan, name, expected):
    assert dict(plan.arrays(1))[name].tolist() == expected


def test_values_come_in_the_order_of_computation(plan):
    names = [name for name, _ in plan.arrays(1)]
    assert names == [*FORWARD, *BACKWARD]


def test_the_loss_is_64(plan):
    assert plan.loss(1) == 64.0  # (8 - 0)^2


def test_one_update_subtracts_the_rate_times_the_gradient():
    tensors = run("by_hand").tensors  # learning rate 0.001
    np.testing.assert_array_equal(
        tensors["hidden_1/W"], 1.0 - 0.001 * np.array([[32], [64], [-32]]) * [1, 1]
    )
    np.testing.assert_array_equal(tensors["output/W"], [[1.0 - 0.064], [1.0 - 0.064]])
    np.testing.assert_array_equal(tensors["output/b"], [0.0 - 0.016])
