"""Estimators without arguments: what did best on tables, where rows can be held back to stop by."""

import numpy as np
import pytest

from nncli.sklearn import NNClassifier, NNRegressor

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(120, 3))
Y = np.sin(2 * X[:, 0]) + X[:, 1]
LAYERS = ["feature_scale", "dense", "dropout", "dense", "dropout"]


def layers(model) -> list[str]:
    return [layer.name for layer in model.model_.experiment.network.hidden]


def test_one_network_stops_by_rows_held_back():
    model = NNRegressor(random_state=0).fit(X, Y)
    given = model.model_.experiment
    assert layers(model) == LAYERS
    assert given.data.preprocessing.numeric.encode == "piecewise_linear"
    assert (given.training.batch_size, given.training.dtype) == (32, "float32")
    assert given.training.early_stopping.monitor == "val_loss"
    assert given.data.split.val == 0.15
    assert model.score(X, Y) > 0.8


def test_members_of_an_ensemble_stop_by_folds_of_all_rows():
    model = NNClassifier(ensemble={"members": 2}, random_state=0).fit(X, Y > 0)
    assert [layer.name for layer in model.networks_[1].model.experiment.network.hidden] == LAYERS
    assert sorted(model.held_out_rows_) == [*range(120)]


@pytest.mark.parametrize(
    "parameters",
    [
        {"network": {"hidden": [4]}},
        {"optimizer": {"type": "adam"}},
        {"training": {"epochs": 2}},
        {"validation_fraction": 0},
        {"validation_fraction": 0.0, "preprocessing": "none"},
    ],
)
def test_whoever_says_how_to_train_trains_on_all_rows(parameters):
    model = NNRegressor(**{"training": None, **parameters}, random_state=0).fit(X[:101], Y[:101])
    assert set(layers(model)) == {"dense"}
    assert "val_loss" not in model.history_


def test_few_rows_all_train_and_so_do_those_of_a_class_with_few():
    assert layers(NNRegressor(random_state=0).fit(X[:99], Y[:99])) == ["dense"]
    y = np.arange(120) < 7
    assert layers(NNClassifier(random_state=0).fit(X, y)) == ["dense"]
    assert layers(NNClassifier(random_state=0).fit(X, np.arange(120) < 8)) == LAYERS


def test_preprocessing_is_filled_in_by_kind_of_column():
    model = NNRegressor(preprocessing={"numeric": {"scale": "minmax"}}, random_state=0).fit(X, Y)
    assert model.model_.experiment.data.preprocessing.numeric.encode == "none"
    assert layers(model) == LAYERS
