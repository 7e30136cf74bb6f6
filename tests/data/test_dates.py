"""Dates: recognised, fitted on training rows, read again; asked about where the day is unclear."""

import json
from dataclasses import replace
from datetime import time

import numpy as np
import pytest
from table_files import cells, columns, lines_of, read, refusal, write

from nncli.assembly.recorded_data import RecordedData
from nncli.config.data_keys import Data
from nncli.data.date_encoding import FittedDate
from nncli.data.fitted_columns import FittedColumn, PreprocessingSteps
from nncli.data.new_rows import NewRows
from nncli.data.preprocessing import Preprocessing
from nncli.data.reading.column_keys import ColumnKeys
from nncli.data.reading.given_rows import GivenRows
from nncli.data.reading.text_format import MISSING_MARKERS, TextFormat
from nncli.data.scaling import Scaling
from nncli.errors import DataError
from nncli.evaluation.worst_rows import cell
from nncli.parts.splits import Rows, TimeSplit
from nncli.report.data_facts import histogram

STEPS = PreprocessingSteps("none", "median", "most_frequent", "ignore")
FORMS = {
    "%Y-%m-%d": None, "%Y/%m/%d": None, "%Y-%m-%dT%H:%M:%SZ": None, "%Y-%m-%d %H:%M UTC": None,
    "%Y-%m-%d %H:%M:%S+00:00": None, "%Y-%j": None, "%d/%m/%Y": "%d/%m/%Y",
    "%d.%m.%Y": "%d.%m.%Y", "%m/%d/%Y": "%m/%d/%Y", "%d/%m/%y": "%d/%m/%y",
    "%m-%d-%Y %H:%M": "%m-%d-%Y %H:%M", "%m/%d/%Y %I:%M %p": "%m/%d/%Y %I:%M %p", "%Y.%m.%d": None,
    **{
        form: form
        for form in (
            "%d %b %Y", "%d-%b-%y", "%d-%b-%Y", "%b %d, %Y", "%d.%m.%y", "%d/%b/%Y", "%B %d, %Y",
            "%d %B %Y", "%b %d %Y", "%Y-%b-%d", "%a, %d %b %Y", "%A, %B %d, %Y", "%d-%b-%y %H:%M",
            "%d-%b-%Y %I:%M %p", "%a, %d %b %Y %H:%M:%S GMT",
        )
    },
}  # fmt: skip


def days(count, form="%Y-%m-%d", first="2025-01-01"):
    """So many days, one after another, written in a form."""
    start = np.datetime64(first)
    return [f'"{(start + i).astype(object).strftime(form)}"' for i in range(count)]


@pytest.mark.parametrize(("form", "expected"), FORMS.items())
def test_dates_are_recognised(tmp_path, form, expected):
    table = read(tmp_path, columns(d=days(60, form), x=[1, 2, 4], y=["a", "b"], rows=60))
    assert table.kind("d") == "date"
    assert table.origin.date_formats == {"d": expected}
    assert cells(table, "d")[:2] == [20089, 20090]  # days since 1970
    assert table.origin.notes == (
        f"column 'd' is read as dates ({expected or 'ISO 8601'}) from 2025-01-01 to 2025-03-01; if "
        "they are none, data.columns: {d: categorical}; to be scored on later rows, "
        "data.split: {type: time, column: d}",
    )


@pytest.mark.parametrize("sign", "/-")
def test_months_of_years_are_dates(tmp_path, sign):
    texts = [f"{1 + i % 12}{sign}{2010 + i // 12}" for i in range(60)]
    table = read(tmp_path, columns(d=texts, x=[1, 2, 4], y=["a", "b"], rows=60))
    assert table.origin.date_formats == {"d": f"%m{sign}%Y"}
    assert cells(table, "d")[:2] == [14610, 14641]
    others = [f"{1 + i % 30}{sign}{2010 + i // 12}" for i in range(60)]
    table = read(tmp_path, columns(d=others, x=[1, 2, 4], y=["a", "b"], rows=60))
    assert not table.origin.date_formats


TWO = ((1900.0, 0.5), (1.0, 0.3))  # shift and scale
TIMES = {"%H:%M": "{}:{:02}", "%H:%M:%S": "{:02}:{:02}:30", "%I:%M %p": "{}:{:02} AM"}


@pytest.mark.parametrize(("form", "written"), TIMES.items())
def test_times_of_day_are_inputs_of_their_own(tmp_path, form, written):
    texts = [written.format(1 + i % 12, 5 * (i % 11)) for i in range(60)]
    table = read(tmp_path, columns(t=texts, x=[1, 2, 4], y=["a", "b"], rows=60))
    assert table.origin.date_formats == {"t": form}
    assert table.origin.notes == (
        f"column 't' is read as times of day ({form}); "
        "if they are none, data.columns: {t: categorical}",
    )
    fitted = Preprocessing.fit(table, np.arange(60), STEPS, "none")
    assert fitted.inputs[:3] == ["t.hour_sin", "t.hour_cos", "t.days"]


def test_midnight_is_shown_as_a_time_among_times_and_as_a_date_among_dates(tmp_path):
    texts = [f"{hour}:30" if hour else "0:00" for hour in range(24)]
    table = read(tmp_path, columns(t=texts, d=days(24), x=[1, 2, 4], y=["a", "b"], rows=48))
    assert [cell(table, "t", row) for row in (0, 1)] == ["00:00:00", "01:30:00"]
    times = histogram(table.column("t").values, "date")
    assert (times.low, times.high) == ("00:00:00", "23:30:00")
    dates = histogram(np.array([0.0, 9.0]), "date")
    assert (dates.low, dates.high) == ("1970-01-01", "1970-01-10")


def test_a_run_of_before_has_its_times_moved_from_1900_to_1970():
    minutes = np.arange(0, 1440, 7) / 1440
    old = FittedColumn(
        "t", "date", 0, -25_566.5, date=FittedDate(-25_567.0, ("year", "days"), *TWO)
    )
    fitted = Preprocessing(9, (old,), ("y",), ("a", "b"), Scaling("none", (), (), 9))
    moved = fitted.with_times({"t"}).features[0]
    assert (moved.fill, moved.date.first) == (0.5, 0)
    np.testing.assert_allclose(moved.date(minutes), old.date(minutes - 25_567), atol=1e-9)
    assert fitted.with_times({"t"}).with_times({"t"}) == fitted.with_times({"t"})
    assert fitted.with_times(()) == fitted


def test_texts_of_a_run_of_before_are_not_read_as_times(tmp_path):
    texts = [f"{hour}:30" for hour in range(24)]
    keys = {"t": ColumnKeys(type="categorical")}
    path = write(tmp_path, columns(t=texts, x=[1, 2, 4], y=["a", "b"], rows=48))
    data = Data(path=path, target="y")
    assert data.source().load().kind("t") == "date"
    table = replace(data, columns=keys).source().load()
    fitted = Preprocessing.fit(table, np.arange(48), STEPS, "none")
    typed = RecordedData(Rows(*np.split(np.arange(48), [30, 40])), fitted, "").typed(data)
    assert typed.columns == keys
    assert typed.source().load().kind("t") == "categorical"


@pytest.mark.parametrize(
    "texts",
    [["9:00", "12:30", "17:00"], [f"{hour}:30" for hour in range(25)]],
    ids=["few", "above 24 hours"],
)
def test_other_texts_with_colons_are_categories(tmp_path, texts):
    table = read(tmp_path, columns(t=texts, x=[1, 2, 4], y=["a", "b"], rows=75))
    assert table.kind("t") == "categorical"


def test_the_span_that_is_said_is_that_of_the_dates_also_behind_columns_left_out(tmp_path):
    names = [f"name {i}" for i in range(60)]
    text = columns(name=names, d=days(60), z=[1.5, 2.5, 4], y=["a", "b"], rows=60)
    table = read(tmp_path, text)
    assert table.features == ("d", "z")
    (note,) = table.origin.notes
    assert "(ISO 8601) from 2025-01-01 to 2025-03-01" in note


def test_a_month_in_capitals_and_one_slip_are_no_obstacle(tmp_path):
    texts = ["n.a.?", *(text.upper() for text in days(59, "%d-%b-%y"))]
    table_text = columns(d=texts, x=[1, 2, 4], y=["a", "b"], rows=60)
    (found,) = refusal(tmp_path, table_text)
    assert "column 'd': expected a date as %d-%b-%y, found 'n.a.?'" in found
    table = read(tmp_path, table_text, missing=[*MISSING_MARKERS, "n.a.?"])
    assert table.origin.date_formats == {"d": "%d-%b-%y"}


@pytest.mark.parametrize("form", ["%d-%b-%y", "%b %d, %Y", "%d.%m.%Y", "%Y-%m-%d"])
def test_a_time_split_takes_every_date_that_is_recognised(tmp_path, form):
    texts = days(60, form)[::-1]
    aside = {"d": "data.split.column"}
    text = columns(d=texts, x=[1, 2, 4], y=["a", "b"], rows=60)
    table = read(tmp_path, text, aside=aside)
    rows = TimeSplit(column="d").rows(table, np.random.default_rng(0))
    assert rows.test.max() < rows.val.min() < rows.train.min()


def test_a_time_split_by_days_or_months_first_names_the_key(tmp_path):
    text = columns(d=["01/02/2025", "03/04/2025"], x=[1, 2, 4], y=["a", "b"], rows=60)
    table = read(tmp_path, text, aside={"d": "data.split.column"})
    with pytest.raises(DataError) as caught:
        TimeSplit(column="d").rows(table, np.random.default_rng(0))
    first = lines_of(caught.value, tmp_path)[0]
    assert first.endswith("""found '01/02/2025' (data.columns: {"d": {format: "%d/%m/%Y"}}, say)""")


def test_months_are_dates_without_a_day_of_the_week(tmp_path):
    months = [f"20{y}-{m:02}" for y in (21, 22, 23) for m in range(1, 13)]
    table = read(tmp_path, columns(d=months, x=[1, 2, 4], y=["a", "b"], rows=36))
    fitted = Preprocessing.fit(table, np.arange(36), STEPS, "none")
    assert fitted.inputs == ["d.year", "d.month_sin", "d.month_cos", "d.days", "x"]


@pytest.mark.parametrize("rows", [12, 9])
def test_day_or_month_first_is_asked_about(tmp_path, rows):
    texts = [f"{i % 12 + 1:02}/0{i % 3 + 1}/2025" for i in range(rows)]
    (found,) = refusal(tmp_path, columns(d=texts, y=["a", "b"], rows=36))
    assert 'data.columns: {d: {type: date, format: "%d/%m/%Y"}}, or "%m/%d/%Y"' in found
    keys = {"d": ColumnKeys(format="%d/%m/%Y")}
    table = read(tmp_path, columns(d=texts, y=["a", "b"], rows=36), keys=keys, kinds={"d": "date"})
    assert cells(table, "d")[0] == 20089


def test_inputs_are_fitted_on_training_rows_alone(tmp_path):
    table = read(tmp_path, columns(d=days(60), x=[1, 2, 4], y=["a", "b"], rows=60))
    fitted = Preprocessing.fit(table, np.arange(10, 30), STEPS, "none")
    x = dict(zip(fitted.inputs, fitted.apply(table, np.arange(60)).T, strict=True))
    np.testing.assert_array_equal(x["d.days"], np.arange(60) - 10.0)
    assert set(x["d.year"]) == {2025}
    np.testing.assert_allclose(x["d.weekday_sin"][:2], np.sin(2 * np.pi * np.array([2, 3]) / 7))
    np.testing.assert_allclose(x["d.month_cos"][[0, 31]], np.cos(2 * np.pi * np.array([0, 1]) / 12))
    assert Preprocessing.from_json(json.loads(json.dumps(fitted.to_json()))) == fitted


def test_new_rows_are_read_as_dates_and_missing_ones_filled(tmp_path):
    text = columns(d=["", *days(29, "%d/%m/%Y")], x=[1, 2, 4], y=["a", "b"])
    table = read(tmp_path, text)
    fitted = Preprocessing.fit(table, np.arange(30), STEPS, "none")
    keys = {"d": ColumnKeys(format="%d/%m/%Y")}
    new_rows = NewRows(fitted, TextFormat(), MISSING_MARKERS, None, keys)
    new = new_rows.read(write(tmp_path, "d,x\n03/01/2026,1\n,1\n", "n.csv"), needs_target=False)
    x = dict(zip(fitted.inputs, fitted.apply(new, np.arange(2)).T, strict=True))
    assert x["d.days"].tolist() == [367, 14]
    path = write(tmp_path, "d,x\n2026-01-03,1\n", "n.csv")
    with pytest.raises(DataError) as caught:
        new_rows.read(path, needs_target=False)
    assert lines_of(caught.value, tmp_path) == [
        "n.csv:2: column 'd': expected a date as %d/%m/%Y, found '2026-01-03', "
        "and none in most rows"
    ]


def test_dates_and_times_in_memory_are_cells_and_masked_ones_missing():
    moments = np.array(["2026-03-01", "2026-03-02"], "datetime64[ns]")
    rows = {"d": np.ma.array(moments, mask=[False, True]), "t": [time(9, 5), time(23, 59)]}
    found = next(GivenRows(rows, {"d": "%d/%m/%Y", "t": "%H:%M"}).chunks()).columns
    assert found == [["01/03/2026", ""], ["09:05", "23:59"]]


def test_a_run_of_before_has_no_dates_in_its_features(tmp_path):
    table = read(tmp_path, columns(x=[1, 2, 4], y=["a", "b"]))
    fitted = Preprocessing.fit(table, np.arange(30), STEPS, "none")
    assert all("date" not in feature for feature in fitted.to_json()["features"])


@pytest.mark.parametrize(
    "texts",
    [
        ["1-2", "3-4"],
        ["10.0.0.1", "1.1.1.1"],
        ["12:30", "13:45"],
        ["may", "June"],
        ["Mark", "Sepp"],
        ["1.2.3", "1.2.4"],
    ],
)
def test_other_texts_are_no_dates(tmp_path, texts):
    assert read(tmp_path, columns(t=texts, y=["a", "b"])).kind("t") != "date"
