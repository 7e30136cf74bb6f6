"""Combinations that would train on nonsense without a word are refused."""

import pytest

from nncli.assembly.build import build
from nncli.config.load import load
from nncli.engine.job import Seeds
from nncli.errors import ConfigError
from nncli.parts.activations import Softplus
from nncli.parts.datasets import Iris

NORM = "network: {hidden: [8, {type: batch_norm}]}"
COUNTS = "data: {dataset: {type: inline, x: [[0], [1], [2]], y: [0, 1, 1]}, preprocessing: {%s}}"


def problem(tmp_path, *lines):
    path = tmp_path / "c.yaml"
    path.write_text("\n".join(lines))
    with pytest.raises(ConfigError) as caught:
        build(*load(path))
    return caught.value.problems[0]


def test_batch_norm_refuses_a_batch_of_the_one_row_left_over(tmp_path):
    # 150 rows, batches of 149: the second batch would have one row, whose variance is 0
    training = "training: {batch_size: 149}"
    found = problem(tmp_path, "data: {dataset: iris, split: none}", NORM, training)
    assert found.path == "training.batch_size"
    assert found.message.endswith("150 rows by 149 leave one")


@pytest.mark.parametrize("loss", ["poisson", "binary_cross_entropy"])
def test_loss_with_a_domain_refuses_scaled_targets(tmp_path, loss):
    activation = {"poisson": "softplus"}.get(loss, "sigmoid")
    found = problem(
        tmp_path,
        COUNTS % "target: {scale: standard}",
        f"network: {{output: {{activation: {activation}}}}}",
        f"loss: {loss}",
    )
    assert found.path == "data.preprocessing.target.scale"


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "adagrad"])
def test_epsilon_that_float32_takes_for_0_is_refused(tmp_path, optimizer):
    found = problem(
        tmp_path,
        "data: {dataset: iris}",
        f"optimizer: {{type: {optimizer}, epsilon: 1e-46}}",
        "training: {dtype: float32}",
    )
    assert found.path == "optimizer.epsilon"


def test_seed_of_one_stream_leaves_the_others_at_0(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("data: {dataset: iris}\nseed: {split: 3}")
    assert load(path)[0].seeds == Seeds(split=3, init=0, shuffle=0, dropout=0)


def test_counts_are_predicted_by_an_activation_that_can_be_any_count(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("\n".join([COUNTS % "", "loss: poisson"]))
    output = build(*load(path)).experiment.network.output
    assert (output.activation, output.units) == (Softplus(), 1)


@pytest.mark.parametrize(
    ("refusal", "message"),
    [
        (MemoryError("no 8 PiB"), "too large for this machine: no 8 PiB"),
        (ValueError("array is too big"), "too large for this machine: array is too big"),
        (
            UnicodeEncodeError("ascii", "é.csv", 0, 1, "ordinal not in range"),
            "this locale has no ascii spelling of the file's name",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_data_that_can_not_be_had_is_a_problem_of_its_key(tmp_path, monkeypatch, refusal, message):
    def refuse(dataset):
        raise refusal

    monkeypatch.setattr(Iris, "load", refuse)
    found = problem(tmp_path, "data: {dataset: iris}")
    assert (found.path, found.message) == ("data.dataset", message)
