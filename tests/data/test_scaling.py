"""Statistics of the training rows, and of no other."""

import json
from dataclasses import replace

import numpy as np
import pytest

from nncli.assembly.build import build
from nncli.config.load import load
from nncli.data.fitted_columns import PreprocessingSteps
from nncli.data.preprocessing import Preprocessing
from nncli.data.scaling import Scaling
from nncli.parts.datasets import Iris, LinearRegression
from nncli.parts.table import Table

METHODS = ["standard", "minmax", "robust", "none"]
COLUMN = np.array([[1.0], [2.0], [3.0], [4.0], [10.0]])


@pytest.fixture
def x():
    """Columns of very different sizes."""
    return np.random.default_rng(0).normal([0.0, 1e6, -1e-6], [1.0, 10.0, 1e-9], (50, 3))


@pytest.mark.parametrize(
    ("method", "shift", "scale"),
    [
        # mean 20 / 5; squares of (-3, -2, -1, 0, 6) sum to 50, and 50 / 5 = 10
        ("standard", 4.0, np.sqrt(10.0)),
        ("minmax", 1.0, 9.0),  # 10 - 1
        ("robust", 3.0, 2.0),  # median; quartiles 2 and 4
        ("none", 0.0, 1.0),
    ],
)
def test_statistics_are_the_hand_worked_ones(method, shift, scale):
    fitted = Scaling.fit(method, COLUMN)
    assert fitted.shift == [shift]
    assert fitted.scale == pytest.approx([scale], rel=1e-15)
    assert fitted.fitted_rows == 5


def test_standard_columns_have_mean_0_and_deviation_1(x):
    scaled = Scaling.fit("standard", x).apply(x)
    np.testing.assert_allclose(scaled.mean(axis=0), 0.0, atol=1e-8)
    np.testing.assert_allclose(scaled.std(axis=0), 1.0, rtol=1e-8)


def test_minmax_columns_fill_0_to_1(x):
    scaled = Scaling.fit("minmax", x).apply(x)
    np.testing.assert_array_equal(scaled.min(axis=0), 0.0)
    np.testing.assert_array_equal(scaled.max(axis=0), 1.0)


@pytest.mark.parametrize("method", METHODS)
def test_undo_brings_the_values_back(x, method):
    fitted = Scaling.fit(method, x)
    np.testing.assert_allclose(fitted.undo(fitted.apply(x)), x, rtol=1e-12)


@pytest.mark.parametrize("method", ["standard", "minmax", "robust"])
@pytest.mark.parametrize("value", [0.0, 3.0, 0.1, 1e9, -1e-9])
def test_a_constant_column_is_only_shifted(method, value):
    # the mean of many 0.1 isn't exactly 0.1: the spread that leaves is no spread
    constant = np.full((1001, 1), value)
    fitted = Scaling.fit(method, constant)
    assert fitted.scale == [1.0]
    np.testing.assert_allclose(fitted.apply(constant), 0.0, atol=1e-6)


@pytest.mark.parametrize("method", ["standard", "minmax", "robust"])
def test_one_row_is_only_shifted(method):
    assert Scaling.fit(method, np.array([[5.0, -2.0]])).apply(np.array([[6.0, -2.0]])).tolist() == [
        [1.0, 0.0]
    ]


def test_preprocessing_survives_its_json(x):
    y = np.linspace(0.0, 1.0, len(x))[:, None]
    table = Table(x, y, tuple(f"x{j}" for j in range(x.shape[1])))
    steps = PreprocessingSteps("robust", "median", "most_frequent", "ignore")
    fitted = Preprocessing.fit(table, np.arange(len(x)), steps, "standard")
    assert Preprocessing.from_json(json.loads(json.dumps(fitted.to_json()))) == fitted


# ---- in a whole experiment


@pytest.fixture
def build_with(tmp_path, monkeypatch):
    """build_with(dataset, change): build a config, after `change` of the table it loads."""
    cls = {"iris": Iris, "linear_regression": LinearRegression}

    def make(dataset, change=lambda table: table):
        path = tmp_path / "experiment.yaml"
        path.write_text(f"data: {{dataset: {dataset}}}")
        with monkeypatch.context() as patch:
            original = cls[dataset].load
            patch.setattr(cls[dataset], "load", lambda self: change(original(self)))
            return build(*load(path))

    return make


@pytest.mark.parametrize("dataset", ["iris", "linear_regression"])
@pytest.mark.parametrize("held_back", ["val", "test"])
def test_rows_held_back_change_no_statistic_and_no_training_row(build_with, dataset, held_back):
    before = build_with(dataset)
    rows = before.rows.named()[held_back]

    def spoil(table):
        x, y = table.x.copy(), table.y.copy()
        x[rows] = 1e6
        if not table.classes:  # classes decide who is in which split
            y[rows] = -1e6
        return replace(table, x=x, y=y)

    after = build_with(dataset, spoil)
    np.testing.assert_array_equal(after.rows.train, before.rows.train)
    assert after.preprocessing == before.preprocessing
    np.testing.assert_array_equal(after.job.train.x, before.job.train.x)
    np.testing.assert_array_equal(after.job.train.targets, before.job.train.targets)


def test_a_training_row_does_change_the_statistics(build_with):
    before = build_with("iris")

    def spoil(table):
        x = table.x.copy()
        x[before.rows.train[0]] = 1e6
        return replace(table, x=x)

    assert build_with("iris", spoil).preprocessing != before.preprocessing


def test_training_rows_are_counted_and_scaled(build_with):
    made = build_with("iris")
    assert made.preprocessing.fitted_rows == len(made.rows.train) == 105
    np.testing.assert_allclose(made.job.train.x.mean(axis=0), 0.0, atol=1e-12)
    assert np.abs(made.evaluation_set("test").x.mean(axis=0)).min() > 1e-6
