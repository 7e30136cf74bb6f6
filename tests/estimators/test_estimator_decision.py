"""A decision threshold of an estimator: that of the command line."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.metrics import f1_score

from nncli.sklearn import NNClassifier, NNRegressor

QUICK = {"network": {"hidden": []}, "training": {"epochs": 15}, "random_state": 0}
X, Y = make_classification(900, weights=[0.9], class_sep=0.6, flip_y=0.05, random_state=0)
LABELS = np.array(["well", "xill"])[Y]


def test_a_given_threshold_parts_the_labels():
    made = NNClassifier(**QUICK, decision={"threshold": 0.2}).fit(X, LABELS)
    second = made.predict_proba(X)[:, 1]
    assert made.threshold_ == 0.2
    assert made.predict(X).tolist() == made.classes_[(second > 0.2).astype(int)].tolist()
    plain = NNClassifier(**QUICK).fit(X, LABELS)
    assert plain.threshold_ is None
    np.testing.assert_array_equal(plain.predict_proba(X), made.predict_proba(X))
    assert plain.predict(X).tolist() != made.predict(X).tolist()


def test_a_threshold_is_chosen_on_the_validation_rows():
    keys = {**QUICK, "validation_fraction": 0.3}
    made = NNClassifier(**keys, decision={"maximize": "f1"}).fit(X, LABELS)
    assert made.threshold_ < 0.5
    plain = NNClassifier(**keys).fit(X, LABELS)
    scores = [f1_score(LABELS, each.predict(X), pos_label="xill") for each in (made, plain)]
    assert scores[0] > scores[1]
    assert clone(made).fit(X, LABELS).threshold_ == made.threshold_


@pytest.mark.parametrize(
    ("estimator", "y", "message"),
    [
        (NNClassifier(**QUICK, decision={"maximize": "f1"}), LABELS, "chosen on validation rows"),
        (NNClassifier(**QUICK, decision={"threshold": 2}), LABELS, "decision.threshold: expected"),
        (NNClassifier(**QUICK, decision={"threshold": 0.3}), np.arange(900) % 3, "has 3"),
        (NNRegressor(**QUICK, decision={"threshold": 0.3}), X[:, 0], "this is a regression"),
    ],
)
def test_a_decision_that_can_not_be_is_refused(estimator, y, message):
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, y)


def test_a_config_s_decision_is_the_estimator_s(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("data: {dataset: moons}\ndecision: {maximize: f1}\n")
    assert NNClassifier.from_config(path).decision == {"maximize": "f1"}
