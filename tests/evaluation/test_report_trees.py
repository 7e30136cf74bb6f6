"""Boosted trees beside the network, and which of the models is best by more than chance."""

from functools import partial

import numpy as np
import pytest
from report_samples import report
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss

from nncli.evaluation import boosted_trees as module
from nncli.evaluation.best_model import LINEAR, TREES, in_words
from nncli.evaluation.boosted_trees import ITERATIONS, Rows, boosted_trees
from nncli.parts.table import Table


@pytest.fixture(autouse=True)
def _as_many_as_there_are(monkeypatch):
    monkeypatch.setattr(module, "ITERATIONS", ITERATIONS)


def table(rows=120, classes=("no", "yes"), **changes):
    """Numbers with missing cells and a category that decide a class together."""
    random = np.random.default_rng(0)
    x = np.column_stack([random.normal(size=rows), random.integers(0, 3, rows)])
    y = ((x[:, 0] > 0) ^ (x[:, 1] == 1)).astype(int)
    x[::11, 0] = np.nan
    x[5, 1] = np.nan
    given = {"x": x, "y": y, "features": ("a", "b"), "classes": classes}
    return Table(**{**given, "categories": {"b": ("x", "y", "z")}, **changes})


def all_rows(made):
    return Rows(made, np.arange(len(made)))


def test_trees_are_scikit_learn_s_on_raw_columns():
    made = table()
    weights = np.random.default_rng(1).uniform(0.5, 1.5, len(made))
    trees = boosted_trees(all_rows(made), all_rows(made), weights, seed=3)
    model = HistGradientBoostingClassifier(
        categorical_features=[1], early_stopping=False, random_state=3
    )
    expected = model.fit(made.x, made.y, weights).predict_proba(made.x)
    np.testing.assert_array_equal(trees.predictions, expected)
    assert (trees.fitted_rows, trees.note) == (120, "")


def test_trees_are_those_before_their_training_loss_jumps(monkeypatch):
    made, rate = table(), 1.65  # large enough that it does
    sklearn_s = partial(HistGradientBoostingClassifier, learning_rate=rate)
    monkeypatch.setattr("sklearn.ensemble.HistGradientBoostingClassifier", sklearn_s)
    predictions = boosted_trees(all_rows(made), all_rows(made), None, seed=3).predictions
    model = sklearn_s(categorical_features=[1], early_stopping=False, random_state=3)
    stages = model.fit(made.x, made.y).staged_predict_proba(made.x)
    losses = [log_loss(made.y, each) for each in stages]
    assert log_loss(made.y, predictions) == min(losses) < losses[-1]


def test_trees_of_many_rows_are_those_with_the_lowest_loss_of_rows_held_out(monkeypatch):
    made = table()
    monkeypatch.setattr(module, "MAX_ROWS_TO_FIT", len(made) - 1)
    predictions = boosted_trees(all_rows(made), all_rows(made), None, seed=3).predictions
    model = HistGradientBoostingClassifier(
        categorical_features=[1], early_stopping=True, random_state=3
    ).fit(made.x, made.y)
    stages = [*model.staged_predict_proba(made.x)]
    assert len(stages) < ITERATIONS
    np.testing.assert_array_equal(predictions, stages[np.argmax(model.validation_score_) - 1])


def test_trees_of_many_rows_are_grown_where_a_class_has_a_single_one(monkeypatch):
    monkeypatch.setattr(module, "MAX_ROWS_TO_FIT", 50)
    y = np.append(np.arange(119) % 2, 2)
    made = table(y=y, classes=("a", "b", "c"))
    assert boosted_trees(all_rows(made), all_rows(made), None, seed=3).predictions is not None


def test_category_that_no_training_row_has_is_predicted_all_the_same():
    made = table()
    new = table(10, x=np.column_stack([np.zeros(10), np.full(10, 3.0)]), y=np.zeros(10, int))
    assert np.isfinite(boosted_trees(all_rows(made), all_rows(new), None, 0).predictions).all()


def test_numbers_of_many_categories_tell_trees_nothing_of_where_a_row_stands():
    """They are numbered as they come: in a table sorted by its target they would be its rank."""
    count = 1200
    names = {"a": tuple(f"title {row}" for row in range(count))}
    ranks = np.arange(count, dtype=float)
    x = np.column_stack([ranks, np.zeros(count)])
    made = table(x=x, y=ranks[:, None], classes=(), targets=("y",), categories=names)
    learnt, asked = Rows(made, np.arange(0, count, 2)), Rows(made, np.arange(1, count, 2))
    predictions = boosted_trees(learnt, asked, None, 0).predictions
    assert np.ptp(predictions) == 0


def test_of_many_categories_trees_know_the_frequent_ones():
    random, often = np.random.default_rng(0), 600
    codes = np.concatenate([np.arange(1000), np.repeat([7, 900], often // 2), [np.nan]])
    y = np.where(codes == 7, 5.0, random.normal(0, 0.1, len(codes)))[:, None]
    names = {"a": tuple(f"title {row}" for row in range(1000))}
    x = np.column_stack([codes, np.zeros(len(codes))])
    made = table(x=x, y=y, classes=(), targets=("y",), categories=names)
    later = table(x=np.array([[1000.0, 0.0]]), y=y[:1], classes=(), targets=("y",))
    assert boosted_trees(all_rows(made), all_rows(made), None, 0).predictions[1001] > 4
    assert boosted_trees(all_rows(made), all_rows(later), None, 0).predictions < 1


def test_class_without_training_rows_has_the_probability_0():
    made = table(classes=("no", "yes", "never"))
    predictions = boosted_trees(all_rows(made), all_rows(made), None, 0).predictions
    assert (predictions[:, 2] == 0).all()


def test_rows_of_one_class_are_predicted_so():
    made = table(y=np.ones(120, int))
    predictions = boosted_trees(all_rows(made), all_rows(made), None, 0).predictions
    assert (predictions == [0.0, 1.0]).all()


def test_labels_and_targets_have_trees_each():
    y = np.column_stack([table().y, np.ones(120)]).astype(float)
    pairs = (("no", "yes"), ("no", "yes"))
    labels = table(y=y, classes=(), labels=pairs, targets=("a", "b"))
    made = boosted_trees(all_rows(labels), all_rows(labels), None, 0).predictions
    assert ((made[:, 0] > 0.5) == (y[:, 0] == 1)).mean() > 0.9
    assert (made[:, 1] == 1).all()
    numbers = table(y=y * 1e300, classes=(), targets=("a", "b"))
    made = boosted_trees(all_rows(numbers), all_rows(numbers), None, 0).predictions
    assert np.abs(made - y * 1e300).mean() < 0.2e300


def test_large_tables_are_sampled_and_said_to_be(monkeypatch):
    monkeypatch.setattr(module, "MAX_CELLS", 100 * 2 * 50)
    monkeypatch.setattr(module, "MIN_ROWS", 40)
    made = table()
    trees = boosted_trees(all_rows(made), all_rows(made), None, 0)
    assert trees.fitted_rows == 50
    assert trees.note == "fitted on a random sample of 50 of 120 training rows"


def test_many_classes_have_fewer_iterations_or_none():
    names = tuple(f"class {number}" for number in range(15))
    made = table(classes=names, y=np.arange(120) % 15)
    trees = boosted_trees(all_rows(made), all_rows(made), None, 0)
    assert trees.note == "40 iterations, of the usual 100"
    many = table(classes=tuple(map(str, range(1_000))))
    none = boosted_trees(all_rows(many), all_rows(many), None, 0)
    assert none.predictions is None
    assert none.note == "left out, as 1,000 trees an iteration would take minutes"


def right(share, rows=400, seed=0):
    """Probabilities of two classes, right in that share of rows of class 1."""
    is_right = np.arange(rows) < share * rows
    return np.column_stack([~is_right, is_right]).astype(float)[
        np.random.default_rng(seed).permutation(rows)
    ]


def best(network, linear, trees, rows=400):
    truth = np.ones(rows, int)
    given = {LINEAR: right(linear, rows, 1), TREES: right(trees, rows, 2)}
    return report(right(network, rows), truth, "ab", baselines=given).best


def test_best_by_more_than_chance_is_said_with_p():
    found = best(0.80, 0.81, 0.95)
    assert (found.best, found.metric) == (TREES, "accuracy")
    assert set(found.behind) == {"network", LINEAR}
    assert found.words.startswith(
        "Boosted trees are best here, by more than chance: accuracy 0.95, beside the network 0.8 "
    )
    assert all(p < 0.05 for p in found.p.values())


def test_difference_that_may_be_chance_is_said_to_be():
    found = best(0.90, 0.91, 0.89)
    assert found.behind == ()
    assert found.words.startswith(
        "No difference beyond chance: accuracy of the network 0.9, the linear model 0.91 and "
        "boosted trees 0.89 on 400 rows (p 0."
    )


def test_those_that_share_the_best_are_named_with_the_one_behind():
    found = best(0.93, 0.94, 0.70)
    assert (found.best, found.level, found.behind) == (LINEAR, ("network",), (TREES,))
    assert found.words.startswith(
        "Best here are the linear model and the network, with no difference beyond chance between "
        "them: accuracy of the linear model 0.94 and the network 0.93, beside boosted trees 0.7 (p "
    )


def test_metric_that_is_better_low_is_best_low():
    truth = np.linspace(0, 1, 200)[:, None]
    given = {LINEAR: truth + 0.2, TREES: truth + 0.3 * np.sin(np.arange(200))[:, None]}
    made = report(
        truth + 0.01 * np.cos(np.arange(200))[:, None], truth, targets="y", baselines=given
    )
    assert made.best.best == "network"
    assert "The network is best here, by more than chance: mae 0.00" in made.best.words


def test_even_p_of_level_says_chance_no_more_often_than_it_should():
    """Of models that are equally good, one in twenty is called worse by chance, or fewer."""
    called = 0
    for seed in range(30):
        random = np.random.default_rng(seed)
        truth = np.ones(80, int)
        given = (random.random(80) < 0.85 for _ in range(2))
        network, trees = (np.column_stack([~each, each]).astype(float) for each in given)
        made = report(network, truth, "ab", baselines={TREES: trees})
        called += bool(made.best.behind)
    assert called <= 4  # of 30, at 5%: P(more) = 1.6%


def test_rows_that_taught_and_too_few_rows_have_no_best():
    assert best(0.5, 0.6, 0.9, rows=8) is None
    truth = np.ones(50, int)
    given = {TREES: right(0.9, 50)}
    assert report(right(0.5, 50), truth, "ab", baselines=given, name="train").best is None


def test_a_model_worse_than_one_that_is_behind_is_not_among_the_best():
    values, p = {"network": 0.65, LINEAR: 0.75, TREES: 1.2}, {LINEAR: 0.002, TREES: 0.3}
    assert in_words("rmse", values, "network", p, (LINEAR,), 60) == (
        "The network is best here: rmse 0.65, beside the linear model 0.75 (p 0.002) and boosted "
        "trees 1.2 (p 0.3, which may be chance)"
    )


@pytest.mark.parametrize("model", ["network", LINEAR, TREES])
def test_words_have_a_verb_that_fits(model):
    values = dict.fromkeys(("network", LINEAR, TREES), 0.5) | {model: 0.9}
    others = tuple(each for each in values if each != model)
    words = in_words("accuracy", values, model, dict.fromkeys(others, 0.01), others, 100)
    assert words.split(" best here")[0] in (
        "The network is",
        "The linear model is",
        "Boosted trees are",
    )
