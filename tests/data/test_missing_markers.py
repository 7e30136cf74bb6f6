"""A text that often means no value is a value where it is frequent; said, recorded, overruled."""

import numpy as np
import pytest
from table_files import cells, columns, labels, read, refusal

from nncli.data.reading.column_keys import ColumnKeys

OTHERS = ["p", "q"] * 9


@pytest.mark.parametrize("text", ["None", "-", "?", "N/A"])
def test_a_frequent_marker_is_a_category(tmp_path, text):
    table = read(tmp_path, columns(t=["p", text, "q"], x=[1, text, 3], y=["a", "b"]))
    assert cells(table, "t")[:3] == ["p", text, "q"]
    assert cells(table, "x")[:3] == [1, None, 3]  # each column has its own rule
    (note,) = table.origin.notes
    assert note.startswith(f"column 't': '{text}' (10) of 30 cells")
    assert note.endswith("data.columns: {t: {values: []}}")


@pytest.mark.parametrize("text", ["NA", "null", "NULL", "Null"])
def test_a_share_alone_makes_no_category_of_what_programs_write(tmp_path, text):
    table = read(tmp_path, columns(t=["p", text, "q"], y=["a", "b"]))
    assert cells(table, "t")[:3] == ["p", None, "q"]
    (note,) = table.origin.notes
    assert note.endswith(
        f"""if '{text}' is a category, data.columns: {{t: {{values: ["{text}"]}}}}"""
    )
    assert read(tmp_path, columns(t=["p", text, "q"], y=["a", "b"]), keeps_frequent_markers=False)


QUOTED = ['"p"', '"q"'] * 9


@pytest.mark.parametrize("text", ["NA", "N/A", "None", "-", "?"])
def test_a_marker_without_quotes_among_quoted_texts_is_missing(tmp_path, text):
    table = read(tmp_path, columns(t=['"p"', text, '"q"'], x=[1, 2], y=['"a"', '"b"']))
    assert cells(table, "t")[:3] == ["p", None, "q"]
    assert table.origin.notes == ()  # the file says so


def test_a_quoted_marker_is_a_value_where_numbers_have_no_quotes(tmp_path):
    text = columns(t=[*QUOTED, '"None"'], x=[1, 2], y=['"a"', '"b"'], rows=60)
    table = read(tmp_path, text)
    assert set(table.categories["t"]) == {"None", "p", "q"}
    (note,) = table.origin.notes
    assert note.startswith("column 't': 'None' (3) of 60 cells: quoted as other texts are")
    everywhere = columns(t=[*QUOTED, '"None"'], x=['"1"', '"2"'], y=['"a"', '"b"'], rows=60)
    assert cells(read(tmp_path, everywhere), "t")[18] is None  # quotes that tell nothing


def test_a_quoted_na_is_a_value_beside_one_without_quotes(tmp_path):
    level, x = [*QUOTED, '"NA"'], [1, 2]
    alone = columns(t=level, x=x, y=['"a"', '"b"'], rows=60)
    assert cells(read(tmp_path, alone), "t")[18] is None  # pandas quotes its na_rep too
    beside = columns(t=level, u=['"r"', "NA", '"s"'], x=x, y=['"a"', '"b"'], rows=60)
    table = read(tmp_path, beside)
    assert cells(table, "t")[18] == "NA"
    assert cells(table, "u")[:3] == ["r", None, "s"]


def test_quotes_are_told_from_what_stands_in_cells(tmp_path):
    """Delimiters, doubled quotes and line breaks in cells, and a title and comments above."""
    texts = ['"p,""None"",q"', '"a\n""None""\nb"', '"None"', '"r"', "NA"]
    text = columns(t=texts, x=[1, 2, 3], y=['"a"', '"b"'], rows=60)
    table = read(tmp_path, text)
    assert cells(table, "t")[:5] == ['p,"None",q', 'a\n"None"\nb', "None", "r", None]


def test_the_class_that_is_dropped_is_named_with_its_fix(tmp_path):
    text = columns(x=range(30), y=["a", "b", "?"])
    table = read(tmp_path, text, drops_missing_target=True)
    assert table.classes == ("a", "b")
    _, note = table.origin.warnings
    assert {*table.origin.warnings} <= {*table.origin.notes}
    assert note.startswith("target 'y': rows with '?' (10) are left out")
    assert note.endswith("""data.columns: {y: {values: ["?"]}}""")
    rare = columns(x=range(60), y=["a", "b", "c"] * 9 + ["-"], rows=56)
    _, note = read(tmp_path, rare, drops_missing_target=True).origin.warnings
    assert "'-' (2)" in note


def test_a_marker_among_the_numbers_of_a_target_is_counted(tmp_path):
    text = columns(x=range(30), y=[*(n / 7 for n in range(29)), "NA"])
    _, note = read(tmp_path, text, drops_missing_target=True).origin.warnings
    assert note.endswith("rows with 'NA' (1) are left out, as that is taken for no value")


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


@pytest.mark.parametrize("drops", [False, True])
def test_where_a_target_has_one_text_empty_cells_are_the_other_class(tmp_path, drops):
    text = columns(x=range(30), y=["x", "", ""])
    table = read(tmp_path, text, drops_missing_target=drops)
    assert table.classes == ("", "x")
    (note,) = table.origin.warnings
    assert note.startswith("column 'y': '' (20) of 30 cells")
    assert note.endswith("data.columns: {y: {values: []}}")


def test_few_cells_that_are_a_class_are_not_called_too_many(tmp_path):
    rows = [("", "yes")[i % 20 > 0] for i in range(60)]
    (note,) = read(tmp_path, columns(x=[1, 2, 3], y=rows, rows=60)).origin.notes
    assert "'' (3) of 60 cells: which needn't mean that there is no value" in note


def test_a_column_of_one_text_and_empty_cells_is_left_out_with_its_fix(tmp_path):
    text = columns(t=["x", "", "NA"], z=[1, 2], y=["a", "b"])
    reason = read(tmp_path, text).origin.left_out["t"]
    cure = """data.columns: {t: {values: ["", "NA"]}}"""
    assert reason == (
        f"constant: always x where it isn't missing; if '', 'NA' is a category, {cure}"
    )
    table = read(tmp_path, text, keys={"t": ColumnKeys(values=["", "NA"])})
    assert cells(table, "t")[:3] == ["x", "", "NA"]


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
        cells(read(tmp_path, text, keeps_frequent_markers=False), "t")[1] is None
    )  # data.missing is given


def test_a_marker_is_no_value_where_the_others_are_numbers_in_disguise(tmp_path):
    (found,) = refusal(tmp_path, columns(x=["$1", "$2", "NA", "$3", "$4", "$5"], y=["a", "b"]))
    assert "has numbers such as '$1'" in found
    assert np.isfinite(read(tmp_path, columns(x=[1, 2], y=["a", "b"])).x).all()
