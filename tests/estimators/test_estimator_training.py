"""Training by estimators: the command line's numbers, weights, validation, what is kept."""

import pickle

import numpy as np
import pytest
import threadpoolctl
from safetensors.numpy import load_file
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score

from nncli.cli.main import run
from nncli.config.dump import to_yaml
from nncli.parts.datasets import Iris, LinearRegression
from nncli.sklearn import NNClassifier, NNRegressor
from nncli.sklearn import fitting as nncli_training

QUICK = {"epochs": 5}
SMALL = {
    "network": {"hidden": [{"type": "dense", "units": 8}, {"type": "dropout", "rate": 0.1}]},
    "optimizer": {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9},
    "schedule": "cosine",
    "training": {"epochs": 6, "batch_size": 16},
}


def trained_by_command(folder, config):
    """The weights that `nncli train` leaves."""
    path, runs = folder / "same.yaml", folder / "runs"
    path.write_text(to_yaml({**config, "output": {"plots": []}}))
    assert run(["train", str(path), "--quiet", "--runs-dir", str(runs)]) == 0
    return load_file(runs / "same-001" / "model.safetensors")


def assert_same(weights, expected):
    assert weights.keys() == expected.keys()
    for name, tensor in weights.items():
        np.testing.assert_array_equal(tensor, expected[name], err_msg=name)


def test_classifier_and_command_train_the_same_weights(tmp_path):
    data = {"dataset": "iris", "split": "none"}
    expected = trained_by_command(tmp_path, {"data": data, "seed": 7, **SMALL})
    table = Iris().load()
    estimator = NNClassifier(**SMALL, random_state=7)
    estimator.fit(table.x, np.array(table.classes)[table.y])
    assert_same(estimator.weights_, expected)


def test_validation_rows_are_those_of_the_command(tmp_path):
    stopping = {"early_stopping": {"patience": 3}, "class_weight": {"setosa": 3.0}}
    blocks = {**SMALL, "training": {"epochs": 40, **stopping}}
    data = {"dataset": "iris", "split": {"type": "stratified", "val": 0.2}}
    expected = trained_by_command(tmp_path, {"data": data, "seed": 3, **blocks})
    table = Iris().load()
    estimator = NNClassifier(**blocks, validation_fraction=0.2, random_state=3)
    estimator.fit(table.x, np.array(table.classes)[table.y])
    assert_same(estimator.weights_, expected)


def test_regressor_and_command_train_the_same_weights(tmp_path):
    data = {"dataset": {"type": "linear_regression", "samples": 100}, "split": "none"}
    seeds = {"split": 0, "init": 5, "shuffle": 6, "dropout": 7}
    expected = trained_by_command(tmp_path, {"data": data, "seed": seeds, **SMALL})
    table = LinearRegression(samples=100).load()
    estimator = NNRegressor(**SMALL, random_state=seeds).fit(table.x, table.y[:, 0])
    assert_same(estimator.weights_, expected)


def test_sample_weights_are_those_of_a_table(tmp_path):
    random = np.random.default_rng(0)
    X, y, weights = random.random((40, 2)), random.random(40), random.random(40) + 0.1
    lines = [",".join(map(repr, row)) for row in np.column_stack([X, y, weights]).tolist()]
    (tmp_path / "rows.csv").write_text("\n".join(["a,b,y,w", *lines]) + "\n")
    data = {"path": "rows.csv", "target": "y", "task": "regression", "sample_weight": "w"}
    config = {"data": {**data, "split": "none", "preprocessing": "none"}, "seed": 0, **SMALL}
    estimator = NNRegressor(**SMALL, preprocessing="none", random_state=0)
    estimator.fit(X, y, sample_weight=weights)
    assert_same(estimator.weights_, trained_by_command(tmp_path, config))


def test_same_random_state_gives_the_same_weights_and_another_gives_others():
    X, y = load_iris(return_X_y=True)

    def theta(random_state):
        return NNClassifier(training=QUICK, random_state=random_state).fit(X, y).theta_

    np.testing.assert_array_equal(theta(1), theta(1))
    assert not np.array_equal(theta(1), theta(2))
    stream = np.random.RandomState(1)
    assert not np.array_equal(theta(stream), theta(stream))
    np.testing.assert_array_equal(theta(np.random.RandomState(1)), theta(np.random.RandomState(1)))
    assert not np.array_equal(theta(None), theta(None))


@pytest.mark.parametrize("estimator", [NNClassifier, NNRegressor])
def test_rows_of_weight_0_are_as_good_as_absent(estimator):
    X, y = load_iris(return_X_y=True)
    weights = np.where(y == 2, 0.0, 1.0)  # a class that is wholly absent
    one = estimator(training=QUICK, random_state=0).fit(X, y, sample_weight=weights)
    other = estimator(training=QUICK, random_state=0).fit(X[y < 2], y[y < 2])
    np.testing.assert_allclose(one.theta_, other.theta_, rtol=1e-9)


def test_scaling_counts_a_row_of_weight_2_twice():
    random = np.random.default_rng(0)
    X, y, weights = random.random((9, 3)), random.random((9, 2)), random.integers(1, 4, 9)
    X[2, 1] = np.nan
    steps = {"numeric": {"impute": "mean"}}
    blocks = {"preprocessing": steps, "training": {"epochs": 3, "batch_size": "full"}}
    X[:, 2] = 0.1  # without spread
    one = NNRegressor(**blocks, random_state=0).fit(X, y, sample_weight=weights)
    fitted = one.model_.preprocessing
    filled = np.where(np.isnan(X), np.nanmean(X, axis=0), X).repeat(weights, axis=0)
    expected = [*filled[:, :2].std(axis=0), 0.0]  # the last never varies
    np.testing.assert_allclose([f.shift for f in fitted.features], filled.mean(axis=0))
    np.testing.assert_allclose([f.scale for f in fitted.features], expected)
    np.testing.assert_allclose(fitted.target.shift, y.repeat(weights, axis=0).mean(axis=0))
    np.testing.assert_allclose(fitted.target.scale, y.repeat(weights, axis=0).std(axis=0))


def test_negative_sample_weight_is_refused():
    with pytest.raises(ValueError, match=r"sample_weight\[1\]: expected a number >= 0, found -1"):
        NNRegressor().fit([[0.0], [1.0]], [0.0, 1.0], sample_weight=[1, -1])


def test_class_weight_goes_by_label():
    X, y = load_breast_cancer(return_X_y=True)
    few = {"network": {"hidden": []}, "random_state": 0}

    def share_of_ones(class_weight):
        block = {"epochs": 20, "class_weight": class_weight}
        return NNClassifier(training=block, **few).fit(X, y).predict(X).mean()

    assert share_of_ones({1: 100.0}) > share_of_ones(None) > share_of_ones({0: 100.0})
    assert share_of_ones({1: 100.0}) == share_of_ones({"1": 100.0})


def test_history_is_the_metrics_file_and_loss_its_last_value():
    X, y = load_iris(return_X_y=True)
    estimator = NNClassifier(
        training=QUICK, evaluation={"metrics": ["accuracy"]}, validation_fraction=0.2
    ).fit(X, y)
    assert estimator.n_iter_ == 5
    assert estimator.history_["epoch"].tolist() == [0, 1, 2, 3, 4, 5]
    assert {"loss", "val_loss", "accuracy", "val_accuracy"} < estimator.history_.keys()
    assert estimator.loss_ == estimator.history_["loss"][-1]


def test_early_stopping_keeps_the_best_epoch_of_the_validation_rows():
    X, y = load_diabetes(return_X_y=True)
    stopping = {"early_stopping": {"patience": 5}}
    estimator = NNRegressor(training=stopping, validation_fraction=0.2, random_state=0).fit(X, y)
    best = estimator.history_["val_loss"].argmin()
    assert estimator.n_iter_ == best + 5 < 200
    assert estimator.loss_ == estimator.history_["loss"][best]


def test_a_class_of_one_row_is_not_held_back():
    X = np.arange(8.0)[:, None]
    with pytest.raises(ValueError, match="row 8: column 'target': class '1' has this row alone"):
        NNClassifier(validation_fraction=0.5).fit(X, [0, 0, 0, 0, 0, 0, 0, 1])


def test_several_targets_are_learnt_together_and_keep_their_shape():
    X = np.random.default_rng(0).random((200, 3))
    Y = np.column_stack([X.sum(axis=1), 100.0 * X[:, 0] - 3.0])
    estimator = NNRegressor(random_state=0).fit(X, Y)
    assert estimator.predict(X).shape == (200, 2)
    assert estimator.score(X, Y) > 0.99
    assert estimator.fit(X, Y[:, :1]).predict(X).shape == (200, 1)
    assert estimator.fit(X, Y[:, 0]).predict(X).shape == (200,)


@pytest.mark.parametrize("labels", [["b", "a"], [True, False], [2.0, -1.0], [7, 10**18]])
def test_labels_of_any_kind_come_back(labels):
    X = np.array([[0.0], [1.0]] * 10)
    y = np.array(labels * 10)
    estimator = NNClassifier(random_state=0).fit(X, y)
    assert estimator.classes_.tolist() == sorted(labels)
    np.testing.assert_array_equal(estimator.predict(X), y)


@pytest.mark.parametrize("parameters", [{}, {"network": {"hidden": [8]}}])
def test_nan_is_imputed_as_in_a_table(parameters):
    X, y = load_iris(return_X_y=True)
    gaps = X.copy()
    gaps[::7, 1] = np.nan
    for train in (X, gaps):
        model = NNClassifier(**parameters, random_state=0).fit(train, y)
        assert model.score(gaps, y) > 0.9


@pytest.mark.parametrize("preprocessing", ["none", {"numeric": {"impute": "none"}}])
def test_nan_is_refused_where_nothing_is_to_stand_in(preprocessing):
    X, y = load_iris(return_X_y=True)
    X[::7, 1] = np.nan
    with pytest.raises(ValueError, match="contains NaN"):
        NNClassifier(preprocessing=preprocessing).fit(X, y)


def test_pickled_estimator_predicts_the_same():
    X, y = load_iris(return_X_y=True)
    estimator = NNClassifier(training=QUICK, random_state=0).fit(X, y)
    copy = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(copy.predict_proba(X), estimator.predict_proba(X))
    assert_same(copy.weights_, estimator.weights_)


def test_weights_by_name_are_what_predicts():
    X = np.random.default_rng(0).random((20, 2))
    estimator = NNRegressor(network={"hidden": []}, training=QUICK, preprocessing="none")
    weights = estimator.fit(X, X[:, 0]).weights_
    assert {name: tensor.shape for name, tensor in weights.items()} == {
        "output/W": (2, 1),
        "output/b": (1,),
    }
    expected = X @ weights["output/W"][:, 0] + weights["output/b"]
    np.testing.assert_allclose(estimator.predict(X), expected)


def test_training_and_scoring_hold_blas_to_the_threads_asked_for(monkeypatch):
    seen = {"train": set(), "completed": set(), "chosen_for": set()}

    def note(name):
        pools = threadpoolctl.threadpool_info()
        seen[name] |= {pool["num_threads"] for pool in pools if pool["user_api"] == "blas"}

    def noting(name, function):
        return lambda *arguments: note(name) or function(*arguments)

    def spy(job, state, train=nncli_training.train):
        for report in train(job, state):
            note("train")
            yield report

    monkeypatch.setattr(nncli_training, "train", spy)
    for name in ("completed", "chosen_for"):
        monkeypatch.setattr(nncli_training, name, noting(name, getattr(nncli_training, name)))
    X, y = load_iris(return_X_y=True)
    NNClassifier(training={**QUICK, "threads": 1}).fit(X, y)
    assert list(seen.values()) == [{1}] * 3


# Means of 10 seeds (diabetes: 5), 5 folds each: iris 0.958, breast cancer 0.972, diabetes 0.32;
# standard deviations between seeds 0.008, 0.004 and 0.016. Four of them are left as margin.
@pytest.mark.parametrize(
    ("estimator", "load", "least"),
    [
        (NNClassifier, load_iris, 0.926),
        (NNClassifier, load_breast_cancer, 0.956),
        (NNRegressor, load_diabetes, 0.26),
    ],
)
def test_defaults_do_well_without_a_pipeline(estimator, load, least):
    X, y = load(return_X_y=True)
    folds = StratifiedKFold if estimator is NNClassifier else KFold
    parts = folds(5, shuffle=True, random_state=0)
    assert cross_val_score(estimator(random_state=0), X, y, cv=parts).mean() > least
