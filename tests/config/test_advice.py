"""Keys that are right alone and not together are told before training, with what to write."""

import pytest

from nncli.assembly.build import build
from nncli.config.load import load

PLATEAU = (
    "data: {dataset: moons}",
    "training: {early_stopping: {patience: %s}}",
    "schedule: {type: reduce_on_plateau, patience: %s}",
)
TABLE = ["x,price", *(f"{x},{1000 * x}" for x in range(40))]


@pytest.fixture
def built(write):
    def call(*lines):
        return build(*load(write("a.yaml", *lines)))

    return call


@pytest.mark.parametrize(("plateau", "waits"), [(10, 20), (4, 10), (1, 10), (25, 50)])
def test_training_waits_twice_as_long_as_the_plateau(built, plateau, waits):
    training = built(PLATEAU[0], PLATEAU[1] % "auto", PLATEAU[2] % plateau).job.training
    assert training.early_stopping.patience == waits


STEP = (
    "data: {dataset: xor_gate}\n"
    "network: {hidden: [{type: dense, units: 2%s}], output: %s}\n"
    "loss: %s"
)


@pytest.mark.parametrize(
    ("hidden", "output", "told"),
    [
        (", activation: step", "{}", "hidden_1 can't learn, for the slope of step in hidden_1"),
        ("", "{activation: step}", "hidden_1, output can't learn"),
        (", activation: step, trainable: false", "{}", ""),
        ("", "{}", ""),
    ],
)
def test_what_lies_up_to_a_step_is_told_not_to_learn(built, hidden, output, told):
    found = [
        line
        for line in built(STEP % (hidden, output, "mse" if "step" in output else "auto")).warnings
        if "slope" in line
    ]
    assert len(found) == bool(told)
    assert all(told in line for line in found)


def test_training_without_a_plateau_waits_10_epochs(built):
    assert built(PLATEAU[0], PLATEAU[1] % "auto").job.training.early_stopping.patience == 10


@pytest.mark.parametrize(("stopping", "plateau", "is_told"), [(10, 10, 1), (10, 20, 1), (10, 9, 0)])
def test_plateau_that_waits_as_long_as_training_does_is_told(built, stopping, plateau, is_told):
    lines = [PLATEAU[0], PLATEAU[1] % stopping, PLATEAU[2] % plateau]
    told = [line for line in built(*lines).warnings if line.startswith("schedule.patience")]
    assert len(told) == is_told
    assert all(line.endswith("training ends before a lower rate is tried") for line in told)


def test_patience_that_watches_something_else_is_not_compared(built):
    plateau = "schedule: {type: reduce_on_plateau, patience: 20, monitor: loss}"
    assert built(PLATEAU[0], PLATEAU[1] % 10, plateau).warnings == ()


@pytest.mark.parametrize(("delta", "is_told"), [(5000, True), (1, False)])
def test_delta_in_the_target_s_units_is_told_with_the_scaled_one(built, write, delta, is_told):
    write("h.csv", *TABLE)
    loss = f"loss: {{type: huber, delta: {delta}}}"
    told = [
        line
        for line in built("data: {path: h.csv, target: price}", loss).warnings
        if line.startswith("loss.delta")
    ]
    assert bool(told) == is_told
    if told:
        assert "is of the scaled target, where 1 is 1.1" in told[0]
        assert "there is 5000 of price)" in told[0]


def test_summary_says_what_delta_is_of_the_target(write, nncli):
    write("h.csv", *TABLE)
    config = write(
        "a.yaml", "data: {path: h.csv, target: price}", "loss: huber", "training: {epochs: 1}"
    )
    assert "delta 1 is 1.1" in nncli("train", config, "--set", "output.plots=[]").err


def test_unscaled_target_has_delta_in_its_own_units(built, write):
    write("h.csv", *TABLE)
    lines = (
        "data: {path: h.csv, target: price, preprocessing: none}",
        "loss: {type: huber, delta: 1000000}",
    )
    assert not [line for line in built(*lines).warnings if "delta" in line]
