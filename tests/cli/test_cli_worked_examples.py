"""Worked examples of books: one row, a target that never varies, classes that no row has."""

import csv
import json

import pytest

ONE_ROW = "warning: the table has one row: a network learns that row by heart, and nothing more\n"
TRAINING = "training: {epochs: 1}\noutput: {plots: []}"
SMALL = f"network: {{hidden: [2]}}\n{TRAINING}"


@pytest.fixture
def table(folder):
    """table("a,y", "1,2", ...): a CSV file, one line a row."""

    def write(*lines):
        (folder / "t.csv").write_text("\n".join(lines) + "\n")

    return write


@pytest.mark.parametrize(
    ("data", "task"),
    [
        ("target: [t1, t2], task: regression, split: none, preprocessing: none", "regression"),
        ("target: [t1, t2]", "regression"),
        ("target: t1, features: {exclude: [t2]}", "regression"),
        ("target: t1, task: regression", "regression"),
        ("target: t2, task: binary, split: none, classes: [0.99, 0.01]", "binary"),
    ],
)
def test_a_table_of_one_row_is_trained_and_traced(nncli, write, table, data, task):
    table("x1,x2,t1,t2", "0.05,0.10,0.01,0.99")
    config = write("one.yaml", f"data: {{path: t.csv, {data}}}", SMALL)
    done = nncli("train", config, "-q")
    assert (done.code, ONE_ROW in done.err) == (0, True)
    traced = nncli("trace", config, "--format", "json")
    inputs = next(each for each in traced.json["tensors"] if each["name"] == "input")
    found = inputs["values"][0][:2]
    assert found == pytest.approx([0.05, 0.1], rel=1e-6), "nothing is scaled away"
    shown = nncli("config", config).out
    assert f"task: {task}" in shown
    assert "split: none" in shown or "type: none" in shown


def test_one_row_of_a_binary_task_needs_no_other_class(nncli, write):
    data = "{dataset: {type: inline, x: [[1, 0, 1]], y: [1]}, task: binary, split: none}"
    config = write("one.yaml", f"data: {data}", SMALL)
    done = nncli("train", config, "-q")
    assert done.code == 0
    assert "warning: no row is of class '0': nothing can be learnt of it\n" in done.err
    traced = nncli("trace", config, "--format", "json").json["tensors"]
    assert next(each for each in traced if each["name"] == "targets")["values"] == [[1.0]]


@pytest.mark.parametrize("meant", ["task: regression", "split: none", "classes: [3, 4]"])
def test_a_target_that_never_varies_may_be_meant(nncli, write, table, meant):
    table("x,y", *(f"{i},3" for i in range(20)))
    config = write("same.yaml", "data: {path: t.csv, target: y}", SMALL)
    refused = nncli("train", config, "-q")
    assert refused.code == 2
    assert "column 'y' is always 3: there is nothing to predict (if it is meant so" in refused.err
    assert nncli("trace", config).code == 0, "to look at it is no mistake"
    done = nncli("train", config, "-q", "--set", f"data.{meant.replace(': ', '=')}")
    assert done.code == 0
    assert ("never varies" in done.err) or ("no row is of class '4'" in done.err)


def test_one_of_several_targets_may_never_vary(nncli, write, table):
    table("x,p,q", *(f"{i},{i % 7},0" for i in range(30)))
    config = write("pixels.yaml", "data: {path: t.csv, target: [p, q]}", TRAINING)
    done = nncli("train", config, "-q")
    assert done.code == 0
    assert "warning: target 'q' (always 0) never varies: there is nothing to learn" in done.err


# ---- a class list


ROWS = [f"{i % 11},{i % 7},{'high' if i % 11 > 5 else 'low'}" for i in range(60)]
LISTED = "data: {path: t.csv, target: y, classes: [low, mid, high]}"


def test_a_listed_class_that_no_row_has_is_recorded_printed_and_predicted(
    nncli, write, table, folder
):
    table("a,b,y", *ROWS)
    config = write("levels.yaml", LISTED, "training: {epochs: 5, class_weight: balanced}")
    done = nncli("train", config)
    assert "y: low, mid, high\n" in done.out + done.err
    assert "warning: no row is of class 'mid': nothing can be learnt of it" in done.err
    (run,) = (folder / "runs").iterdir()
    assert "classes: [low, mid, high]" in (run / "config.resolved.yaml").read_text()
    assert json.loads((run / "preprocessing.json").read_text())["classes"] == ["low", "mid", "high"]
    table("a,b,y", "1,1,mid", "9,1,high")
    scored = nncli("evaluate", run, "--data", folder / "t.csv", "--no-plots")
    assert (scored.code, "mid       1" in scored.out) == (0, True)
    told = nncli("predict", run, folder / "t.csv", "--probabilities")
    names = next(csv.reader(told.out.splitlines()))
    assert names[-3:] == ["probability_low", "probability_mid", "probability_high"]


def test_numbers_of_classes_may_have_gaps(nncli, write):
    """CS231n's check: y = 0, 5, 1 of 7 classes."""
    rows = "{type: inline, x: [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], y: [0, 5, 1]}"
    network = "network: {hidden: [4], output: {units: 7}}"
    config = write("seven.yaml", f"data: {{dataset: {rows}}}", network, TRAINING)
    guided = nncli("train", config, "-q", "--set", "data.task=classification")
    assert "expected 3, one unit a class, found 7 (data.classes lists those" in guided.err
    done = nncli("trace", config, "--format", "json", "--set", "data.classes=[0,1,2,3,4,5,6]")
    targets = next(each for each in done.json["tensors"] if each["name"] == "targets")["values"]
    assert [row.index(1.0) for row in targets] == [0, 5, 1]
    assert [len(row) for row in targets] == [7, 7, 7]


def test_booleans_and_numbers_are_named_as_tables_name_them(nncli, write):
    data = "{dataset: {type: inline, x: [[1], [2]], y: [true, true]}, classes: [true, false]}"
    config = write("truth.yaml", f"data: {data}", TRAINING)
    done = nncli("train", config, "-q")
    assert (done.code, "class 'false'" in done.err) == (0, True)


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ("[low, hihg]", "data.classes: class 'high' isn't among them (did you mean 'hihg'?)"),
        ("[a, b, c]", "class 'high' isn't among them, nor 1 more of the data's: it lists a, b, c"),
        ("[low]", "classes: expected two classes at least, each of them once"),
        ("[low, high, low]", "classes: expected two classes at least, each of them once"),
        ("[[low], high]", "data.classes[0]: expected"),
    ],
)
def test_a_list_that_can_t_be_right_is_refused(nncli, write, table, classes, message):
    table("a,b,y", *ROWS)
    config = write("levels.yaml", f"data: {{path: t.csv, target: y, classes: {classes}}}", TRAINING)
    done = nncli("train", config, "-q")
    assert (done.code, message in done.err) == (2, True), done.err


def test_a_regression_has_no_classes(nncli, write):
    rows = "{type: inline, x: [[1], [2]], y: [1, 2]}"
    config = write(
        "r.yaml", f"data: {{dataset: {rows}, task: regression, classes: [1, 2]}}", TRAINING
    )
    done = nncli("train", config, "-q")
    assert (done.code, "data.classes: a regression has none" in done.err) == (2, True)


def test_a_config_without_a_list_says_nothing_of_one(nncli, configs):
    assert "classes" not in nncli("config", configs / "iris.yaml").out
