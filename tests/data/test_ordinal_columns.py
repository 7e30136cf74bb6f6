"""Ordinal columns: words of an order that become one number, 0, 1, 2, ..."""

import json
from pathlib import Path

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet
from table_files import write as write_file

from nncli.data.reading.column_keys import ColumnKeys

GRADES = ("low", "mid", "high")
CONFIG = """\
data:
  path: {path}
  target: y
  columns: {{grade: {{type: ordinal, order: {order}}}}}
  preprocessing: {{categorical: {{handle_unknown: {unknown}}}, numeric: {{impute: {impute}}}}}
network: {{hidden: [4]}}
training: {{epochs: 3}}
output: {{plots: []}}
"""


@pytest.fixture
def train(nncli, folder):
    """train(cells): a run on a table with these grades."""

    def call(grades, *, order="[low, mid, high]", unknown="ignore", impute="median", path="t.csv"):
        if path == "t.csv":
            rows = "".join(f"{i % 7},{g},{i % 3 + i / 9}\n" for i, g in enumerate(grades))
            write_file(folder, f"x,grade,y\n{rows}", path)
        text = CONFIG.format(path=path, order=order, unknown=unknown, impute=impute)
        config = write_file(folder, text, "c.yaml")
        return nncli("train", config, "--json", "-q")

    return call


@pytest.fixture
def fitted(train):
    def call(grades, **options):
        done = train(grades, **options)
        assert done.code == 0, done.err
        run = Path(done.json["run"])
        features = json.loads((run / "preprocessing.json").read_text())["features"]
        return run, next(each for each in features if each["name"] == "grade")

    return call


def test_an_ordinal_column_is_one_input_standardized_as_numbers_are(fitted):
    grades = [GRADES[i % 3] for i in range(60)]
    run, grade = fitted(grades)
    assert (grade["kind"], grade["order"], grade["categories"]) == ("numeric", list(GRADES), [])
    places = np.arange(60)[np.load(run / "split.npz")["train"]] % 3
    assert [grade["shift"], grade["scale"]] == pytest.approx([places.mean(), places.std()])
    assert "order: [low, mid, high]" in (run / "config.resolved.yaml").read_text()


def test_a_column_without_an_order_records_none(fitted):
    run, _ = fitted([GRADES[i % 3] for i in range(60)])
    features = json.loads((run / "preprocessing.json").read_text())["features"]
    assert ["order" in each for each in features] == [False, True]


def test_a_missing_word_is_imputed_as_numbers_are(fitted):
    _, grade = fitted([*[GRADES[i % 3] for i in range(57)], "NA", "", "high"])
    assert (grade["missing"] > 0, grade["fill"]) == (True, 1.0)


def test_a_word_without_a_place_is_refused_with_its_row_and_the_fix(train, folder):
    grades = [GRADES[i % 3] for i in range(60)]
    grades[7] = "hi"
    done = train(grades)
    assert done.code == 2
    assert done.err.replace(f"{folder}/", "") == (
        "t.csv:9: column 'grade': expected one of low, mid, high, found 'hi' (if it stands for "
        "missing, add it to data.missing; if it has a place, to data.columns.grade.order)\n"
    )
    assert "add it to data.missing" in train(["a", "b"] * 30).err.splitlines()[0]


def predictions(nncli, run, folder, grades, code=0):
    new = write_file(folder, "grade,x\n" + "".join(f"{g},1\n" for g in grades), "new.csv")
    done = nncli("predict", run, new)
    assert done.code == code, done.err
    said = done.err.replace(f"{folder}/", "")
    return [line.rpartition(",")[2] for line in done.out.splitlines()[1:]], said


def test_new_words_are_imputed_or_refused_as_handle_unknown_says(nncli, fitted, folder):
    grades = [GRADES[i % 3] for i in range(60)]
    run, grade = fitted(grades)
    found, said = predictions(nncli, run, folder, ["top", "NA", *GRADES])
    assert found[0] == found[1] == found[2 + int(grade["fill"])]
    assert len(set(found[2:])) == 3
    assert said == "note: column 'grade': 1 cell holds a category that no training row had\n"
    strict, _ = fitted(grades, unknown="error")
    found, said = predictions(nncli, strict, folder, ["low", "top"], code=2)
    assert said.startswith("new.csv:3: column 'grade': expected one of low, mid, high, found 'top'")
    bare, _ = fitted(grades, impute="none")
    found, said = predictions(nncli, bare, folder, ["low", "top"], code=2)
    assert said.startswith("new.csv:3: column 'grade': expected one of low, mid, high")


def test_words_that_are_numbers_or_signs_of_a_missing_value_have_places(fitted):
    _, grade = fitted([("10", "None", "30.0")[i % 3] for i in range(60)], order='["None", 10, 30]')
    assert (grade["missing"], grade["order"]) == (0, ["None", "10", "30"])


def test_typed_files_have_ordinal_columns_too(fitted, folder):
    words = [GRADES[i % 3] for i in range(60)]
    columns = {"x": range(60), "grade": words, "y": np.sin(np.arange(60))}
    parquet.write_table(pyarrow.table(columns), folder / "t.parquet")
    _, text = fitted((), path="t.parquet")
    columns["grade"] = pyarrow.array([float(i % 3 + 1) for i in range(60)])
    parquet.write_table(pyarrow.table(columns), folder / "t.parquet")
    _, number = fitted((), path="t.parquet", order="[1, 2, 3]")
    assert [text["shift"], text["scale"]] == [number["shift"], number["scale"]]


def test_summary_doctor_and_script_name_it_as_one_input(nncli, fitted, train):
    run, _ = fitted([GRADES[i % 3] for i in range(60)])
    assert "numeric     2: x, grade (low < mid < high)" in nncli("train", "c.yaml").err
    assert nncli("doctor", run).code in (0, 1)
    assert "2 inputs" in nncli("explain", run).out
    assert nncli("export", run, "--to", "numpy", "-o", "s.py").code == 0
    assert "inputs: x, grade" in Path("s.py").read_text()


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"type": "ordinal"}, "order is for type: ordinal, which needs it"),
        ({"type": "numeric", "order": ["a", "b"]}, "order is for type: ordinal"),
        ({"order": ["a"]}, "expected two words at least"),
        ({"order": [1, "1"]}, "each of them once"),
    ],
)
def test_orders_that_are_none_are_refused(keys, said):
    with pytest.raises(ValueError, match=said):
        ColumnKeys(**keys)


def test_a_target_has_no_order(train, folder, nncli):
    write_file(folder, "grade,y\n" + "low,1\nhigh,2\nmid,4\n" * 10, "t.csv")
    order = "{grade: {order: [low, mid, high]}}"
    text = f"data: {{path: t.csv, target: grade, columns: {order}}}\nnetwork: {{hidden: [2]}}\n"
    done = nncli("train", write_file(folder, text, "c.yaml"))
    assert done.err.endswith("'grade' is what is to be predicted: an order is for features\n")
