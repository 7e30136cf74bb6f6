"""Encodings by the estimators: the command line's weights, and copies that stay what they are."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from nncli.sklearn import NNClassifier, NNRegressor

NUMERIC = [
    {"encode": "piecewise_linear"},
    {"encode": "piecewise_linear", "bins": 3},
    {"scale": "quantile"},
    {"scale": "robust_clip"},
]


def rows(count=120):
    random = np.random.default_rng(4)
    x = random.lognormal(0, 3, (count, 3))
    x[:, 2] = np.arange(count) % 2
    return x, (np.log(x[:, 0]) > 0).astype(int)


@pytest.mark.parametrize("numeric", NUMERIC)
@pytest.mark.parametrize("kind", [NNClassifier, NNRegressor])
def test_an_estimator_encodes_and_stays_as_it_is(kind, numeric):
    x, y = rows()
    made = kind(preprocessing={"numeric": numeric}, training={"epochs": 20}, random_state=1)
    made.fit(x, y)
    assert made.score(x, y) > 0.35
    far = np.array([[1e300, -1e300, 7.0]])
    assert np.isfinite(made.predict(far)).all()
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(made)).predict(x), made.predict(x))
    np.testing.assert_array_equal(clone(made).fit(x, y).predict(x), made.predict(x))
    width = made.model_.preprocessing.width
    assert made.weights_["hidden_1/W"].shape[0] == width >= 3
