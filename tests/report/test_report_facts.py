"""The facts of a report: what is said, before anybody decides how it looks."""

from pathlib import Path

import numpy as np
import pytest

from nncli.artifacts.learning_curves_plot import Curves
from nncli.evaluation.worst_rows import short_place, worst_rows
from nncli.report.curves import line
from nncli.report.data_facts import histogram
from nncli.report.facts import Document, Line


def test_the_head_says_the_score_the_linear_model_s_and_the_verdict(facts_of):
    document: Document = facts_of("hostile")
    score = document.report.network.values["roc_auc"]
    assert document.headline[0].startswith(f"roc_auc is {score:.4g} (95% interval ")
    assert document.headline[0].endswith(" on 24 test rows.")
    best = document.report.best
    assert document.headline[1] == f"{best.words}."
    assert set(best.values) == {"network", "linear model", "boosted trees"}


def test_worst_rows_are_those_with_the_least_probability_of_the_truth(facts_of):
    document = facts_of("hostile")
    report, worst = document.report, document.worst
    given = report.predictions[np.arange(report.rows), report.truth]
    assert [row.how_far for row in worst[:3]] == [f"{p:.3f}" for p in np.sort(given)[:3]]
    assert worst[0].is_wrong
    lines = (
        Path(document.reproduction.commands[1][1].split()[-1]) / "files" / "1-t.csv"
    ).read_text()
    number = int(worst[0].place.removeprefix("t.csv:"))
    row = lines.splitlines()[number - 1]
    cells = dict(worst[0].cells)
    assert row.split(",")[1] == f"{float(cells['</script><script>document.title=1</script>']):.3f}"
    assert cells["day"] in row


def test_worst_numbers_are_those_furthest_off_in_their_own_unit(facts_of):
    document = facts_of("numbers")
    report = document.report
    off = (report.predictions - report.truth)[:, 0]
    first = off[np.argmax(np.abs(off))]
    assert document.worst[0].how_far.replace(",", "") == f"{float(f'{first:.4g}'):+.0f}"
    assert [row.is_wrong for row in document.worst] == [False] * 10


def test_worst_rows_of_labels_name_the_label(facts_of):
    document = facts_of("labels")
    wrong = [row for row in document.worst if row.is_wrong]
    assert wrong[0].how_far.startswith(("rain: ", "wind: "))


def test_data_are_the_training_rows_with_what_stands_in(facts_of):
    data = facts_of("hostile").data
    assert data.rows == {"train": 112, "val": 24, "test": 24}
    assert data.source == "t.csv"
    by_kind = {column.kind: column for column in data.columns}
    assert set(by_kind) == {"numeric", "categorical", "date"}
    number = data.columns[0]
    assert (number.missing > 0, bool(number.fill)) == (True, True)
    assert sum(number.histogram.counts) == 112 - number.missing
    assert sum(count for _, count in by_kind["categorical"].counts) == 112
    assert by_kind["date"].histogram.low.startswith("2020-")
    assert sum(data.targets[0].counts["train"]) == 112


def test_a_histogram_counts_every_value_however_close_or_far():
    for values in (np.arange(40.0), 1e16 + 2 * np.arange(30.0), np.array([3.0]), -np.ones(5)):
        assert sum(histogram(values).counts) == len(values)
    assert histogram(np.arange(40.0)).counts == (2,) * 20
    assert histogram(np.array([-1.7e308, 1.7e308])) is None  # a range that is no number
    assert histogram(np.empty(0)) is None


def test_the_network_is_told_layer_by_layer(facts_of):
    network = facts_of("classes").network
    assert [(layer.name, layer.units) for layer in network.layers] == [
        ("hidden_1", 6),
        ("hidden_2", 6),
        ("hidden_3", 4),
        ("output", 3),
    ]
    assert [layer.has_weights for layer in network.layers] == [True, False, True, True]
    assert sum(layer.parameters for layer in network.layers) == network.parameters


def test_tables_of_embedded_columns_are_a_layer_that_joins_nothing(facts_of):
    document = facts_of("vectors")
    first = document.network.layers[0]
    assert (first.name, first.has_weights, first.parameters > 0) == ("embedding", False, True)
    assert first.what.startswith("embedding (")
    assert any("vectors of" in column.kind for column in document.data.columns)


def test_rows_that_were_learnt_are_a_warning(facts_of):
    assert "scored on the rows it was trained on" in facts_of("gate").warnings[0]


def test_of_wide_tables_thirty_columns_are_told_and_the_rest_counted(facts_of):
    document = facts_of("wide")
    assert (len(document.data.columns), document.data.of_columns) == (30, 32)
    assert len(document.influence.importance.columns) == 30


def test_importance_of_numbers_has_their_unit(facts_of):
    importance = facts_of("numbers").influence.importance
    assert importance.measure == "RMSE"
    assert importance.base == pytest.approx(facts_of("numbers").report.network.values["rmse"])


def test_a_place_says_nothing_of_whose_disk_it_is():
    assert short_place("/home/me/runs/x-001/files/2-t.csv:17") == "t.csv:17"
    assert short_place(r"C:\me\t.csv:17") == "t.csv:17"
    assert short_place("/data/2024-t.csv:3") == "2024-t.csv:3"


def test_as_many_worst_rows_as_are_asked_for(facts_of):
    document = facts_of("classes")
    report = document.report
    from nncli.parts.table import Table

    table = Table(np.zeros((report.rows, 1)), report.truth, ("a",), classes=report.classes)
    rows = np.arange(report.rows)
    found = worst_rows(report, table, rows, ["a"], most=2)
    assert [row.cells for row in found] == [(("a", "0"),)] * 2
    assert found[0].place.startswith("row ")


def test_an_ensemble_is_one_model(facts_of):
    document = facts_of("ensemble")
    assert document.findings is None
    assert document.network.keys[0] == ("networks", "2, whose mean is predicted; one of them:")
    assert [line.name for line in document.charts[0].lines] == ["member-1", "member-2"]
    assert document.influence.importance.base == pytest.approx(document.report.loss)
    assert "nncli train" not in [what for what, _ in document.reproduction.commands]


def test_an_ensemble_is_got_again_by_what_trained_all_of_it(facts_of):
    document = facts_of("ensemble")
    (_, command), *_ = document.reproduction.commands
    assert command.startswith("nncli train ensemble.yaml --set ")
    assert "ensemble=null" not in command
    assert "ensemble: {members: 2}" in document.reproduction.config
    assert all(line.best is not None for line in document.charts[0].lines)


def test_missing_cells_of_an_ensemble_are_those_of_all_rows_that_train(facts_of):
    document = facts_of("gaps")
    assert document.data.rows["train"] > 100
    for column in document.data.columns:
        counted = sum(column.histogram.counts if column.histogram else dict(column.counts).values())
        assert counted + column.missing == document.data.rows["train"]
    assert any(column.missing and column.fill for column in document.data.columns)


def test_warnings_name_rows_by_the_files_name_alone(facts_of):
    warnings = "\n".join(facts_of("gaps").warnings)
    assert "the first at gaps.csv:" in warnings
    assert "files/" not in warnings


def test_best_epoch_without_a_row_stands_on_its_curve():
    columns = {"epoch": [0.0, 6.0, 11.0], "val_loss": [2.3, 0.9, 1.0]}
    curves = Curves("x", columns, "mse", 4, monitor="val_loss", best_values={"val_loss": 0.8})
    drawn = line("validation", curves, "val_loss")
    assert drawn == Line("validation", (0.0, 4, 6.0, 11.0), (2.3, 0.8, 0.9, 1.0), 1)
