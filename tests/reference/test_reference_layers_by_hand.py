"""Lessons on layers, each number worked out by hand."""

import numpy as np
import pytest
from config_runs import CONFIGS, run

from nncli.artifacts.loaded_network import load_network
from nncli.trace.traced_steps import trace


def traced(lesson):
    """The tensors of a lesson's first step, by name."""
    shown = trace(load_network(CONFIGS / "lessons" / f"{lesson}.yaml"))
    return {tensor.name: tensor.values for tensor in shown.steps[0].tensors}


def test_average_pooling():
    found = traced("average_pool_by_hand")
    means = np.array([3.5, 5.5, 11.5, 13.5])
    np.testing.assert_allclose(found["hidden_2/a"].ravel(), means)
    answer = means @ [1, 2, 3, 4]  # 3.5 + 11 + 34.5 + 54
    assert answer == 103
    quarter = (answer * np.array([[1, 2], [3, 4]]) / 4).repeat(2, 0).repeat(2, 1)
    np.testing.assert_allclose(found["hidden_1/da"][0, :, :, 0], quarter)
    assert quarter[0].tolist() == [25.75, 25.75, 51.5, 51.5]


def test_layer_normalization():
    found = traced("layer_norm_by_hand")
    x_hat = np.array([-2, -1, 0, 3]) / np.sqrt(3.5)
    np.testing.assert_allclose(found["hidden_1/x_hat"].ravel(), x_hat, rtol=1e-9)
    answer = x_hat @ [1, 1, 1, 2]  # (-2 - 1 + 0 + 6) / sqrt(3.5)
    np.testing.assert_allclose(found["hidden_1/da"].ravel(), answer * np.array([1, 1, 1, 2]))
    np.testing.assert_allclose(found["hidden_1/dgamma"], answer * np.array([1, 1, 1, 2]) * x_hat)


def test_a_slope_that_is_learnt():
    found = traced("prelu_by_hand")
    assert found["hidden_1/a"].ravel().tolist() == [-0.5, 3]
    assert found["hidden_1/da"].ravel().tolist() == [-0.25, 1.5]  # (a - 0) / 2 rows
    assert found["hidden_1/dalpha"].tolist() == [0.5]  # -0.25 * -2
    assert found["hidden_1/alpha/after"].tolist() == [pytest.approx(0.2)]  # 0.25 - 0.1 * 0.5


def test_a_residual_block():
    found = traced("residual_by_hand")
    assert found["hidden_1_1/a"].ravel().tolist() == [1, 0.5]
    assert found["hidden_1/a"].ravel().tolist() == [2, 2.5]
    assert found["output/z"].item() == 14
    assert found["hidden_1/da"].ravel().tolist() == [28, 56]  # 14 * (2, 4)
    assert found["hidden_1_1/dW"].tolist() == [[28, 56], [56, 112]]


def test_a_small_lenet():
    assert run("lessons/lenet_digits", "training.epochs=6").last.metrics["val_accuracy"] > 0.96
