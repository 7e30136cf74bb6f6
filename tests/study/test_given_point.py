"""The given point: where a config, as it is, lies in its own search space."""

import pytest
from study_spaces import EXAMPLE, space_of

from nncli.study.given_point import given_point


def given(space, rest=""):
    """Its cells, without the empty ones."""
    space = space_of(space, rest)
    return {key: text for key, text in space.cells(given_point(space)).items() if text}


@pytest.mark.parametrize(
    ("rest", "cells"),
    [
        pytest.param(
            "",
            {"network.hidden.0": "16", "optimizer": "adam", "optimizer.learning_rate": "0.01"},
            id="defaults count, auto is no value",
        ),
        pytest.param(
            "optimizer: {type: sgd, lr: 0.05, momentum: 0.75}\ntraining: {batch_size: 32}\n",
            {
                "network.hidden.0": "16",
                "training.batch_size": "32",
                "optimizer": "sgd",
                "optimizer.momentum": "0.75",
                "optimizer.learning_rate": "0.05",
            },
            id="an option with a range inside, and a key searched by itself",
        ),
        pytest.param(
            "optimizer: {type: sgd, momentum: 0.1}\nnetwork: {hidden: [4]}\n",
            {"optimizer.learning_rate": "0.01"},
            id="outside of a range inside an option: no option",
        ),
        pytest.param(
            "optimizer: {type: adam, epsilon: 1e-3}\nnetwork: {hidden: [4]}\n",
            {"optimizer.learning_rate": "0.01"},
            id="an option's other keys count",
        ),
        pytest.param(
            "optimizer: {type: adam, learning_rate: 5}\n",
            {"network.hidden.0": "16", "optimizer": "adam"},
            id="a key searched by itself doesn't make another option",
        ),
        pytest.param(
            "optimizer: lbfgs\n", {"network.hidden.0": "16"}, id="another part, without the key"
        ),
    ],
)
def test_where_a_config_lies(rest, cells):
    assert given(EXAMPLE, rest) == cells


def test_integers_are_floats_of_a_range_of_floats():
    assert given("training.clip_grad_norm: {low: 0.5, high: 10.0}", "training: {clip_grad_norm: 3}")
    space = space_of("optimizer.lr: {low: 0.1, high: 2}", "optimizer: {type: sgd, lr: 1}")
    assert repr(given_point(space)) == "{'optimizer.lr': 1.0}"


def test_lists_blocks_and_null():
    space = "network.hidden: [[16], [32, 16]]\ntraining.early_stopping: [{patience: 5}, null]"
    assert given(space) == {"network.hidden": "[16]", "training.early_stopping": "null"}
    rest = "training: {early_stopping: {patience: 5}}\nnetwork: {hidden: [32, 16]}"
    assert given(space, rest) == {
        "network.hidden": "[32, 16]",
        "training.early_stopping": "(patience 5)",
    }


def test_only_values_of_a_stepped_range_are_in_it():
    space = "optimizer.lr: {low: 0.1, high: 0.9, step: 0.2}"
    assert given(space, "optimizer: {type: sgd, lr: 0.30000000000000004}") == {}
    assert given(space, "optimizer: {type: sgd, lr: 0.3}") == {"optimizer.lr": "0.3"}
