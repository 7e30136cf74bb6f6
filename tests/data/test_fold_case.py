"""fold_case: spellings that differ in capitals and spaces alone are one text."""

import csv
import io
import json
from pathlib import Path

import pytest
from table_files import labels, read
from table_files import write as write_file

from nncli.data.reading.column_keys import ColumnKeys

TOWNS = ["Old Town", "old town", "old town", "oldtown ", "north"]
ANSWERS = ["yes", "Yes", "yes", "NO", "no", "no"]
ROWS = "".join(f"{i % 7}.5,{TOWNS[i % 5]},{ANSWERS[i % 6]}\n" for i in range(90))
CONFIG = """\
data: {{path: t.csv, target: y, {keys}}}
network: {{hidden: [4]}}
training: {{epochs: 3}}
output: {{plots: []}}
"""


@pytest.fixture
def train(nncli, folder):
    def call(keys, rows=ROWS):
        write_file(folder, f"x,town,y\n{rows}", "t.csv")
        return nncli(
            "train", write_file(folder, CONFIG.format(keys=keys), "c.yaml"), "--json", "-q"
        )

    return call


def recorded(done):
    assert done.code == 0, done.err
    return json.loads((Path(done.json["run"]) / "preprocessing.json").read_text())


def test_the_most_frequent_spelling_is_the_one_recorded(train):
    done = train("fold_case: true")
    fitted = recorded(done)
    assert fitted["classes"] == ["no", "yes"]
    assert fitted["features"][1]["categories"] == ["north", "old town"]
    assert "told apart" not in done.err


def test_without_the_key_spellings_are_told_apart_and_the_warning_is_ready_to_paste(train):
    done = train("task: auto")
    assert len(recorded(done)["classes"]) == 4
    for name, key in (("classes", "y"), ("categories of column 'town',", "town")):
        line = next(line for line in done.err.splitlines() if line.startswith(f"warning: {name}"))
        assert f"data.columns: {{{key}: {{fold_case: true}}}}" in line
    pasted = train("columns: {y: {fold_case: true}}")
    assert recorded(pasted)["classes"] == ["no", "yes"]
    assert "warning: classes" not in pasted.err
    assert len(recorded(pasted)["features"][1]["categories"]) == 4


def test_a_column_may_be_left_out(train):
    fitted = recorded(train("fold_case: true, columns: {town: {fold_case: false}}"))
    assert (len(fitted["classes"]), len(fitted["features"][1]["categories"])) == (2, 4)


def test_predict_and_evaluate_fold_as_training_did(train, nncli, folder):
    run = train("fold_case: true").json["run"]
    rows = "x,town,y\n1.5,OLD TOWN,YES\n1.5, old  town,yEs\n1.5,old town,yes\n1.5,North,No\n"
    new = write_file(folder, rows, "new.csv")
    done = nncli("predict", run, new, "--probabilities")
    assert (done.code, done.err) == (0, "")
    found = [row["probability_yes"] for row in csv.DictReader(io.StringIO(done.out))]
    assert found[0] == found[1] == found[2] != found[3]
    scores = nncli("evaluate", run, "--data", new, "--json", "--no-plots")
    assert (scores.code, scores.json["rows"]) == (0, 4)
    assert sum(map(sum, scores.json["confusion"]["counts"])) == 4


def test_yes_and_no_in_any_capitals_are_boolean_and_an_order_is_folded_too(train):
    rows = "".join(
        f"{('Yes', 'NO', 'yes')[i % 3]},{('Low', 'HIGH')[i % 2]},{'ab'[i % 2]}\n" for i in range(60)
    )
    keys = "fold_case: true, columns: {town: {type: ordinal, order: [low, high]}}"
    features = recorded(train(keys, rows))["features"]
    assert [feature["kind"] for feature in features] == ["boolean", "numeric"]


def test_listed_classes_are_spelt_as_they_are_listed(train):
    fitted = recorded(train("fold_case: true, classes: [YES, No, maybe]"))
    assert fitted["classes"] == ["YES", "No", "maybe"]


@pytest.mark.parametrize("on_disk", [False, True])
def test_rows_on_disk_are_folded_too(tmp_path, on_disk):
    table = read(tmp_path, f"x,town,y\n{ROWS}", fold_case=True, on_disk=on_disk)
    assert set(table.categories["town"]) == {"old town", "north"}
    assert labels(table)[:6] == ["yes", "yes", "yes", "no", "no", "no"]
    kept = read(tmp_path, f"x,town,y\n{ROWS}", keys={"town": ColumnKeys(fold_case=True)})
    assert (len(kept.categories["town"]), len(kept.classes)) == (2, 4)


def test_a_tie_is_called_as_the_first_cell_spells_it(tmp_path):
    table = read(tmp_path, "x,y\n" + "1,b\n2,A\n3,a\n4,B\n" * 5, fold_case=True)
    assert table.classes == ("A", "b")
