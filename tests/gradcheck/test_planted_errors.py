"""A sign flipped anywhere in a backward pass is found."""

import numpy as np
import pytest
from planted_errors import (
    SOME,
    differences_taken_once,
    flipped_activation,
    network,
    plant_each,
    right_jobs,
    wrong_parts,
)

from nncli.engine.operations import Elementwise
from nncli.gradcheck import gradient_check
from nncli.gradcheck.gradient_check import check_gradients
from nncli.gradcheck.objectives import DataLoss
from nncli.parts.activations import Identity, Tanh
from nncli.parts.layers import Dense

WRONG = list(wrong_parts())
RIGHT = dict(right_jobs())


@pytest.mark.parametrize(
    "job", [job for *_, job in WRONG], ids=[", ".join(words) for *words, _ in WRONG]
)
def test_a_flipped_sign_in_any_part_is_found(job):
    assert check_gradients(job, job.start()).wrong


@pytest.mark.parametrize("job", RIGHT.values(), ids=RIGHT)
def test_every_negated_call_that_changes_the_gradient_is_found(job):
    with differences_taken_once():
        right = check_gradients(job, job.start())
        tried = list(plant_each(job))
    assert right.is_right
    assert not right.undecided
    assert [each for each in tried if each.is_neutral == each.is_found] == []
    assert any(each.is_found for each in tried)


def test_the_wrong_tensor_nearest_to_the_output_is_of_the_layer_with_the_mistake():
    wrong = flipped_activation(Tanh)()
    found = check_gradients(job := network(Dense(3, wrong, SOME, SOME)), job.start())
    assert [each.name for each in found.wrong] == [
        "hidden_1/dW",
        "hidden_1/db",
        "hidden_2/dW",
        "hidden_2/db",
    ]


@pytest.mark.parametrize("share", [1e-3, 1e-5])
def test_a_gradient_a_little_too_long_is_found(monkeypatch, share):
    class TooLong(DataLoss):
        def __init__(self, plan, random):
            super().__init__(plan, random)
            factor = np.asarray(1.0 + share)
            self.backward.add(Elementwise(np.multiply, (plan.gradient, factor), plan.gradient))

    monkeypatch.setattr(gradient_check, "DataLoss", TooLong)
    job = network(Dense(3))
    assert len(check_gradients(job, job.start()).wrong) == 8


def test_a_gradient_that_is_not_written_is_found():
    class Forgetful(Dense):
        def backward(self, buffers):
            np.dot(buffers.ones, buffers.dy, out=buffers.grads["b"])
            np.dot(buffers.dy, buffers.params["W"].T, out=buffers.dx)

    job = network(Forgetful(3, Identity(), SOME, SOME))
    (wrong,) = check_gradients(job, job.start()).wrong
    assert wrong.name == "hidden_2/dW"
    assert wrong.worst.relative_error == np.inf
