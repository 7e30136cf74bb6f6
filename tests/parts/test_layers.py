"""Layers: forward passes by hand; their gradients are in test_gradients."""

import numpy as np
import pytest

from nncli.engine import passes
from nncli.engine.network import Network
from nncli.engine.workspace import Workspace
from nncli.parts.activations import Identity, Relu
from nncli.parts.layers import ActivationLayer, BatchNorm, Dense, Dropout, FeatureScale
from nncli.parts.losses import Mse


def run(layer, x, tensors=(), *, training=True, seed=0):
    """The layer's y and theta's views after a forward pass; an identity output follows it."""
    x = np.array(x, float)
    network = Network(x.shape[1:], [layer], Dense(1, Identity()), Mse())
    theta = network.initialize(np.random.default_rng(seed))
    views = network.layout.views(theta)
    for name, values in dict(tensors).items():
        views[f"hidden_1/{name}"][...] = values
    gradient = np.zeros(network.layout.trainable) if training else None
    workspace = Workspace(network, len(x), theta, gradient, np.random.default_rng(seed))
    x.flags.writeable = False
    buffers = workspace.buffers({"x": x})
    passes.forward(network, buffers)
    return buffers[0].y, views


def test_dense_is_x_times_w_plus_b():
    W, b = [[1.0, 0.0], [2.0, -1.0]], [10.0, 0.5]
    y, _ = run(Dense(2, Identity()), [[1.0, 3.0], [0.0, 1.0]], {"W": W, "b": b})
    # 1*1 + 3*2 + 10, 3*(-1) + 0.5; 2 + 10, -1 + 0.5
    assert y.tolist() == [[17.0, -2.5], [12.0, -0.5]]


def test_dense_activates_its_scores():
    y, _ = run(Dense(1, Relu()), [[1.0], [-1.0]], {"W": [[2.0]], "b": [0.5]})
    assert y.tolist() == [[2.5], [0.0]]


def test_an_activation_layer_is_its_function():
    y, _ = run(ActivationLayer(Relu()), [[1.0, -1.0]])
    assert y.tolist() == [[1.0, 0.0]]


def test_dropout_passes_everything_in_evaluation():
    x = np.random.default_rng(0).normal(size=(3, 4))
    y, _ = run(Dropout(0.5), x, training=False)
    np.testing.assert_array_equal(y, x)


def test_dropout_zeroes_its_share_and_scales_up_the_rest():
    y, _ = run(Dropout(0.2), np.ones((100, 100)))
    assert set(np.unique(y)) == {0.0, 1.25}
    # of 10,000 units 2,000 are dropped, give or take 4 * sqrt(10,000 * 0.2 * 0.8) = 160
    assert 1840 < (y == 0.0).sum() < 2160


def test_dropout_of_nothing_passes_everything():
    y, _ = run(Dropout(0.0), np.ones((5, 5)))
    assert (y == 1.0).all()


def test_feature_scale_matches_hand_worked_values():
    # 1 + 6 w: 1, 1.6 and 0.4
    y, _ = run(FeatureScale(), [[2.0, 5.0, 10.0]], {"w": [0.0, 0.1, -0.1]})
    np.testing.assert_allclose(y, [[2.0, 8.0, 4.0]], rtol=1e-14)
    y, _ = run(FeatureScale(), [[2.0, 5.0]])
    assert y.tolist() == [[2.0, 5.0]]  # before the first step


def test_batch_norm_matches_hand_worked_values():
    # mean 3, variance (4 + 0 + 4) / 3 = 8/3; with epsilon 4/3 the root is 2
    layer = BatchNorm(momentum=0.75, epsilon=4 / 3)
    y, views = run(layer, [[1.0], [3.0], [5.0]], {"gamma": 10.0, "beta": 1.0})
    np.testing.assert_allclose(y, [[-9.0], [1.0], [11.0]], rtol=1e-14)
    # running: 3/4 of the start (0 and 1) and 1/4 of the batch's
    assert views["hidden_1/moving_mean"] == pytest.approx(0.75)
    assert views["hidden_1/moving_variance"] == pytest.approx(0.75 + 2 / 3)


def evaluated(layer, training):
    """(x - 2) / sqrt(15 + 1), whatever the batch."""
    statistics = {"moving_mean": 2.0, "moving_variance": 15.0}
    return run(layer, [[2.0], [6.0], [100.0]], statistics, training=training)


@pytest.mark.parametrize(("trainable", "training"), [(True, False), (False, False), (False, True)])
def test_batch_norm_in_evaluation_or_frozen_keeps_to_its_running_statistics(trainable, training):
    y, views = evaluated(BatchNorm(epsilon=1.0, trainable=trainable), training)
    np.testing.assert_allclose(y, [[0.0], [1.0], [24.5]])
    assert views["hidden_1/moving_mean"] == 2.0
    assert views["hidden_1/moving_variance"] == 15.0


def test_auto_starts_a_kernel_by_what_suits_the_activation():
    for activation in (Relu(), Identity()):
        assert Dense(3, activation).initializers()["W"] == activation.initializer
