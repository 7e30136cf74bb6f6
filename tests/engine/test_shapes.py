"""Rows of more than one axis: what works on each number takes them, the rest says what it wants."""

from dataclasses import replace
from math import prod

import numpy as np
import pytest
from engine_jobs import make_job, run_job

from nncli.assembly.build import build
from nncli.config.load import load
from nncli.engine.network import Network
from nncli.errors import ConfigError, ShapeError
from nncli.parts.activations import Identity, Softmax, Tanh
from nncli.parts.layers import ActivationLayer, Dense, Dropout, FeatureScale, Layer
from nncli.parts.losses import HalfMse


class Reshape(Layer):
    """y = x in another shape of as many numbers, (2, n / 2) or (n,)."""

    name = "reshape"

    def output_shape(self, input_shape):
        numbers = prod(input_shape)
        return (2, numbers // 2) if len(input_shape) == 1 else (numbers,)

    def forward(self, buffers):
        np.copyto(buffers.y, buffers.x.reshape(buffers.y.shape))

    def backward(self, buffers):
        np.copyto(buffers.dx, buffers.dy.reshape(buffers.dx.shape))


def trained(*hidden):
    settings = {"batch_size": 7, "inputs": 4}
    return run_job(make_job([Dense(6), *hidden], **settings)).state.theta


def test_layers_of_single_numbers_train_alike_in_rows_of_one_axis_and_of_two():
    layers = [ActivationLayer(Tanh()), Dropout(0.3)]
    wide = trained(Reshape(), *layers, Reshape())
    np.testing.assert_array_equal(wide, trained(*layers))


def test_softmax_of_a_row_of_two_axes_is_over_the_last():
    network = Network(
        (6,),
        [Reshape(), ActivationLayer(Softmax()), Reshape()],
        Dense(1, Identity()),
        HalfMse(),
    )
    assert [node.output_shape for node in network.nodes] == [(2, 3), (2, 3), (6,), (1,)]
    z = np.random.default_rng(0).normal(size=(5, 2, 3))
    a, softmax = np.empty_like(z), Softmax()
    softmax.forward(z, a, {k: np.empty(s) for k, s in softmax.saved_shapes(z.shape).items()})
    np.testing.assert_allclose(a.sum(axis=2), 1.0)


@pytest.mark.parametrize("layer", [Dense(3), FeatureScale()])
def test_layers_of_features_refuse_rows_of_two_axes(layer):
    expected = rf"{layer.name} expects rows of shape \(features,\), found \(2, 3\)"
    with pytest.raises(ShapeError, match=expected):
        layer.output_shape((2, 3))


@pytest.mark.parametrize("threads", [1, "auto"])
def test_a_layer_that_cannot_take_its_rows_is_an_error_at_its_key(tmp_path, threads):
    path = tmp_path / "c.yaml"
    path.write_text(
        f"data: {{dataset: xor_gate}}\nnetwork: {{hidden: [4, 4, 4]}}\n"
        f"training: {{threads: {threads}}}\n"
    )
    given, source = load(path)
    hidden = [Dense(4), Reshape(), Dense(4)]
    with pytest.raises(ConfigError) as caught:
        build(replace(given, network=replace(given.network, hidden=hidden)), source)
    [problem] = caught.value.problems
    assert problem.path == "network.hidden[2]"
    assert problem.where.endswith("c.yaml:2:26")
    assert problem.message == (
        "dense expects rows of shape (features,), found (2, 2): flatten turns images into features"
    )
