"""New rows are read as the ones a network learnt from, in any order of columns."""

import numpy as np
import pytest
from table_files import cells, columns, lines_of, read, write

from nncli.data.fitted_columns import PreprocessingSteps
from nncli.data.new_rows import NewRows
from nncli.data.preprocessing import Preprocessing
from nncli.data.reading.text_format import MISSING_MARKERS, TextFormat
from nncli.errors import DataError

STEPS = PreprocessingSteps("standard", "median", "most_frequent", "ignore")
FEATURES = {"x": [1.5, 2, 4], "t": ["p", "q", "r"], "b": ["yes", "no"]}


@pytest.fixture
def learn(tmp_path):
    """learn(y, ...): a NewRows fitted on 30 rows with such targets."""

    def make(y=("a", "b", "c"), steps=STEPS, missing=MISSING_MARKERS, decimal=".", **options):
        text, format_ = columns(**FEATURES, y=list(y)), TextFormat(decimal=decimal)
        if decimal == ",":
            text = text.replace(",", ";").replace(".", ",")
        table = read(tmp_path, text, missing=missing, format=format_, **options)
        fitted = Preprocessing.fit(table, np.arange(30), steps, "none")
        return NewRows(fitted, format_, missing)

    return make


def inputs(new_rows, path):
    table = new_rows.read(path, needs_target=False)
    return new_rows.learnt.apply(table, np.arange(len(table))).tolist()


def refusal(new_rows, path, *, needs_target=False):
    with pytest.raises(DataError) as caught:
        new_rows.read(path, needs_target=needs_target)
    return lines_of(caught.value, path.parent)


def test_columns_may_stand_in_any_order_among_others(tmp_path, learn):
    new_rows = learn()
    plain = write(tmp_path, "x,t,b\n2,q,no\n4,r,yes\n", "plain.csv")
    other = write(tmp_path, "id\tb\tx\tq\tt\n7\tno\t2\t\tq\n8\tyes\t4\t?\tr\n", "other.tsv")
    assert inputs(new_rows, other) == inputs(new_rows, plain)
    assert len(new_rows.read(other, needs_target=False).y) == 2


def test_the_rows_learnt_from_give_the_same_inputs_again(tmp_path, learn):
    new_rows = learn()
    table = read(tmp_path, columns(**FEATURES, y=["a", "b", "c"]), name="again.csv")
    expected = new_rows.learnt.apply(table, np.arange(30)).tolist()
    assert inputs(new_rows, tmp_path / "again.csv") == expected


def test_one_row_of_anything_is_read_as_what_was_learnt(tmp_path, learn):
    # alone, 7 would be a constant, 'new' id-like and 1 a number
    path = write(tmp_path, "x,t,b\n7,new,1\n", "one.csv")
    table = learn().read(path, needs_target=False)
    assert (cells(table, "x"), cells(table, "t"), cells(table, "b")) == ([7], ["new"], [1])


def test_missing_cells_are_filled_as_learnt(tmp_path, learn):
    new_rows = learn()
    (row,) = inputs(new_rows, write(tmp_path, "x,t,b\nNA,?,\n", "none.csv"))
    assert row == inputs(new_rows, write(tmp_path, "x,t,b\n2,p,no\n", "some.csv"))[0]


def test_missing_cells_are_those_of_training(tmp_path, learn):
    new_rows = learn(missing=("-",))
    path = write(tmp_path, "x,t,b\n-,NA,no\n", "t.csv")
    assert cells(new_rows.read(path, needs_target=False), "t") == ["NA"]
    assert cells(new_rows.read(path, needs_target=False), "x") == [None]


@pytest.mark.parametrize(
    ("content", "messages"),
    [
        ("x,t\n1,p\n", ["new.csv: lacks the column 'b'; it has 'x', 't'"]),
        (
            "X,T,c\n1,p,q\n",
            [
                "new.csv: lacks columns 'x' (did you mean 'X'?), 't' (did you mean 'T'?), 'b'; "
                "it has 'X', 'T', 'c' (its first row was taken for the columns' names)"
            ],
        ),
        ("x,t,b\n", ["new.csv: no rows under the header"]),
        (
            "x,t,b\n1,p,no\n\ntwo,p,no\n",
            ["new.csv:4: column 'x': expected a number, found 'two'"],
        ),
        (
            "x;t;b\n1,5;p;no\n2,25;p;no\n3;p;no\n",
            [
                "new.csv:2: column 'x': expected a number, found '1,5', and none in most rows "
                "(write '1.5', say)",
                "and 1 more",
            ],
        ),
        (
            "x,t,b\none,p,no\n2,p,no\nthree,p,no\n",
            [
                "new.csv:2: column 'x': expected a number, found 'one', and none in most rows",
                "and 1 more",
            ],
        ),
        ("x,t,b\n1,p\n", ["new.csv:2: expected 3 cells, as in the first row, found 2"]),
    ],
)
def test_what_does_not_fit_is_said(tmp_path, learn, content, messages):
    assert refusal(learn(), write(tmp_path, content, "new.csv")) == messages


def test_words_that_are_no_truths_are_refused(tmp_path, learn):
    new_rows = learn(steps=PreprocessingSteps("standard", "median", "most_frequent", "error"))
    table = new_rows.read(write(tmp_path, "x,t,b\n1,p,maybe\n", "t.csv"), needs_target=False)
    with pytest.raises(DataError) as caught:
        new_rows.learnt.apply(table, np.arange(1))
    assert lines_of(caught.value, tmp_path) == [
        "t.csv:2: column 'b': expected yes or no, true or false, found 'maybe'"
    ]


# ---- targets


def test_classes_keep_the_order_learnt(tmp_path, learn):
    path = write(tmp_path, "x,t,b,y\n1,p,no,c\n1,p,no,a\n1,p,no,c\n", "t.csv")
    table = learn().read(path, needs_target=True)
    assert table.classes == ("a", "b", "c")
    assert table.y.tolist() == [2, 0, 2]


@pytest.mark.parametrize("written", ["1", "1.0", " 1 ", "1e0", "+1"])
def test_a_class_that_is_a_number_may_be_written_otherwise(tmp_path, learn, written):
    path = write(tmp_path, f"x,t,b,y\n1,p,no,{written}\n", "t.csv")
    assert learn(y=(0, 1, 2)).read(path, needs_target=True).y.tolist() == [1]


def test_classes_of_text_stay_as_they_are_written(tmp_path, learn):
    new_rows = learn(y=("01", "1.0", "x"), kinds={"y": "categorical"})
    path = write(tmp_path, "x,t,b,y\n1,p,no,1.0\n1,p,no,01\n1,p,no,x\n", "t.csv")
    assert new_rows.read(path, needs_target=True).y.tolist() == [1, 0, 2]


def test_classes_with_decimal_commas_are_found_again(tmp_path, learn):
    new_rows = learn(y=(1.5, 2.5), decimal=",")
    assert new_rows.learnt.classes == ("1.5", "2.5")
    path = write(tmp_path, "x;t;b;y\n1;p;no;2,5\n1;p;no;1,50\n", "t.csv")
    assert new_rows.read(path, needs_target=True).y.tolist() == [1, 0]


def test_unknown_classes_are_all_placed(tmp_path, learn):
    path = write(tmp_path, "x,t,b,y\n1,p,no,a\n1,p,no,d\n\n1,p,no,A\n", "t.csv")
    assert refusal(learn(), path, needs_target=True) == [
        f"t.csv:{line}: column 'y': expected one of the classes 'a', 'b', 'c', found '{name}'"
        for line, name in ((3, "d"), (5, "A"))
    ]


@pytest.mark.parametrize("y", [("a", "b"), (1.5, 2.5, 7, 9)])
def test_missing_targets_are_all_placed(tmp_path, learn, y):
    path = write(tmp_path, f"x,t,b,y\n1,p,no,\n1,p,no,{y[0]}\n1,p,no,NA\n", "t.csv")
    assert refusal(learn(y=y), path, needs_target=True) == [
        f"t.csv:{line}: column 'y': the target is missing" for line in (2, 4)
    ]


def test_numbers_are_read_in_their_units(tmp_path, learn):
    path = write(tmp_path, "x,t,b,y\n1,p,no,100\n", "t.csv")
    assert learn(y=(1.5, 2.5, 7, 9)).read(path, needs_target=True).y.tolist() == [[100]]


def test_targets_are_needed_for_scores_only(tmp_path, learn):
    path = write(tmp_path, "x,t,b\n1,p,no\n", "t.csv")
    assert refusal(learn(), path, needs_target=True)[0].startswith("t.csv: lacks the column 'y'")
    assert learn().read(path, needs_target=False).targets == ()
