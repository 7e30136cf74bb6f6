"""The flat vector: [ trainable | frozen | state ], and names for its parts."""

import numpy as np
import pytest

from nncli.engine.layout import Layout, Zone
from nncli.engine.network import Network
from nncli.parts.activations import Identity
from nncli.parts.layers import BatchNorm, Dense, Trained
from nncli.parts.losses import Mse


@pytest.fixture
def network():
    """3 -> frozen 2 -> batch_norm -> 1."""
    return Network((3,), [Dense(2, trainable=False), BatchNorm()], Dense(1, Identity()), Mse())


def test_trainable_tensors_come_first_then_frozen_ones_then_state(network):
    starts = {tensor.name: tensor.start for tensor in network.layout.tensors}
    assert starts == {
        "hidden_2/gamma": 0,  # trainable: 2 + 2 + 2 + 1 = 7
        "hidden_2/beta": 2,
        "output/W": 4,
        "output/b": 6,
        "hidden_1/W": 7,  # frozen: 3 * 2 + 2 = 8
        "hidden_1/b": 13,
        "hidden_2/moving_mean": 15,  # state: 2 + 2 = 4
        "hidden_2/moving_variance": 17,
    }
    assert (network.layout.trainable, network.layout.size) == (7, 19)


def test_tensors_are_listed_in_the_order_of_the_network(network):
    names = [tensor.name.split("/")[0] for tensor in network.layout.tensors]
    assert names == ["hidden_1"] * 2 + ["hidden_2"] * 4 + ["output"] * 2


def test_tensors_tile_the_vector_without_gap_or_overlap(network):
    tensors = network.layout.tensors
    taken = [index for t in tensors for index in range(t.start, t.start + t.size)]
    assert sorted(taken) == list(range(network.layout.size))


def test_views_share_the_memory_of_the_vector():
    layout = Layout([("a/W", (2, 3), Zone.TRAINED), ("a/b", (3,), Zone.TRAINED)])
    flat = np.zeros(layout.size)
    views = layout.views(flat)
    views["a/W"][1, 0] = 7.0  # row-major: index 1 * 3 + 0
    flat[6] = 8.0
    assert flat[3] == 7.0
    assert views["a/b"][0] == 8.0


def test_views_of_a_gradient_leave_out_what_no_gradient_moves(network):
    gradient = np.zeros(network.layout.trainable)
    names = ["hidden_2/gamma", "hidden_2/beta", "output/W", "output/b"]
    assert list(network.layout.views(gradient)) == names


def test_initial_values_are_those_of_each_tensor_s_initializer(network):
    views = network.layout.views(network.initialize(np.random.default_rng(0)))
    assert views["hidden_2/gamma"].tolist() == [1.0, 1.0]
    assert views["hidden_2/moving_variance"].tolist() == [1.0, 1.0]
    assert views["hidden_1/b"].tolist() == [0.0, 0.0]
    assert len(np.unique(views["hidden_1/W"])) == 6


def test_one_tensor_of_a_layer_may_be_frozen_alone():
    hidden = [Dense(2, trainable=Trained(b=False)), Dense(2, trainable=Trained(W=False))]
    output = Dense(1, Identity(), bias=False, trainable=Trained(b=False))
    network = Network((3,), hidden, output, Mse())
    starts = {tensor.name: tensor.start for tensor in network.layout.tensors}
    assert starts == {
        "hidden_1/W": 0,  # trained: 3 * 2 + 2 + 2 * 1 = 10
        "hidden_2/b": 6,
        "output/W": 8,
        "hidden_1/b": 10,  # frozen: 2 + 2 * 2 = 6
        "hidden_2/W": 12,
    }
    assert (network.layout.trainable, network.layout.size) == (10, 16)
    assert [node.frozen for node in network.nodes] == ["b frozen", "W frozen", ""]
    alone = Dense(1, Identity(), bias=False, trainable=Trained(W=False))
    assert not alone.is_trainable
    assert Network((3,), [Dense(2)], alone, Mse()).nodes[-1].frozen == "frozen"
