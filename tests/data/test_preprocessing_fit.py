"""What is fitted on the training rows: statistics, fills, categories - and on no other row."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from table_files import columns, lines_of, read, source

from nncli.assembly.build import build
from nncli.config.load import load
from nncli.data.fitted_columns import PreprocessingSteps
from nncli.data.preprocessing import Preprocessing
from nncli.data.rare_categories import RareRule
from nncli.errors import DataError, TableError
from nncli.parts.splits import FixedSplit
from nncli.parts.table import Table

STEPS = PreprocessingSteps("standard", "median", "most_frequent", "ignore")
AS_THEY_ARE = PreprocessingSteps("none", "none", "none", "ignore")
NAN = np.nan


def table_of(booleans=(), **features):
    """A Table: numbers as they are, texts as categories in the order they turn up."""
    codes, categories = [], {}
    for name, cells in features.items():
        if any(isinstance(cell, str) for cell in cells):
            known = tuple(dict.fromkeys(cell for cell in cells if cell is not None))
            categories[name] = known
            cells = [NAN if cell is None else known.index(cell) for cell in cells]
        codes.append([NAN if cell is None else float(cell) for cell in cells])
    x = np.array(codes).T
    return Table(
        x, np.zeros(len(x), int), tuple(features), classes=("a", "b"), categories=categories,
        booleans=frozenset(booleans),
    )  # fmt: skip


def fit(table, rows=None, steps=STEPS):
    chosen = np.arange(len(table)) if rows is None else np.asarray(rows)
    return Preprocessing.fit(table, chosen, steps, "none")


def apply(fitted, table):
    return fitted.apply(table, np.arange(len(table))).tolist()


def change(**steps):
    return PreprocessingSteps(**{**vars(STEPS), **steps})


# ---- statistics


@pytest.mark.parametrize(
    ("impute", "fill"), [("median", 3), ("mean", 4), ("most_frequent", 2), ("none", None)]
)
def test_fills_are_the_hand_worked_ones(impute, fill):
    # sorted 2 2 3 4 9: the middle one is 3, the sum 20 / 5 = 4, 2 occurs twice
    cells = [4, 2, 9, 3, 2]
    table = table_of(x=cells if impute == "none" else [*cells, None])
    (column,) = fit(table, steps=change(impute=impute)).features
    assert (column.fill, column.missing) == (fill, 0 if impute == "none" else 1)


def test_statistics_are_those_of_the_filled_column():
    # 1 3 and twice the median 2: mean 2, squares 1 + 1 + 0 + 0 over 4
    fitted = fit(table_of(x=[1, 3, None, None]))
    (column,) = fitted.features
    assert (column.fill, column.shift, column.scale) == (2, 2, pytest.approx(np.sqrt(0.5)))
    assert fitted.apply(table_of(x=[None, 2]), np.arange(2)).tolist() == [[0], [0]]


def test_the_smallest_of_equally_frequent_values_stands_in():
    table = table_of(x=[7, 3, 3, 7, None], t=["q", "p", "p", "q", None])
    fitted = fit(table, steps=change(impute="most_frequent"))
    assert [column.fill for column in fitted.features] == [3, "p"]


def test_categories_are_sorted_and_those_of_the_training_rows():
    table = table_of(t=["q", "o", "p", "r", "q"], x=[1, 2, 3, 4, 5])
    fitted = fit(table, [0, 2, 4])
    assert fitted.features[0].categories == ("p", "q")
    assert fitted.inputs == ["t=p", "t=q", "x"]
    assert fitted.width == 3
    assert [row[:2] for row in apply(fitted, table)] == [[0, 1], [0, 0], [1, 0], [0, 0], [0, 1]]


def test_missing_categories_become_one_of_their_own():
    table = table_of(t=["q", None, "p"])
    fitted = fit(table, steps=change(impute_category="category"))
    assert fitted.inputs == ["t=p", "t=q", "t=(missing)"]
    assert apply(fitted, table) == [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    never = fit(table, [0, 2], change(impute_category="category"))
    assert never.inputs == ["t=p", "t=q"]
    assert apply(never, table)[1] == [0, 0]


@pytest.mark.parametrize("words", [("no", "yes"), ("False", "True"), ("0", "1"), ("f", "t")])
def test_booleans_are_0_and_1_whatever_stands_first(words):
    for order in (1, -1):
        cells = [words[0], words[1], words[1], None][::order]
        fitted = fit(table_of(["t"], t=cells))
        assert fitted.inputs == ["t"]
        assert (fitted.features[0].kind, fitted.features[0].fill) == ("boolean", 1.0)
        assert apply(fitted, table_of(["t"], t=cells))[::order] == [[0], [1], [1], [1]]


def test_booleans_are_not_scaled():
    fitted = fit(table_of(["b"], b=[0, 1, 1, 1]), steps=change(scale="minmax"))
    assert apply(fitted, table_of(["b"], b=[0, 1, None])) == [[0], [1], [1]]


@pytest.mark.parametrize("scale", ["standard", "minmax", "robust", "none"])
def test_a_column_that_is_constant_in_training_is_0_for_ever(scale):
    table = table_of(x=[5, 5, 5, 7], t=["p", "p", "p", "q"])
    fitted = fit(table, [0, 1, 2], change(scale=scale))
    numbers = [5, 5, 5, 7] if scale == "none" else [0, 0, 0, 0]
    assert apply(fitted, table) == [[x, t] for x, t in zip(numbers, [1, 1, 1, 0], strict=True)]


def test_one_training_row_is_enough():
    fitted = fit(table_of(x=[5, 7], t=["p", "q"]), [1])
    assert fitted.fitted_rows == 1
    assert apply(fitted, table_of(x=[8], t=["q"])) == [[0, 1]]


# ---- what can't be fitted


def test_columns_without_training_values_are_all_named():
    table = table_of(x=[None, None, 3], t=[None, None, "p"], u=[1, 2, 3])
    with pytest.raises(DataError) as caught:
        fit(table, [0, 1])
    message = "has no value in the training rows: leave it out"
    assert list(caught.value.found) == [
        ("data.features.exclude", f"column '{name}' {message}") for name in "xt"
    ]


def test_missing_values_are_refused_where_nothing_stands_in():
    table = table_of(["b"], x=[1, None, 3], t=["p", "q", None], b=[None, 0, 1])
    with pytest.raises(DataError) as caught:
        fit(table, steps=AS_THEY_ARE)
    lacks = "lacks 1 values in the training rows, the first at row"
    assert list(caught.value.found) == [
        ("data.preprocessing.numeric.impute", f"column 'x' {lacks} 2"),
        ("data.preprocessing.categorical.impute", f"column 't' {lacks} 3"),
        ("data.preprocessing.numeric.impute", f"column 'b' {lacks} 1"),
    ]


@pytest.mark.parametrize("name", ["x", "t", "b"])
def test_missing_values_of_new_rows_are_refused_where_nothing_stands_in(tmp_path, name):
    text = columns(x=[1, 2, 3], t=["p", "q"], b=["yes", "no"], y=["a", "b"])
    fitted = fit(read(tmp_path, text), steps=AS_THEY_ARE)
    cells = {"x": 1, "t": "p", "b": "yes", "y": "a", name: ""}
    table = read(tmp_path, text + ",".join(map(str, cells.values())) + "\n", kinds={"b": "boolean"})
    with pytest.raises(TableError) as caught:
        fitted.apply(table, np.arange(len(table)))
    assert lines_of(caught.value, tmp_path) == [
        f"table.csv:32: column '{name}': the value is missing, and impute is none"
    ]
    assert len(fitted.apply(table, np.arange(30))) == 30


# ---- unknown categories


def test_unknown_categories_are_nothing_or_an_error():
    known, new = table_of(t=["p", "q", "p"]), table_of(t=["q", "r", "p", "r"])
    assert apply(fit(known), new) == [[0, 1], [0, 0], [1, 0], [0, 0]]
    with pytest.raises(TableError) as caught:
        apply(fit(known, steps=change(unknown="error")), new)
    assert caught.value.lines() == [
        f"row {row}: column 't': unknown category 'r': the training rows have 'p', 'q'"
        for row in (2, 4)
    ]


@pytest.mark.parametrize(
    "steps", [change(unknown="error"), AS_THEY_ARE], ids=["told so", "nothing stands in"]
)
def test_words_that_are_no_truths_are_filled_or_an_error(steps):
    known, new = table_of(["t"], t=["yes", "no", "yes"]), table_of(["t"], t=["no", "maybe"])
    assert apply(fit(known), new) == [[0], [1]]
    assert apply(fit(known), table_of(["t"], t=["TRUE", "f", "1"])) == [[1], [0], [1]]
    with pytest.raises(TableError) as caught:
        apply(fit(known, steps=steps), new)
    assert caught.value.lines() == [
        "row 2: column 't': expected yes or no, true or false, found 'maybe'"
    ]


def test_many_problems_are_counted():
    fitted = fit(table_of(t=["p", "q"]), steps=change(unknown="error"))
    with pytest.raises(TableError) as caught:
        apply(fitted, table_of(t=["r"] * 50))
    assert caught.value.lines()[-1] == "and 30 more"


# ---- the record


CELLS = {
    "x": st.none() | st.integers(-50, 50).map(lambda n: n / 4),
    "t": st.none() | st.sampled_from("pqrstu"),
    "b": st.none() | st.sampled_from(["yes", "no"]),
}


@st.composite
def tables(draw):
    """Cells of x, t and b, of which the first two rows lack none and differ."""
    rows = draw(st.integers(3, 15))
    tables = {
        name: draw(st.lists(cell, min_size=rows, max_size=rows)) for name, cell in CELLS.items()
    }
    for name, start in {"x": [1, 2.5], "t": ["p", "q"], "b": ["yes", "no"]}.items():
        tables[name][:2] = start
    return tables


@st.composite
def all_steps(draw):
    return PreprocessingSteps(
        draw(st.sampled_from(["standard", "minmax", "robust", "none"])),
        draw(st.sampled_from(["median", "mean", "most_frequent"])),
        draw(st.sampled_from(["most_frequent", "category"])),
        draw(st.sampled_from(["ignore", "error"])),
        rare=RareRule(draw(st.integers(1, 4)), draw(st.sampled_from([None, 2, 3]))),
    )


@settings(max_examples=80)
@given(cells=tables(), steps=all_steps())
def test_what_is_fitted_survives_its_json(cells, steps):
    table = table_of(["b"], **cells)
    fitted = fit(table, steps=steps)
    again = Preprocessing.from_json(json.loads(json.dumps(fitted.to_json(), allow_nan=False)))
    assert again == fitted
    np.testing.assert_array_equal(
        again.apply(table, np.arange(len(table))), fitted.apply(table, np.arange(len(table)))
    )


@settings(max_examples=80)
@given(cells=tables(), steps=all_steps(), data=st.data())
def test_no_cell_outside_training_changes_what_is_fitted(cells, steps, data):
    count = len(cells["x"])
    rows = data.draw(st.sets(st.integers(2, count - 1)).map(lambda more: sorted({0, 1, *more})))
    table = table_of(["b"], **cells)
    fitted = fit(table, rows, steps)
    changed = {name: list(column) for name, column in cells.items()}
    for row in set(range(count)) - set(rows):
        for name, cell in CELLS.items():
            changed[name][row] = data.draw(cell | (st.just("new") if name == "t" else st.none()))
    other = table_of(["b"], **changed)
    assert fit(other, rows, steps).to_json() == fitted.to_json()
    np.testing.assert_array_equal(
        fitted.apply(other, np.array(rows)), fitted.apply(table, np.array(rows))
    )


@settings(max_examples=40)
@given(cells=tables(), steps=all_steps(), data=st.data())
def test_the_order_of_rows_and_categories_changes_nothing(cells, steps, data):
    order = data.draw(st.permutations(range(len(cells["x"]))))
    shuffled = {name: [column[row] for row in order] for name, column in cells.items()}
    first, other = (fit(table_of(["b"], **c), steps=steps) for c in (cells, shuffled))
    for mine, theirs in zip(first.features, other.features, strict=True):
        assert (mine.categories, mine.missing, mine.fill) == (
            theirs.categories, theirs.missing, pytest.approx(theirs.fill, rel=1e-12)
            if isinstance(theirs.fill, float) else theirs.fill,
        )  # fmt: skip
        assert (mine.shift, mine.scale) == pytest.approx((theirs.shift, theirs.scale), rel=1e-12)


@pytest.mark.parametrize("rows", [1, 5, 16, 17])
def test_chunks_of_any_size_give_the_same_inputs(monkeypatch, rows):
    table = table_of(["b"], x=[1, None, 3] * 11, t=["p", "q", None] * 11, b=[0, 1, None] * 11)
    fitted = fit(table)
    chosen = np.random.default_rng(0).permutation(33)[:29]
    whole = fitted.apply(table, chosen)
    monkeypatch.setattr("nncli.data.preprocessing.CHUNK_VALUES", rows * fitted.width)
    np.testing.assert_array_equal(fitted.apply(table, chosen), whole)
    assert fitted.apply(table, chosen[:0]).shape == (0, fitted.width)


# ---- in a whole experiment


def test_no_row_outside_training_changes_a_built_experiment(tmp_path):
    (tmp_path / "c.yaml").write_text(
        "data: {path: table.csv, target: y, split: {type: fixed, column: s}}\n"
    )
    text = columns(
        s=["train", "val", "test", "train"], x=[1.5, 2, "", 4, 5], t=["p", "q", "", "r", "p", "q"],
        b=["yes", "no", ""], y=["a", "b", "a", "c", "b"], rows=120,
    )  # fmt: skip
    (tmp_path / "table.csv").write_text(text)
    before = build(*load(tmp_path / "c.yaml"))
    spoilt = [
        "val,1e9,new,,c" if line.startswith("val") else line.replace("test,2,", "test,-1e9,")
        for line in text.splitlines()
    ]
    (tmp_path / "table.csv").write_text("\n".join(spoilt))
    after = build(*load(tmp_path / "c.yaml"))
    assert after.preprocessing.to_json() == before.preprocessing.to_json()
    assert before.preprocessing.fitted_rows == len(before.rows.train) == 60
    np.testing.assert_array_equal(after.job.train.x, before.job.train.x)


def test_a_numeric_target_is_scaled_by_its_training_rows(tmp_path):
    text = columns(s=["train", "test"], x=[1, 2, 3], y=[1.5, 100, 3.5, 200], rows=40)
    table = source(tmp_path, text, aside={"s": "data.split.column"}).load()
    rows = FixedSplit(column="s").rows(table, np.random.default_rng(0))
    fitted = Preprocessing.fit(table, rows.train, STEPS, "standard")
    assert (fitted.target.shift, fitted.target.scale) == ([2.5], [1.0])
    assert fitted.target.fitted_rows == fitted.fitted_rows == 20
