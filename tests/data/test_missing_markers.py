"""A text that often means no value is a value where it is frequent; said, recorded, overruled."""

import numpy as np
import pytest
from table_files import cells, columns, labels, read, refusal

from nncli.data.reading.column_keys import ColumnKeys

OTHERS = ["p", "q"] * 9


@pytest.mark.parametrize("text", ["None", "-", "NA", "null", "?", "N/A"])
def test_a_frequent_marker_is_a_category(tmp_path, text):
    table = read(tmp_path, columns(t=["p", text, "q"], x=[1, text, 3], y=["a", "b"]))
    assert cells(table, "t")[:3] == ["p", text, "q"]
    assert cells(table, "x")[:3] == [1, None, 3]  # each column has its own rule
    (note,) = table.origin.notes
    assert note.startswith(f"column 't': '{text}' (10) of 30 cells")
    assert note.endswith("data.columns: {t: {values: []}}")


def test_a_rare_marker_is_missing(tmp_path):
    table = read(tmp_path, columns(t=["?", "p", *OTHERS], y=["a", "b"], rows=60))
    assert cells(table, "t")[0] is None
    assert table.origin.notes == ()


@pytest.mark.parametrize("text", ["", "nan", "#N/A", "<NA>"])
def test_what_programs_write_for_nothing_is_never_a_value(tmp_path, text):
    assert cells(read(tmp_path, columns(t=["p", text, "q"], y=["a", "b"])), "t")[1] is None


@pytest.mark.parametrize("drops", [False, True])
@pytest.mark.parametrize("classes", [["+", "-"], ["Minor", "None", "Severe"], ["+"] * 14 + ["-"]])
def test_a_marker_may_be_one_of_few_classes(tmp_path, classes, drops):
    text = columns(x=range(30), y=classes)
    table = read(tmp_path, text, drops_missing_target=drops)
    assert labels(table) == (classes * 30)[:30]


def test_two_truth_values_have_no_third(tmp_path):
    text = columns(x=range(30), y=["yes", "no", "NA"])
    (found, *_) = refusal(tmp_path, text)
    assert found.endswith("""if 'NA' is a class, data.columns: {y: {values: ["NA"]}})""")
    table = read(tmp_path, text, keys={"y": ColumnKeys(values=["NA"])})
    assert table.classes == ("NA", "no", "yes")


def test_the_config_has_the_last_word(tmp_path):
    text = columns(t=["p", "None", "q"], y=["a", "b"])
    table = read(tmp_path, text, keys={"t": ColumnKeys(values=[])})
    assert cells(table, "t")[1] is None
    assert (
        cells(read(tmp_path, text, guesses_values=False), "t")[1] is None
    )  # data.missing is given


def test_a_marker_is_no_value_where_the_others_are_numbers_in_disguise(tmp_path):
    (found,) = refusal(tmp_path, columns(x=["$1", "$2", "NA", "$3", "$4", "$5"], y=["a", "b"]))
    assert "has numbers such as '$1'" in found
    assert np.isfinite(read(tmp_path, columns(x=[1, 2], y=["a", "b"])).x).all()
