"""Permutation importance, partial dependence and correlation, of models written out by hand."""

import numpy as np
import pytest

from nncli.influence.correlation import correlated_pairs
from nncli.influence.importance import permutation_importance
from nncli.influence.influence import influence_of
from nncli.influence.loss_per_row import log_losses, loss_of, rmse
from nncli.influence.partial_dependence import partial_dependence
from nncli.parts.table import Table

ROWS = np.arange(200)
X = np.random.default_rng(0).normal(size=(200, 3))


def numbers(y: np.ndarray) -> Table:
    return Table(X, y.reshape(200, -1), ("a", "b", "c"))


def test_importance_is_the_loss_that_permuting_a_column_costs():
    """Of y = 3a + b predicted right, sqrt(2) times the spread of what a column gives."""
    table = numbers(3 * X[:, 0] + X[:, 1])
    found = permutation_importance(lambda x: 3 * x[:, :1] + x[:, 1:2], table, ROWS, seed=0)
    assert [column.name for column in found.columns] == ["a", "b", "c"]
    assert (found.measure, found.base, found.rows, found.repeats) == ("RMSE", 0.0, 200, 10)
    spreads = [3 * X[:, 0].std(), X[:, 1].std()]
    means = [column.mean for column in found.columns]
    assert means[:2] == pytest.approx(np.sqrt(2) * np.array(spreads), rel=0.1)
    assert (means[2], found.columns[2].deviation) == (0.0, 0.0)
    assert [column.is_clear for column in found.columns] == [True, True, False]


def test_importance_of_a_class_is_in_log_loss():
    """P(yes) = 0.9 where a > 0: permuting a costs ln 9 in every row that changes sides."""
    truth = (X[:, 0] > 0).astype(int)
    table = Table(X, truth, ("a", "b", "c"), classes=("no", "yes"))

    def predict(x):
        yes = np.where(x[:, 0] > 0, 0.9, 0.1)
        return np.column_stack([1 - yes, yes])

    found = permutation_importance(predict, table, ROWS, seed=1)
    assert (found.measure, found.base) == ("log loss", pytest.approx(-np.log(0.9)))
    share = 2 * truth.mean() * (1 - truth.mean())
    assert found.columns[0].mean == pytest.approx(np.log(9) * share, rel=0.1)


def test_the_same_seed_gives_the_same_importance_whatever_fits_into_memory(monkeypatch):
    table = numbers(X[:, 0])
    found = [permutation_importance(lambda x: x[:, :1], table, ROWS, seed=s) for s in (3, 3, 4)]
    assert found[0] == found[1] != found[2]
    monkeypatch.setattr("nncli.influence.importance.BLOCK_VALUES", 1)
    assert permutation_importance(lambda x: x[:, :1], table, ROWS, seed=3) == found[0]


def test_of_very_many_columns_those_that_matter_are_looked_at_closely():
    x = np.random.default_rng(0).normal(size=(60, 200))
    table = Table(x, x[:, [150]], tuple(f"c{place}" for place in range(200)))
    found = permutation_importance(lambda x: x[:, [150]], table, np.arange(60), seed=0)
    assert found.columns[0].name == "c150"
    assert (len(found.columns), found.of_columns) == (30, 200)


def test_a_large_network_is_asked_about_fewer_rows():
    table = numbers(X[:, 0])
    found = permutation_importance(lambda x: x[:, :1], table, ROWS, seed=0, work=10**9)
    assert (found.rows, found.of_rows) == (30, 200)


def test_losses_of_every_task():
    shares = np.array([[0.25, 0.75], [1.0, 0.0]])
    assert log_losses(shares, np.array([1, 0])) == pytest.approx([-np.log(0.75), 0.0])
    assert log_losses(shares, np.array([1, 1]))[1] == pytest.approx(-np.log(np.finfo(float).eps))
    labels = np.array([[1.0, 0.0], [1.0, 0.0]])
    assert log_losses(shares, labels)[0] == pytest.approx(-np.log(0.25))
    truth = np.array([[0.0, 0.0], [2.0, 200.0]])
    assert rmse(truth + np.array([1.0, 100.0]), truth) == 1.0  # each in its own spread
    assert loss_of("regression", 2)[0].startswith("RMSE in standard deviations")


def test_dependence_follows_a_column_and_averages_over_the_others():
    table = numbers(X[:, 0])
    found = partial_dependence(lambda x: x[:, :1] ** 2 + x[:, 1:2], table, ROWS, ["a"])[0]
    sample = X[np.linspace(0, 199, 200).round().astype(int), 1].mean()
    assert found.means[:, 0] == pytest.approx(found.positions**2 + sample)
    assert found.positions[[0, -1]] == pytest.approx(np.quantile(X[:, 0], [0.01, 0.99]))
    assert found.deciles == pytest.approx(np.quantile(X[:, 0], np.arange(1, 10) / 10))


def test_dependence_on_categories_is_told_by_their_names():
    x = np.column_stack([np.arange(200) % 20, X[:, 0]]).astype(float)
    names = tuple(f"k{place}" for place in range(25))  # of some no row is
    table = Table(x, x[:, :1], ("kind", "a"), categories={"kind": names})
    found = partial_dependence(lambda x: x[:, :1], table, ROWS, ["kind"])[0]
    assert found.categories == tuple(f"k{place}" for place in range(12))
    assert found.means[:, 0].tolist() == found.positions.tolist()
    assert found.of_categories == 20


def test_missing_cells_are_no_value_to_be_set():
    x = X.copy()
    x[::3, 0] = np.nan
    table = Table(x, X[:, :1], ("a", "b", "c"))
    found = influence_of(lambda x: np.nan_to_num(x[:, :1]), table, ROWS, ROWS, seed=0)
    assert np.isfinite(found.dependence[0].positions).all()
    assert found.importance.columns[0].name == "a"


def test_columns_that_go_together_are_told_by_rank():
    x = np.column_stack([X[:, 0], np.exp(3 * X[:, 0]), -X[:, 0] + 0.1 * X[:, 1], X[:, 2]])
    x[5, 1] = np.nan
    table = Table(x, x[:, :1], ("a", "b", "c", "d"))
    pairs = correlated_pairs(table, ROWS, ["a", "b", "c", "d"])
    found = {(pair.first, pair.second): pair.correlation for pair in pairs}
    assert list(found) == [("a", "b"), ("b", "c"), ("a", "c")]
    assert found["a", "b"] == pytest.approx(1.0)
    assert found["a", "c"] < -0.9
