"""`ensemble`: several networks in one estimator, as `nncli train` has them in one study."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import log_loss

from nncli import study
from nncli.artifacts.open_model import trained_model
from nncli.sklearn import NNClassifier, NNRegressor

BLOCKS = {
    "network": {"hidden": [4]},
    "optimizer": {"type": "adam", "learning_rate": 0.05},
    "training": {"epochs": 6, "batch_size": 16, "early_stopping": {"patience": 2}},
}
THREE = {"members": 3}


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(1)
    X = random.normal(size=(90, 3)).round(3)
    y = (X[:, 0] + random.normal(0, 0.5, 90) > 0).astype(int)
    return X, y


@pytest.fixture(scope="module")
def fitted(rows):
    return NNClassifier(**BLOCKS, ensemble=THREE, random_state=0).fit(*rows)


def test_probabilities_are_the_mean_of_the_members(fitted, rows):
    alone = []
    for network in fitted.networks_:
        one = clone(fitted).set_params(ensemble=None).fit(*rows)
        one.networks_ = (network,)
        alone.append(one.predict_proba(rows[0]))
    assert len(alone) == 3
    assert fitted.predict_proba(rows[0]) == pytest.approx(np.mean(alone, axis=0))


def test_held_out_predictions_are_of_every_row_and_honest(fitted, rows):
    X, y = rows
    assert np.array_equal(fitted.held_out_rows_, np.arange(len(X)))
    held_out = log_loss(y, fitted.held_out_predictions_)
    assert held_out > log_loss(y, fitted.predict_proba(X))


def test_members_are_named_among_the_weights_and_have_a_history_each(fitted):
    assert {name.split("/")[0] for name in fitted.weights_} == {"member-1", "member-2", "member-3"}
    assert fitted.weights_["member-2/hidden_1/W"].shape == (3, 4)
    assert fitted.n_iter_ == sum(int(each["epoch"][-1]) for each in fitted.history_)
    assert len(fitted.theta_) == sum(tensor.size for tensor in fitted.weights_.values())


def test_numbers_and_other_seeds(rows):
    X, _ = rows
    y = 3 * X[:, 1] + 1
    model = NNRegressor(
        **BLOCKS, ensemble={"members": 2, "by": "seeds"}, validation_fraction=0.2, random_state=0
    ).fit(X, y)
    assert len(model.held_out_rows_) == 18
    assert model.held_out_predictions_[:, 0] == pytest.approx(
        model.predict(X[model.held_out_rows_])
    )


def test_threshold_is_chosen_on_rows_held_out(rows):
    model = NNClassifier(**BLOCKS, ensemble=THREE, decision={"maximize": "f1"}, random_state=0)
    model.fit(*rows)
    predicted = model.held_out_predictions_[:, 1] > model.threshold_
    half = model.held_out_predictions_[:, 1] > 0.5
    assert f1(predicted, rows[1]) >= f1(half, rows[1])


def f1(predicted, truth):
    return 2 * np.sum(predicted & (truth == 1)) / (predicted.sum() + truth.sum())


def test_more_members_than_rows_are_refused(rows):
    with pytest.raises(ValueError, match="100 members of 90 rows"):
        NNClassifier(**BLOCKS, ensemble={"members": 100}).fit(*rows)


def test_one_from_an_ensemble_s_folder_answers_as_that(tmp_path, rows):
    lines = [f"{a},{b},{c},{'yes' if y else 'no'}" for (a, b, c), y in zip(*rows, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,c,kind", *lines]))
    config = tmp_path / "t.yaml"
    config.write_text(
        "data: {path: t.csv, target: kind}\nnetwork: {hidden: [4]}\ntraining: {epochs: 2}\n"
        "ensemble: {members: 2}\noutput: {plots: []}\n"
    )
    path = study.run(config, runs_dir=tmp_path).path
    model, trained = NNClassifier.from_run(path), trained_model(path)
    columns = dict(zip("abc", rows[0].T, strict=True))
    expected = trained.predict(trained.model.read_given(columns))
    assert np.array_equal(model.predict_proba(columns), expected)
    assert model.classes_.tolist() == ["no", "yes"]
    assert len(model.networks_) == 2
