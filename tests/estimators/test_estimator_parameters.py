"""Parameters: a config's blocks as Python values, with a config's messages."""

import numpy as np
import pytest
from sklearn.base import clone

from nncli.sklearn import NNClassifier, NNRegressor

XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
ONE_EPOCH = {"epochs": 1}


def fit(estimator):
    return estimator.fit(XOR, np.array([0, 1, 1, 0]))


def problems(**parameters):
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the whole message is compared
        fit(NNClassifier(**parameters))
    return str(raised.value).splitlines()


def test_defaults_are_those_of_a_config():
    experiment = fit(NNClassifier(training=ONE_EPOCH)).model_.experiment
    assert [layer.units for layer in experiment.network.hidden] == [16]
    assert experiment.optimizer.learning_rate == 0.01
    assert experiment.data.preprocessing.numeric.scale == "standard"
    assert experiment.training.batch_size == "full"  # 4 rows


@pytest.mark.parametrize(
    ("given", "same"),
    [
        ({"hidden": [8]}, {"hidden": (np.int64(8),)}),
        ({"hidden": [8, 4]}, {"hidden": np.array([8, 4])}),
        ({"hidden": [8]}, {"hidden": [{"type": "fully_connected", "units": 8}]}),
    ],
)
def test_values_of_several_types_declare_the_same_network(given, same):
    one, other = (
        fit(NNClassifier(network=block, training=ONE_EPOCH, random_state=0)).theta_
        for block in (given, same)
    )
    np.testing.assert_array_equal(one, other)


def test_parameters_are_kept_as_given():
    block = {"hidden": [8]}
    estimator = NNRegressor(network=block, optimizer={"type": "sgd", "lr": 0.01})
    assert estimator.get_params()["network"] is block
    fit(estimator)
    assert block == {"hidden": [8]}
    assert clone(estimator).get_params() == estimator.get_params()
    assert estimator.set_params(loss="huber").loss == "huber"


def test_every_problem_is_named_at_once_by_its_key():
    assert problems(
        network={"hiden": [3]},
        optimizer={"type": "adan"},
        training={"epochs": 0},
        preprocessing={"numeric": {"scale": "standart"}},
        validation_fraction=1.5,
        random_state=-1,
    ) == [
        "network.hiden: unknown key (did you mean 'hidden'?)",
        "optimizer.type: unknown optimizer 'adan' (did you mean 'adam'?)",
        "training.epochs: expected an integer >= 1, found 0",
        "preprocessing.numeric.scale: expected standard, minmax, robust, none, quantile, "
        "robust_clip or auto, found 'standart' (did you mean 'standard'?)",
        "validation_fraction: expected a number >= 0 and < 1, found 1.5",
        "random_state: expected an integer >= 0, found -1",
    ]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"network": {"input": 3}}, "network.input: expected 2, the features of the data, found 3"),
        (
            {"network": {"output": {"units": 3}}},
            "network.output.units: expected 1 or 2, found 3 (data.classes lists those that no row "
            "has, too)",
        ),
        ({"network": 3}, "network: expected a block of keys (input, hidden, ...), found 3"),
        ({"loss": {1, 2}}, "loss: expected a loss (its name or a block) or auto, found {1, 2}"),
        (
            {"optimizer": "lbfgs", "training": {"batch_size": 2}},
            "training.batch_size: lbfgs needs all rows at once: use full",
        ),
        ({"validation_fraction": 0.01}, "a val share of 0.01 of 4 rows is no row at all"),
    ],
)
def test_what_only_data_or_two_keys_show_to_be_wrong(parameters, message):
    assert problems(**parameters) == [message]


def test_divergence_says_where_and_what_helps():
    optimizer = {"type": "sgd", "learning_rate": 1e300}
    (line,) = problems(network={"hidden": [4, 4]}, optimizer=optimizer, random_state=0)
    assert line.startswith("training diverged in epoch 1 at step 1: ")
    assert "a smaller optimizer.learning_rate" in line


@pytest.mark.parametrize("y", [[1, 1, 1, 1], ["a", "a", "a", "a"]])
def test_one_class_is_nothing_to_tell_apart(y):
    with pytest.raises(ValueError, match=r"y has 1 class, .: there is nothing to tell apart"):
        NNClassifier().fit(XOR, y)


def test_unfitted_estimator_has_no_weights():
    assert not hasattr(NNClassifier(), "weights_")
    with pytest.raises(ValueError, match="epochs"):
        fit(unfit := NNClassifier(training={"epochs": 0}))
    assert not hasattr(unfit, "weights_")


CONFIG = """
seed: {split: 1, init: 2, shuffle: 3, dropout: 4}
data:
  dataset: xor_gate
  preprocessing: none
network:
  hidden: [{type: dense, units: 3, kernel_initializer: {type: from_file, path: start.npz}}]
optimizer: {type: adam, lr: 0.05}
training: {epochs: 3}
"""


def test_blocks_come_out_of_a_config_file(tmp_path, monkeypatch):
    start = {"hidden_1/W": np.arange(6.0).reshape(2, 3)}
    np.savez(tmp_path / "start.npz", **start)
    (tmp_path / "xor.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    estimator = NNClassifier.from_config("xor.yaml", training={"epochs": 1})
    assert estimator.random_state == {"split": 1, "init": 2, "shuffle": 3, "dropout": 4}
    assert estimator.preprocessing == "none"
    assert estimator.optimizer["learning_rate"] == 0.05
    assert (estimator.loss, estimator.training) == ("auto", {"epochs": 1})
    monkeypatch.chdir("/")  # what the file names is found from anywhere
    moved = np.abs(fit(estimator).weights_["hidden_1/W"] - start["hidden_1/W"])
    assert moved.max() <= 0.05 * 1.001  # one step of adam, from the file's numbers


def test_problems_of_a_config_file_are_told_with_their_place(tmp_path):
    path = tmp_path / "typo.yaml"
    path.write_text("data: {dataset: iris}\nlos: mse\n")
    with pytest.raises(ValueError, match=r"typo\.yaml:2:1: los: unknown key") as raised:
        NNClassifier.from_config(path)
    assert "did you mean 'loss'?" in str(raised.value)


@pytest.mark.parametrize("as_lists", [False, True])
@pytest.mark.parametrize("shape", [(20, 4, 4, 1), (20, 4, 4)])
def test_arrays_of_more_axes_say_how_they_become_rows(shape, as_lists):
    X, y = np.random.default_rng(0).normal(size=shape), np.arange(20) % 2
    said = (
        rf"^X: expected \(rows, features\), found an array of shape \({', '.join(map(str, shape))}"
    )
    layers = [
        {"type": "reshape", "shape": [4, 4, 1]},
        {"type": "conv2d", "filters": 2, "kernel_size": 2},
        "flatten",
    ]
    for estimator in (NNClassifier(), NNRegressor()):
        with pytest.raises(ValueError, match=said):
            estimator.fit(X.tolist() if as_lists else X, y)
    fitted = NNClassifier(network={"hidden": layers}, training={"epochs": 1}).fit(
        X.reshape(20, -1), y
    )
    with pytest.raises(ValueError, match=said):
        fitted.predict(X.tolist() if as_lists else X)
