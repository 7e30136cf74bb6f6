"""configs/linear_regression*.yaml against another implementation's figures.

That one minimizes J = 0.5 * sum of squared errors, so J = rows * half_mse, and counts iterations
from 0, so its iteration 141 is epoch 142.
"""

import numpy as np
import pytest
from config_runs import run

ROWS = 10_000
TRUE_COEFFICIENTS = [[1.0], [-2.0], [3.0], [-4.0]]


def squares(report):
    return ROWS * report.loss


def test_gradient_descent_converges_where_the_reference_does():
    descent = run("linear_regression")
    assert descent.last.stopped == "converged"
    assert descent.last.epoch == 141 + 1
    assert squares(descent.reports[-2]) == pytest.approx(4998.942604955297, rel=1e-9)
    assert squares(descent.last) == pytest.approx(4998.843925181407, rel=1e-9)


def test_gradient_descent_ends_at_the_reference_weights():
    tensors = run("linear_regression").tensors
    expected = [[1.02996792], [-1.94236379], [2.99703091], [-3.9058348]]
    np.testing.assert_allclose(tensors["output/W"], expected, rtol=0, atol=5e-9)
    np.testing.assert_allclose(tensors["output/b"], [-0.08401796], rtol=0, atol=5e-9)


def test_exponential_decay_converges_where_the_reference_does():
    decay = run("linear_regression_decay")
    assert decay.last.stopped == "converged"
    assert decay.last.epoch == 83 + 1
    assert squares(decay.reports[-2]) == pytest.approx(10958.847879299516, rel=1e-9)
    assert squares(decay.last) == pytest.approx(10958.753467270244, rel=1e-9)


def test_exponential_decay_ends_at_the_reference_weights():
    tensors = run("linear_regression_decay").tensors
    expected = [[0.12394466], [-0.72635407], [0.70963612], [-1.30344515]]
    np.testing.assert_allclose(tensors["output/W"], expected, rtol=0, atol=5e-9)
    np.testing.assert_allclose(tensors["output/b"], [-0.42772156], rtol=0, atol=5e-9)


@pytest.mark.parametrize(
    ("config", "fewest", "most", "lowest", "highest"),
    [
        ("linear_regression_stochastic", 100, 800, 4998, 5021),
        ("linear_regression_momentum", 60, 450, 4999, 5091),
    ],
)
def test_a_typical_mini_batch_run_stops_in_the_reference_range(
    config, fewest, most, lowest, highest
):
    ends = [run(config, f"seed={seed}").last for seed in range(9)]
    assert {end.stopped for end in ends} == {"converged"}
    assert fewest <= np.median([end.epoch for end in ends]) <= most
    assert lowest <= np.median([squares(end) for end in ends]) <= highest


@pytest.mark.parametrize("config", ["linear_regression_stochastic", "linear_regression_momentum"])
def test_mini_batches_at_a_decaying_rate_find_the_coefficients(config):
    assignments = (
        "training.epochs=2000",
        "training.converged=null",
        "schedule={type: exponential, rate: 0.002}",
    )
    for seed in range(4):
        settled = run(config, *assignments, f"seed={seed}")
        assert settled.last.epoch == 2000
        assert np.abs(settled.tensors["output/W"] - TRUE_COEFFICIENTS).max() <= 0.15
