"""The linear model, held against scikit-learn's."""

import numpy as np
import pytest
from sklearn import datasets
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeCV
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from nncli.engine.evaluator import EvaluationSet
from nncli.evaluation import linear_inputs
from nncli.evaluation import linear_model as module
from nncli.evaluation.linear_model import PENALTIES, STRENGTH, linear_model


def rows_of(x, truth, weights=None):
    x = x if isinstance(x, OnDisk) else np.asarray(x, float)
    return EvaluationSet({"x": x}, np.zeros((len(x), 1)), weights, truth=np.asarray(truth))


class OnDisk:
    """Rows that give slices and nothing else."""

    def __init__(self, x):
        self._x, self.shape, self.dtype = x, x.shape, x.dtype

    def __len__(self):
        return len(self._x)

    def __getitem__(self, rows):
        assert isinstance(rows, slice)
        return self._x[rows]


def predictions(train, rows=None, classes=0):
    return linear_model(train, rows or train, classes, seed=0).predictions


@pytest.fixture(autouse=True)
def one_thread():
    """As `evaluate` has it; more would wait for each other on a busy machine."""
    with threadpool_limits(1, user_api="blas"):
        yield


@pytest.fixture
def weights():
    return lambda count: np.random.default_rng(0).uniform(0.2, 1.8, count)


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer"])
@pytest.mark.parametrize("is_weighted", [False, True])
def test_probabilities_are_those_of_scikit_learn_s_logistic_regression(
    name, is_weighted, weights, monkeypatch
):
    monkeypatch.setattr(module, "MIN_CHOSEN_ROWS", 1000)
    x, truth = getattr(datasets, f"load_{name}")(return_X_y=True)
    chosen = weights(len(x)) if is_weighted else np.ones(len(x))
    classes = truth.max() + 1
    scaled = StandardScaler().fit_transform(x)
    model = LogisticRegression(C=STRENGTH, solver="newton-cg", tol=1e-8, max_iter=10_000)
    model.fit(scaled, truth, chosen / chosen.mean())
    made = predictions(rows_of(x, truth, chosen if is_weighted else None), classes=classes)
    np.testing.assert_allclose(made, model.predict_proba(scaled), atol=0.02)
    np.testing.assert_allclose(made.sum(axis=1), 1.0)


@pytest.mark.parametrize(("rows", "classes"), [(250, 2), (1200, 3)])
def test_penalty_of_a_logistic_regression_is_chosen_by_rows_held_out(rows, classes):
    random = np.random.default_rng(0)
    x = random.standard_normal((2 * rows, 150))
    truth = (x[:, :classes] + random.standard_normal((2 * rows, classes))).argmax(axis=1)
    train, new = (rows_of(x[half], truth[half]) for half in (slice(rows), slice(rows, None)))

    def loss(made):
        return -np.log(made[np.arange(rows), new.truth]).mean()

    scaled = StandardScaler().fit(train.x)
    at_10 = LogisticRegression(C=STRENGTH, max_iter=1000).fit(
        scaled.transform(train.x), train.truth
    )
    assert loss(predictions(train, new, classes)) < loss(
        at_10.predict_proba(scaled.transform(new.x))
    )
    plain = rows_of(x[:rows, :classes] * 10, x[:rows, :classes].argmax(axis=1))
    made = predictions(plain, classes=classes)  # no noise: the weakest penalty is best
    scaled = StandardScaler().fit_transform(plain.x)
    at_10 = LogisticRegression(C=STRENGTH, max_iter=1000).fit(scaled, plain.truth)
    np.testing.assert_allclose(made, at_10.predict_proba(scaled), atol=1e-3)


@pytest.mark.parametrize("is_weighted", [False, True])
def test_numbers_are_those_of_scikit_learn_s_ridge_regression(is_weighted, weights):
    x, truth = datasets.load_diabetes(return_X_y=True)
    truth = np.column_stack([truth, truth**2])
    chosen = weights(len(x)) if is_weighted else np.ones(len(x))
    scaled, largest = StandardScaler().fit_transform(x), truth.max(axis=0)
    model = RidgeCV(alphas=PENALTIES).fit(scaled, truth / largest, chosen / chosen.mean())
    made = predictions(rows_of(x, truth, chosen if is_weighted else None))
    np.testing.assert_allclose(made, model.predict(scaled) * largest, rtol=1e-9)


def test_more_columns_than_rows_are_ridged_as_scikit_learn_does():
    random = np.random.default_rng(0)
    x, truth = random.standard_normal((30, 100)), random.standard_normal((30, 1))
    scaled, largest = StandardScaler().fit_transform(x), np.abs(truth).max()
    model = RidgeCV(alphas=PENALTIES).fit(scaled, truth[:, 0] / largest)
    made = predictions(rows_of(x, truth))
    np.testing.assert_allclose(made[:, 0], model.predict(scaled) * largest, rtol=1e-6)


@pytest.mark.parametrize("count", [3, 4, 20])
def test_line_is_found_exactly_however_few_its_rows(count):
    x = np.arange(count)[:, None] ** 1.5
    made = predictions(rows_of(x, 3 * x - 2), rows_of([[100.0]], [[0.0]]))
    np.testing.assert_allclose(made, [[298.0]], rtol=1e-4)


def test_gate_that_a_line_can_separate_is_learnt_and_xor_is_not():
    x = [[0, 0], [0, 1], [1, 0], [1, 1]]
    made = predictions(rows_of(x, [0, 0, 0, 1]), classes=2)
    np.testing.assert_array_equal(made.argmax(axis=1), [0, 0, 0, 1])
    np.testing.assert_allclose(predictions(rows_of(x, [0, 1, 1, 0]), classes=2), 0.5)


def test_class_without_training_rows_gets_the_probability_0():
    random = np.random.default_rng(0)
    x, truth = random.standard_normal((40, 2)), random.integers(0, 2, 40) * 2  # 0 and 2 of 4
    made = predictions(rows_of(x, truth), classes=4)
    assert (made[:, [1, 3]] == 0).all()
    np.testing.assert_allclose(made.sum(axis=1), 1.0)


def test_only_class_there_is_gets_all_of_it():
    made = predictions(rows_of(np.eye(3), [1, 1, 1]), classes=2)
    np.testing.assert_array_equal(made, [[0, 1]] * 3)


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_rows_for_a_line_are_predicted_by_about_their_mean(count):
    made = predictions(rows_of(np.eye(2)[:count], np.full((count, 1), 5.0)))
    np.testing.assert_allclose(made, np.full((count, 1), 5.0))


def test_constant_target_is_predicted_as_it_is():
    made = predictions(rows_of(np.random.default_rng(0).random((9, 2)), np.full((9, 1), 3.0)))
    np.testing.assert_allclose(made, 3.0)


def test_constant_and_repeated_columns_change_nothing():
    random = np.random.default_rng(0)
    x, truth = random.standard_normal((50, 3)), random.standard_normal((50, 1))
    wide = np.column_stack([x, np.full(50, 0.1)])
    made = predictions(rows_of(x, truth))
    np.testing.assert_allclose(predictions(rows_of(wide, truth)), made, rtol=1e-9)
    twice = predictions(rows_of(np.column_stack([x, x]), truth))
    assert np.isfinite(twice).all()


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_size_of_the_numbers_does_not_matter(scale):
    random = np.random.default_rng(0)
    x, truth = random.standard_normal((50, 2)), random.standard_normal((50, 1))
    made = predictions(rows_of(x, truth))
    np.testing.assert_allclose(predictions(rows_of(x * scale, truth)), made)
    np.testing.assert_allclose(predictions(rows_of(x, truth * scale)) / scale, made)


def test_inputs_that_are_not_finite_are_predicted_nan():
    train = rows_of(np.random.default_rng(0).standard_normal((20, 2)), np.arange(20) % 2)
    made = predictions(train, rows_of([[np.inf, 0], [0, np.nan], [0, 0]], [0, 0, 0]), classes=2)
    assert np.isnan(made).all(axis=1).tolist() == [True, True, False]


def test_rows_on_disk_are_read_by_slices_and_give_the_same(monkeypatch):
    random = np.random.default_rng(0)
    x, truth = random.standard_normal((500, 4)), random.integers(0, 3, 500)
    inside = predictions(rows_of(x, truth), classes=3)
    monkeypatch.setattr(linear_inputs, "BLOCK_VALUES", 4 * 37)
    outside = predictions(rows_of(OnDisk(x), truth), classes=3)
    np.testing.assert_allclose(outside, inside, rtol=1e-12)


def test_very_many_rows_are_sampled_and_said_to_be(monkeypatch):
    monkeypatch.setattr(module, "MAX_ROWS", 2_000)
    random = np.random.default_rng(0)
    x = random.standard_normal((20_000, 3))
    truth = x @ [[1.0], [2.0], [3.0]] + random.standard_normal((20_000, 1))
    first, again, other = (
        linear_model(rows_of(x, truth), rows_of(x, truth), 0, seed=seed) for seed in (0, 0, 1)
    )
    assert first.fitted_rows == 2_000
    np.testing.assert_array_equal(first.predictions, again.predictions)
    assert (first.predictions != other.predictions).any()
    whole = LinearRegression().fit(x, truth).predict(x)
    np.testing.assert_allclose(first.predictions, whole, atol=0.4)


def test_thousand_classes_are_fitted_in_seconds():
    random = np.random.default_rng(0)
    x, truth = random.standard_normal((800, 10)), random.integers(0, 1000, 800)
    made = linear_model(rows_of(x, truth), rows_of(x[:5], truth[:5]), 1000, seed=0)
    assert made.predictions.shape == (5, 1000)
