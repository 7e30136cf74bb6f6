"""Columns that look like numbers and aren't: row labels, ids, codes with zeros, long numbers."""

import numpy as np
import pytest
from table_files import cells, columns, read

from nncli.data.categories import Categories
from nncli.data.column_types import is_id_name
from nncli.data.data_checks import data_warnings
from nncli.data.fitted_columns import PreprocessingSteps
from nncli.data.new_rows import NewRows
from nncli.data.preprocessing import Preprocessing
from nncli.data.reading.text_format import MISSING_MARKERS, TextFormat
from nncli.parts.splits import Rows

RANDOM = np.random.default_rng(1)
X = RANDOM.normal(size=120).round(3).tolist()
Y = ["a", "b"]
COUNT = [*range(1, 121)]
GAPS = [*range(1, 40), *range(44, 100), *range(103, 128)]  # rows were dropped before saving
SAMPLED = RANDOM.permutation(5000)[:120].tolist()
LABELS = "row labels of the program that wrote the file"
NAMES = (
    "ID|id|Id|Patient ID|patient-id|PatientID|passengerid|ROW_ID|Unnamed: 0.1|Unnamed: 0.1.1|#|No.|"
    "S.No|Sr. No.|nr|rownames|uid|level_0|Serial No|Row Names|Customer Number|invoice_no|PID|idno"
)
DIFFERENT = "id-like: a different whole number in every row"


@pytest.mark.parametrize("labels", [COUNT, GAPS, SAMPLED, [*range(60)] * 2])
@pytest.mark.parametrize("name", ["", "Unnamed: 0"])
def test_row_labels_are_left_out_also_of_rows_that_were_dropped_sampled_or_joined(
    tmp_path, name, labels
):
    text = columns(**{name or "x0": labels}, x=X, y=Y, rows=120)
    text = text if name else text.removeprefix("x0")
    if name and labels == [*range(60)] * 2:
        pytest.skip("repeated numbers under a name may be what the name says")
    table = read(tmp_path, text)
    assert table.features == ("x",)
    (reason,) = table.origin.left_out.values()
    assert reason == (DIFFERENT if name else LABELS)


def test_rows_left_out_for_want_of_a_target_do_not_hide_row_labels(tmp_path):
    text = columns(n=COUNT, x=X, y=["a", "b", "b", "a", "b", "a", ""], rows=120)
    table = read(tmp_path, text, drops_missing_target=True)
    assert dict(table.origin.left_out) == {"n": DIFFERENT}


def test_a_first_column_without_a_name_may_be_a_feature_all_the_same(tmp_path):
    text = columns(x=[0.5, 1.5, 2.5, 3], z=X, y=Y, rows=120).removeprefix("x")
    assert read(tmp_path, text).features == ("column_1", "z")
    text = columns(x=COUNT, z=X, y=Y, rows=120).removeprefix("x")
    assert read(tmp_path, text, include=("column_1", "z")).features == ("column_1", "z")


@pytest.mark.parametrize(
    "name",
    NAMES.split("|"),
)
def test_ids_are_left_out_whatever_the_case_of_their_name(tmp_path, name):
    assert is_id_name(name)
    table = read(tmp_path, columns(**{name: SAMPLED}, x=X, y=Y, rows=120))
    assert dict(table.origin.left_out) == {name: DIFFERENT}


def test_an_id_that_some_rows_share_is_left_out_and_one_that_many_share_is_said(tmp_path):
    twice = [*SAMPLED[:100], *SAMPLED[:20]]
    table = read(tmp_path, columns(patient_id=twice, x=X, y=Y, rows=120))
    reason = "id-like: 100 different whole numbers in 120 rows"
    assert dict(table.origin.left_out) == {"patient_id": reason}
    table = read(tmp_path, columns(patient_id=SAMPLED[:30], x=X, y=Y, rows=120))
    assert table.features == ("patient_id", "x")
    rows = Rows(*np.split(np.arange(120), [80, 100]))
    (said,) = [line for line in data_warnings(table, rows) if "looks like an id" in line]
    assert "data.split: {type: group, column: patient_id}" in said
    assert "data.features: {exclude: [patient_id]}" in said


def test_numbers_that_all_differ_under_another_name_are_features(tmp_path):
    table = read(tmp_path, columns(paid=SAMPLED, humid=SAMPLED[::-1], y=Y, rows=120))
    assert table.features == ("paid", "humid")


def test_the_index_that_pandas_wrote_is_left_out_unless_it_is_asked_for(tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame({"x": X, "y": Y * 60}, index=pandas.Index(GAPS, name="visit"))
    frame.to_parquet(tmp_path / "p.parquet")
    content = (tmp_path / "p.parquet").read_bytes()
    table = read(tmp_path, content, name="p.parquet")
    assert (table.features, dict(table.origin.left_out)) == (("x",), {"visit": LABELS})
    asked = read(tmp_path, content, name="p.parquet", include=("visit", "x"))
    assert asked.features == ("visit", "x")


def test_text_columns_of_typed_files_are_text_whatever_they_look_like(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pyarrow.table({"zip": ["501", "2134", "77"] * 40, "x": X, "y": Y * 60})
    parquet.write_table(table, tmp_path / "t.parquet")
    content = (tmp_path / "t.parquet").read_bytes()
    assert set(cells(read(tmp_path, content, name="t.parquet"), "zip")) == {"501", "2134", "77"}
    told = read(tmp_path, content, name="t.parquet", kinds={"zip": "numeric"})
    assert set(cells(told, "zip")) == {501, 2134, 77}


def test_leading_zeros_mean_text(tmp_path):
    text = columns(zip=["00501", "501", "02134"], x=X, y=Y, rows=120)
    assert set(cells(read(tmp_path, text), "zip")) == {"00501", "501", "02134"}
    classes = columns(x=X, y=["01", "1", "2"], rows=120)
    assert read(tmp_path, classes).classes == ("01", "1", "2")
    fractions = columns(zip=["007", "0.5", "10"], x=X, y=Y, rows=120)
    assert set(cells(read(tmp_path, fractions), "zip")) == {7, 0.5, 10}


def test_whole_numbers_beyond_what_float64_tells_apart_are_text(tmp_path):
    near = ["9007199254740992", "9007199254740993", "9007199254740994"]
    assert read(tmp_path, columns(x=X, y=near, rows=120)).classes == tuple(near)
    assert set(cells(read(tmp_path, columns(g=near, x=X, y=Y, rows=120)), "g")) == set(near)
    told = read(tmp_path, columns(g=near, x=X, y=Y, rows=120), kinds={"g": "numeric"})
    assert set(cells(told, "g")) == {9007199254740992.0, 9007199254740994.0}


def test_large_whole_numbers_name_classes_without_a_fraction(tmp_path):
    text = columns(x=X, y=[123456789, 987654321], rows=120)
    assert read(tmp_path, text).classes == ("123456789", "987654321")


# ---- one rule of equality


@pytest.mark.parametrize("spelling", [["1", "2", "3"], ["1.0", "2.0", "3.0"], ["1e0", " 2", "3."]])
def test_categories_and_classes_of_new_rows_are_the_same_numbers_however_written(
    tmp_path, spelling
):
    options = {"kinds": {"code": "categorical"}}
    table = read(tmp_path, columns(code=[1, 2, 3], x=X, y=[1, 2, 3], rows=120), **options)
    steps = PreprocessingSteps("standard", "median", "most_frequent", "ignore")
    learnt = Preprocessing.fit(table, np.arange(120), steps, "none")
    path = tmp_path / "new.csv"
    path.write_text(columns(code=spelling, x=X, y=spelling, rows=120))
    new = NewRows(learnt, TextFormat(), MISSING_MARKERS).read(path, needs_target=True)
    assert learnt.unseen(new) == {}
    np.testing.assert_array_equal(
        learnt.apply(new, np.arange(120)), learnt.apply(table, np.arange(120))
    )
    np.testing.assert_array_equal(new.y, table.y)


def test_a_number_that_two_categories_are_is_neither():
    known = Categories(["01", "1", "x"])
    assert [known.index(text) for text in ("01", "1", "1.0", "x", "y")] == [0, 1, None, 2, None]
