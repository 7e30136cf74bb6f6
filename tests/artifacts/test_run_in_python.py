"""`nncli.Run` and `from_run`: a run in Python answers as `nncli predict` does."""

import csv
import doctest
import json
import pickle
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.inspection import permutation_importance

import nncli.study
from nncli import Run
from nncli.errors import CorruptRun, UserError
from nncli.sklearn import NNClassifier, NNRegressor

ROWS = [
    ("city", "big", "on", "day", "level", "mm", "rain", "amount"),
    *(
        (
            "Köln" if n % 3 else "Bonn",
            ("", "low", "mid", "high")[n % 4],
            "yes" if n % 2 else "no",
            f"{1 + n % 28:02}.{1 + n % 12:02}.2026",
            n * n % 17 / 2,
            "" if n % 5 == 0 else n % 7,
            int(n % 3 == 0),
            0.5 * n,
        )
        for n in range(48)
    ),
]
BLOCK = """
data:
  path: table.csv
  target: {target}
  task: {task}
  split: {{type: random, train: 0.7, val: 0.3, test: 0.0}}
  features: {{exclude: {exclude}}}
  columns:
    big: {{order: [low, mid, high]}}
    day: {{type: date, format: "%d.%m.%Y"}}
  preprocessing: {{numeric: {{missing_indicator: true, encode: piecewise_linear, bins: 4}}}}
training: {{epochs: 4}}
seed: 1
output: {{plots: []}}
"""


def _trained(folder: Path, name: str, **keys: str) -> Path:
    folder = folder / name
    folder.mkdir()
    with open(folder / "table.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(ROWS)
    (folder / f"{name}.yaml").write_text(BLOCK.format(**keys), encoding="utf-8")
    done = nncli.study.run(folder / f"{name}.yaml", seeds=1, runs_dir=folder)
    return done.path / "seed-0"


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    return _trained(
        tmp_path_factory.mktemp("run"), "classes", target="rain", task="binary", exclude="[amount]"
    )


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    return _trained(
        tmp_path_factory.mktemp("run"),
        "numbers",
        target="[amount, level]",
        task="regression",
        exclude="[rain]",
    )


@pytest.fixture(scope="module")
def labels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    return _trained(folder, "labels", target="[rain, on]", task="multilabel", exclude="[amount]")


def _frame() -> pd.DataFrame:
    return pd.DataFrame([*ROWS[1:]], columns=ROWS[0]).replace("", None)


def _said(nncli, run: Path, *options: str) -> pd.DataFrame:
    """What the command says of the same rows."""
    done = nncli("predict", run, run.parents[1] / "table.csv", *options)
    assert done.code == 0, done.err
    (run / "../said.csv").write_text(done.out, encoding="utf-8")
    return pd.read_csv(run / "../said.csv")


def _as(kind: str, frame: pd.DataFrame) -> object:
    if kind == "dicts":
        return frame.to_dict("records")
    if kind == "columns":
        return frame.to_dict("list")
    if kind == "masked":
        return {n: np.ma.masked_array(frame[n].fillna("7"), frame[n].isna()) for n in frame}
    if kind == "dates":
        days = [date(2026, *map(int, (day[3:5], day[:2]))) for day in frame["day"]]
        return frame.assign(day=pd.Series(days, index=frame.index))
    if kind == "typed":
        days = pd.to_datetime(frame["day"], format="%d.%m.%Y")
        return frame.assign(
            day=days,
            on=frame["on"] == "yes",
            mm=pd.to_numeric(frame["mm"]).astype("Int64"),
            city=frame["city"].astype("category"),
        )
    return frame[frame.columns[::-1]]


@pytest.mark.parametrize("kind", ["frame", "dicts", "columns", "masked", "dates", "typed"])
def test_rows_of_every_form_are_answered_as_the_command_does(nncli, classes, kind):
    run, rows = Run(classes), _as(kind, _frame())
    said = _said(nncli, classes, "--probabilities")
    expected = said[["probability_0", "probability_1"]].to_numpy()
    np.testing.assert_array_equal(run.predict_proba(rows), expected)
    np.testing.assert_array_equal(run.predict(rows), said["prediction"])
    assert run.classes.tolist() == [0, 1]


def test_one_row_may_be_a_dict(classes):
    rows = _frame()
    one = rows.iloc[3].to_dict()
    assert Run(classes).predict(one).tolist() == [Run(classes).predict(rows)[3]]


def test_numbers_and_labels_are_answered_as_the_command_does(nncli, numbers, labels):
    said = _said(nncli, numbers)[["prediction_amount", "prediction_level"]]
    np.testing.assert_array_equal(Run(numbers).predict(_frame()), said.to_numpy())
    said = _said(nncli, labels, "--probabilities")
    run = Run(labels)
    expected = said[["probability_rain", "probability_on"]].to_numpy()
    np.testing.assert_array_equal(run.predict_proba(_frame()), expected)
    np.testing.assert_array_equal(run.predict(_frame())[:, 0], said["prediction_rain"])
    assert (run.classes.tolist(), run.targets) == (["rain", "on"], ["rain", "on"])
    with pytest.raises(UserError, match="numbers, which have no probabilities"):
        Run(numbers).predict_proba(_frame())


def test_what_a_run_knows_of_itself(nncli, iris_copy):
    run = Run(iris_copy.path)
    assert repr(run).startswith("Run('")
    assert run.config["seed"] == 42
    assert run.metrics == iris_copy.json("metrics.json")["metrics"]
    assert [*run.history] == [*iris_copy.rows[0]]
    assert run.history["loss"][-1] == float(iris_copy.rows[-1]["loss"])
    done = nncli("evaluate", iris_copy.path, "--json", "--no-plots")
    assert run.metrics["test"] == json.loads(done.out)["metrics"]
    (iris_copy.path / "metrics.csv").write_text("")
    with pytest.raises(CorruptRun, match=r"metrics\.csv"):
        _ = run.history


BAD = [
    (5, "expected a DataFrame, a list of dicts .* found int"),
    ([], "found no row"),
    ([{"a": 1}, {"b": 2}], "row 1: lacks 'b', which other rows have"),
    ({"a": [1, 2], "b": [1]}, "as many rows, found a 2, b 1"),
    (pd.DataFrame([[1, 2]], columns=["city", "city"]), "several columns are called 'city'"),
    (_frame().drop(columns="mm"), "lacks the column 'mm'"),
    (_frame().assign(mm="wet"), "row 1: column 'mm': expected a number, found 'wet'"),
    (_frame().assign(day="soon"), "column 'day': expected a date as %d.%m.%Y, found 'soon'"),
    (_frame().assign(mm=np.inf), "column 'mm': expected a finite number"),
    ({"city": np.zeros((2, 2))}, "expected columns of single values"),
]


@pytest.mark.parametrize(("rows", "said"), BAD)
def test_bad_rows_are_refused_by_place(classes, rows, said):
    with pytest.raises(UserError, match=said):
        Run(classes).predict(rows)
    with pytest.raises(ValueError, match=said):
        NNClassifier.from_run(classes).predict(rows)


def test_a_run_becomes_a_fitted_classifier(classes):
    model, run, rows = NNClassifier.from_run(classes), Run(classes), _frame()
    np.testing.assert_array_equal(model.predict_proba(rows), run.predict_proba(rows))
    assert model.score(rows, rows["rain"]) == (run.predict(rows) == rows["rain"]).mean()
    assert model.classes_.tolist() == [0, 1]
    assert [*model.feature_names_in_] == run.features
    assert model.history_["epoch"][-1] == model.n_iter_
    assert model.loss_ == run.metrics["train"]["loss"]
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(rows), run.predict_proba(rows))
    found = permutation_importance(model, rows[run.features], rows["rain"], n_repeats=1)
    assert len(found["importances_mean"]) == len(run.features)
    values = rows[run.features].to_numpy()
    np.testing.assert_array_equal(model.predict(values), model.predict(rows))


def test_a_run_becomes_a_fitted_regressor_or_tells_labels(numbers, labels):
    rows = _frame()
    model = NNRegressor.from_run(numbers)
    np.testing.assert_array_equal(model.predict(rows), Run(numbers).predict(rows))
    many = NNClassifier.from_run(labels)
    truth = np.column_stack([rows["rain"], rows["on"] == "yes"])
    assert many.score(rows, truth) == (many.predict(rows) == truth).all(axis=1).mean()


def test_a_run_of_the_other_kind_is_refused(classes, numbers):
    with pytest.raises(ValueError, match=r"predicts classes: NNClassifier\.from_run"):
        NNRegressor.from_run(classes)
    with pytest.raises(ValueError, match=r"predicts numbers: NNRegressor\.from_run"):
        NNClassifier.from_run(numbers)
    with pytest.raises(ValueError, match="no such run directory"):
        NNRegressor.from_run("nowhere")


def test_what_a_run_has_become_can_be_trained_anew(classes):
    x = np.random.default_rng(0).normal(size=(40, 3))
    y = (x[:, 0] > 0).astype(int)
    model = NNClassifier.from_run(classes)
    assert model.fit(x, y).predict(x).shape == (40,)
    fresh = clone(NNClassifier.from_run(classes)).fit(x, y)
    np.testing.assert_array_equal(model.predict_proba(x), fresh.predict_proba(x))


def test_the_page_says_what_python_does(folder, configs, nncli, train):
    (folder / "penguins.csv").write_bytes((configs / "penguins.csv").read_bytes())
    assert nncli("init", "penguins.csv", "--target", "species", "--quick").code == 0
    train(folder / "penguins.yaml", "--set", "training.epochs=10")
    page = Path(__file__).parents[2] / "docs" / "python.md"
    found = doctest.testfile(str(page), module_relative=False)
    assert (found.failed, found.attempted > 5) == (0, True)
