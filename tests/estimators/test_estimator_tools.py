"""scikit-learn's tools around the estimators, and the package's own imports."""

import subprocess
import sys

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from waiting import PATIENCE

from nncli.sklearn import NNClassifier, NNRegressor

QUICK = {"epochs": 20}


def test_grid_search_tries_blocks_and_refits_the_best():
    X, y = load_iris(return_X_y=True)
    grid = {
        "network": [{"hidden": []}, {"hidden": [8]}],
        "optimizer": ["adam", {"type": "sgd", "learning_rate": 1e-9}],
    }
    search = GridSearchCV(NNClassifier(training=QUICK, random_state=0), grid, cv=3).fit(X, y)
    assert search.best_params_["optimizer"] == "adam"
    assert search.best_estimator_.score(X, y) > 0.9
    assert len(search.cv_results_["params"]) == 4


def test_grid_search_in_two_processes_finds_what_one_does():
    X, y = load_iris(return_X_y=True)
    model = NNClassifier(training={**QUICK, "threads": 1}, random_state=0)
    grid = {"network": [{"hidden": [3]}, {"hidden": [8]}]}
    one, two = (GridSearchCV(model, grid, cv=2, n_jobs=jobs).fit(X, y) for jobs in (1, 2))
    for name in ("split0_test_score", "split1_test_score"):
        assert list(one.cv_results_[name]) == list(two.cv_results_[name])
    assert (two.predict(X) == one.predict(X)).all()


def test_pipeline_of_numbers_and_categories():
    random = np.random.default_rng(0)
    color, size = random.choice(["red", "green", "blue"], 120), random.random(120)
    y = np.where(color == "red", 3.0, 0.0) + size
    X = np.empty((120, 2), dtype=object)
    X[:, 0], X[:, 1] = color, size
    columns = ColumnTransformer([("c", OneHotEncoder(), [0]), ("n", StandardScaler(), [1])])
    network = NNRegressor(preprocessing={"numeric": {"scale": "none"}}, random_state=0)
    model = Pipeline([("columns", columns), ("network", network)])
    model.set_params(network__training={"epochs": 50})
    scores = cross_validate(model, X, y, cv=3, scoring=make_scorer(mean_absolute_error))
    assert scores["test_score"].max() < 0.1


def test_scaling_inside_is_the_scaling_of_a_pipeline():
    X, y = load_iris(return_X_y=True)
    inside = NNClassifier(training=QUICK, random_state=0).fit(X, y)
    unscaled = NNClassifier(training=QUICK, preprocessing="none", random_state=0)
    outside = make_pipeline(StandardScaler(), unscaled).fit(X, y)
    np.testing.assert_allclose(inside.predict_proba(X), outside.predict_proba(X), rtol=1e-6)


def test_sample_weights_reach_the_network_of_a_pipeline():
    X, y = load_iris(return_X_y=True)
    model = make_pipeline(NNClassifier(training=QUICK, random_state=0))
    model.fit(X, y, nnclassifier__sample_weight=np.where(y == 0, 1.0, 1e-6))
    assert (model.predict(X) == 0).mean() > 0.9


def test_nncli_itself_does_not_import_scikit_learn():
    code = "import sys, nncli.assembly.build, nncli.cli.main; assert 'sklearn' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE)
