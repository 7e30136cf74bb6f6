"""NNClassifier with several labels: what scikit-learn's tools give and take."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.datasets import make_multilabel_classification
from sklearn.model_selection import cross_val_score
from sklearn.neural_network import MLPClassifier

from nncli.sklearn import NNClassifier

X, Y = make_multilabel_classification(200, 6, n_classes=3, random_state=0)
QUICK = {"training": {"epochs": 30}, "random_state": 0}


def test_a_y_of_zeros_and_ones_in_columns_is_several_labels():
    model = NNClassifier(**QUICK).fit(X, Y)
    assert model.model_.network.output.activation.name == "sigmoid"
    assert model.model_.network.loss.name == "binary_cross_entropy"
    assert model.classes_.tolist() == [0, 1, 2]
    probabilities = model.predict_proba(X)
    assert probabilities.shape == Y.shape
    np.testing.assert_array_equal(model.predict(X), (probabilities > 0.5).astype(int))
    assert model.score(X, Y) == (model.predict(X) == Y).all(axis=1).mean()
    assert set(model.history_) >= {"accuracy", "hamming_loss", "f1_micro"}


@pytest.mark.parametrize("kind", [list, csr_matrix, lambda y: y.astype(bool)])
def test_labels_may_come_in_other_containers(kind):
    first = NNClassifier(**QUICK).fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(NNClassifier(**QUICK).fit(X, kind(Y)).predict_proba(X), first)


def test_labels_are_learnt_about_as_well_as_by_scikit_learn():
    own = NNClassifier(network={"hidden": [16]}, training={"epochs": 100}, random_state=0)
    other = MLPClassifier((16,), max_iter=100, random_state=0)
    with pytest.warns(UserWarning, match="(?i)converge"):
        other.fit(X, Y)
    assert own.fit(X, Y).score(X, Y) > other.score(X, Y) - 0.05


def test_part_of_the_rows_validates_with_its_share_of_each_label():
    model = NNClassifier(**QUICK, validation_fraction=0.25).fit(X, Y)
    assert "val_f1_macro" in model.history_


def test_a_model_fitted_on_labels_can_be_fitted_on_classes_again():
    model = NNClassifier(**QUICK).fit(X, Y)
    assert set(model.fit(X, Y[:, 0]).predict(X)) <= {0, 1}


def test_labels_can_be_cross_validated():
    scores = cross_val_score(NNClassifier(**QUICK), X, Y, cv=3, scoring="f1_macro")
    assert (scores > 0.3).all()


def test_class_weights_are_refused_by_name():
    model = NNClassifier(training={"epochs": 1, "class_weight": "balanced"})
    with pytest.raises(ValueError, match="class_weight: it weighs the classes of a single target"):
        model.fit(X, Y)
