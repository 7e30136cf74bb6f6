"""Layers of images, and what a first course goes on to: gradients, and published numbers."""

import numpy as np
import pytest
from gradient_problem import GradientProblem, assert_gradients_agree
from hypothesis import given, settings
from hypothesis import strategies as st

from nncli.engine import passes
from nncli.engine.network import Network
from nncli.engine.workspace import Workspace
from nncli.errors import ShapeError
from nncli.parts import windows
from nncli.parts.activations import Identity, Relu, Softmax, Tanh
from nncli.parts.initializers import Normal, Uniform
from nncli.parts.layers import (
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    LayerNorm,
    MaxPool2D,
    PRelu,
    Reshape,
    Residual,
)
from nncli.parts.losses import CrossEntropy, HalfMse
from nncli.parts.regularizers import L2

SOME = Normal(std=0.5)
few = settings(max_examples=12)
sides = st.tuples(st.integers(1, 3), st.integers(1, 3))


def network_of(hidden, shape=(4, 5, 2), *, classes=False) -> Network:
    output, loss = (Softmax(), CrossEntropy()) if classes else (Identity(), HalfMse())
    return Network(shape, hidden, Dense(2, output, SOME, SOME), loss)


def conv(filters=3, size=3, **keys):
    given = {"activation": Tanh(), "kernel_initializer": SOME, "bias_initializer": SOME, **keys}
    return Conv2D(filters, size, **given)


def check(hidden, rows=3, seed=0, **keys):
    problems = (GradientProblem(network_of(hidden, **keys), rows, seed + n) for n in range(100))
    assert_gradients_agree(next(p for p in problems if p.distance_to_kinks() > 1e-3))


@few
@given(size=sides, strides=sides, same=st.booleans(), few_numbers=st.booleans(), seed=st.integers())
def test_convolutions_have_the_gradient_of_their_formula(size, strides, same, few_numbers, seed):
    """The second one's dx, too; all images at once, and one after the other."""
    with pytest.MonkeyPatch.context() as patch:
        if few_numbers:
            patch.setattr(windows, "BLOCK_NUMBERS", 100)
            patch.setattr(windows, "NARROW_BLOCK_NUMBERS", 100)
        keys = {"strides": strides, "padding": "same" if same else "valid"}
        first = conv(2, (2, 1), kernel_regularizer=L2(0.1))
        check([first, conv(3, size, **keys), Flatten()], seed=abs(seed) % 1000, shape=(5, 4, 1))


def test_a_wide_convolution_lays_its_columns_out_side_by_side():
    check([conv(9, 2), conv(2, 2), Flatten()], rows=2, shape=(3, 4, 9))


@pytest.mark.parametrize("keys", [{"bias": False}, {"trainable": False}, {"activation": Relu()}])
def test_convolutions_with_other_keys(keys):
    check([conv(2, 2), conv(2, 2, **keys), Flatten()], classes=True)


@few
@given(size=sides, strides=st.none() | sides, same=st.booleans(), seed=st.integers(0, 999))
@pytest.mark.parametrize("pool", [MaxPool2D, AveragePool2D])
def test_pooling_has_the_gradient_of_its_formula(pool, size, strides, same, seed):
    layer = pool(size, strides or "auto", "same" if same else "valid")
    check([conv(2, 1), layer, Flatten()], seed=seed)


@pytest.mark.parametrize(
    "layer",
    [LayerNorm(0.1, Uniform(0.5, 1.5), SOME), PRelu(SOME), BatchNorm(0.9, 0.1, Uniform(0.5, 1.5))],
    ids=lambda layer: layer.name,
)
def test_layers_of_features_and_of_images(layer):
    check([Dense(4, Tanh(), SOME), layer], shape=(3,))
    check([conv(3, 2), layer, Flatten()], classes=True)


@pytest.mark.parametrize("frozen", [LayerNorm(trainable=False), PRelu(trainable=False)])
def test_frozen_ones_pass_the_gradient_on(frozen):
    check([Dense(4, Tanh(), SOME), frozen], shape=(3,))


def test_maxout_is_a_reshape_and_a_pool():
    pieces = [Dense(6, Identity(), SOME), Reshape([2, 1, 3]), MaxPool2D((2, 1)), Flatten()]
    check(pieces, shape=(3,))
    check([conv(2, 2), Reshape([3, 8]), Flatten()])
    with pytest.raises(ShapeError, match="4 x 1 is 4 numbers, found 6 numbers a row") as caught:
        network_of([Dense(6), Reshape([4, 1])], (2,))
    assert caught.value.key == "[1]"


def test_residual_blocks_nested_and_first_and_last():
    inner = Residual([Dense(3, Tanh(), SOME), PRelu()])
    check([Residual([Dense(4, Tanh(), SOME), Dense(3, Identity(), SOME), inner])], shape=(3,))
    check([conv(2, 1), Residual([conv(2, 3, padding="same"), BatchNorm()]), Flatten()])
    check([Dense(3, Tanh(), SOME), Residual([inner, Dropout(0.5)]), inner], shape=(3,))


def test_a_block_that_ends_in_another_shape_is_refused_with_its_place():
    with pytest.raises(ShapeError, match=r"shape of its input, \(3\), found \(4\)") as caught:
        network_of([Dense(3), Residual([Dense(4)])], (2,))
    assert caught.value.key == "[1]"
    with pytest.raises(ShapeError, match="conv2d expects rows of shape") as caught:
        network_of([Residual([Dense(2), conv()])], (2,))
    assert caught.value.key == "[0].layers[1]"


def test_shapes_that_do_not_fit_name_the_fix():
    with pytest.raises(ShapeError, match=r"found \(64,\): network.input.shape says"):
        conv().output_shape((64,))
    with pytest.raises(ShapeError, match="flatten turns images into features"):
        Dense(3).output_shape((4, 5, 2))
    with pytest.raises(ShapeError, match="a window of 3 x 3 doesn't fit into 2 x 5"):
        conv().output_shape((2, 5, 1))
    with pytest.raises(ValueError, match=r"kernel_size: expected a number, or \[height, width\]"):
        Conv2D(2, (1, 2, 3))


# ---- CS231n, assignment 2: numbers published with its notebooks, images as (channels, y, x)


def spread(start, stop, *shape):
    return np.linspace(start, stop, num=int(np.prod(shape))).reshape(shape)


def outputs(layer, images, **tensors):
    """What a layer makes of images (rows, channels, height, width), in the same order."""
    x = np.ascontiguousarray(images.transpose(0, 2, 3, 1))
    network = network_of([layer, Flatten()], x.shape[1:])
    theta = network.initialize(np.random.default_rng(0))
    views = network.layout.views(theta)
    for name, values in tensors.items():
        views[f"hidden_1/{name}"][...] = values
    workspace = Workspace(network, len(x), theta, np.zeros(network.layout.trainable))
    buffers = workspace.buffers({"x": x.reshape(len(x), -1)})
    passes.forward(network, buffers)
    return buffers[0].y.transpose(0, 3, 1, 2)


def test_convolution_has_the_published_numbers():
    kernel = spread(-0.2, 0.3, 3, 3, 4, 4).transpose(2, 3, 1, 0)
    layer = conv(3, 4, strides=2, padding="same", activation=Identity())
    found = outputs(layer, spread(-0.1, 0.5, 2, 3, 4, 4), W=kernel, b=spread(-0.1, 0.2, 3))
    published = [
        [[-0.08759809, -0.10987781], [-0.18387192, -0.2109216]],
        [[0.21027089, 0.21661097], [0.22847626, 0.23004637]],
        [[0.50813986, 0.54309974], [0.64082444, 0.67101435]],
        [[-0.98053589, -1.03143541], [-1.19128892, -1.24695841]],
        [[0.69108355, 0.66880383], [0.59480972, 0.56776003]],
        [[2.36270298, 2.36904306], [2.38090835, 2.38247847]],
    ]
    np.testing.assert_allclose(found.reshape(6, 2, 2), published, atol=5e-9)


def test_max_pooling_has_the_published_numbers():
    found = outputs(MaxPool2D(), spread(-0.3, 0.4, 2, 3, 4, 4))
    published = [
        [[-0.26315789, -0.24842105], [-0.20421053, -0.18947368]],
        [[-0.14526316, -0.13052632], [-0.08631579, -0.07157895]],
        [[-0.02736842, -0.01263158], [0.03157895, 0.04631579]],
        [[0.09052632, 0.10526316], [0.14947368, 0.16421053]],
        [[0.20842105, 0.22315789], [0.26736842, 0.28210526]],
        [[0.32631579, 0.34105263], [0.38526316, 0.4]],
    ]
    np.testing.assert_allclose(found.reshape(6, 2, 2), published, atol=5e-9)


def test_spatial_batch_norm_leaves_each_channel_its_gamma_and_beta():
    """As its check: means 6, 7, 8 and standard deviations 3, 4, 5, of any images."""
    images = 4 * np.random.default_rng(0).normal(size=(2, 3, 4, 5)) + 10
    found = outputs(BatchNorm(), images, gamma=[3, 4, 5], beta=[6, 7, 8])
    np.testing.assert_allclose(found.mean(axis=(0, 2, 3)), [6, 7, 8], rtol=1e-12)
    np.testing.assert_allclose(found.std(axis=(0, 2, 3)), [3, 4, 5], rtol=1e-5)


@pytest.mark.parametrize("pool", [MaxPool2D(2), AveragePool2D(2)], ids=lambda pool: pool.name)
def test_arrays_of_dx_are_written_where_there_is_one(pool):
    """So that the memory of a step, told beforehand, counts those that are written."""
    layers = [pool, conv(2, padding="same"), conv(2, padding="same"), pool, Flatten()]
    problem = GradientProblem(network_of(layers, (4, 6, 1)), 3, 0)
    problem.gradient()
    network, arrays = problem.network, problem.plan.workspace._arrays
    for index, node in enumerate(network.nodes):
        named = {*node.layer.of_dx}
        written = {name for name in named if arrays[f"{node.name}/{name}"].any()}
        if index <= network.first_trained:
            assert not written, node.name
        else:  # the one ends as zeros, the other waits for a second block of images
            assert named - written <= {"free", "dW_part"}, node.name
