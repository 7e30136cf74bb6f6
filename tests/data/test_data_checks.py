"""Warnings: each appears with the problem that was planted, and not without."""

import numpy as np
import pytest
from table_files import columns, read

from nncli.data.data_checks import _hashes, data_warnings, refuse_singleton_classes
from nncli.errors import TableError
from nncli.parts.splits import NoSplit, RandomSplit, Rows
from nncli.parts.table import Table

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=60).round(3).tolist()
Z = RANDOM.normal(size=60).round(3).tolist()
Y = ["a", "b", "c"]
NOBODY = np.empty(0, int)


def warnings(folder, text, *, train=40, indicated=(), **options):
    """The warnings about a table of which the first rows train, and the others are for test."""
    table = read(folder, text, **options)
    rows = Rows(np.arange(train), NOBODY, np.arange(train, len(table)))
    return [
        line.replace(f"{folder}/", "") for line in data_warnings(table, rows, indicated=indicated)
    ]


def test_there_is_no_warning_about_a_clean_table(tmp_path):
    assert warnings(tmp_path, columns(x=X, z=Z, t=["p", "q", "r", "s"], y=Y, rows=60)) == []
    numbers = columns(x=X, z=Z, y=RANDOM.normal(size=60).tolist(), rows=60)
    assert warnings(tmp_path, numbers) == []


# ---- duplicates


@pytest.mark.parametrize("count", [1, 2])
def test_rows_of_test_that_were_learnt_are_counted(tmp_path, count):
    text = columns(x=X, t=["p", "q"], y=Y, rows=60).splitlines()
    text[50 : 50 + count] = text[3 : 3 + count]
    few = "1 test row equals" if count == 1 else "2 test rows equal"
    assert warnings(tmp_path, "\n".join(text)) == [
        f"{few} a training row in every column used, the first at table.csv:51: scores on them "
        "flatter"
    ]


def test_rows_of_a_few_coarse_columns_repeat_by_their_nature(tmp_path):
    assert warnings(tmp_path, columns(x=[1, 2], t=["p", "q", "r", "s"], y=Y, rows=60)) == []


def test_rows_that_differ_in_the_target_alone_are_no_duplicates(tmp_path):
    text = columns(x=X, t=["p", "q"], y=Y, rows=60).splitlines()
    text[50] = text[3].rpartition(",")[0] + "," + {"a": "b", "b": "c", "c": "a"}[text[3][-1]]
    assert warnings(tmp_path, "\n".join(text)) == []


def test_rows_that_lack_the_same_cells_are_duplicates(tmp_path):
    text = columns(x=X, t=["p", "q"], y=Y, rows=60).splitlines()
    text[3] = text[50] = ",,a"
    assert "1 test row equals a training row" in warnings(tmp_path, "\n".join(text))[0]


def test_duplicates_within_a_part_are_no_leak(tmp_path):
    text = columns(x=X, t=["p", "q"], y=Y, rows=60).splitlines()
    text[3], text[50] = text[4], text[51]
    assert warnings(tmp_path, "\n".join(text)) == []


def test_both_parts_held_out_are_looked_at(tmp_path):
    text = columns(x=X, t=["p", "q"], y=Y, rows=60).splitlines()
    text[41] = text[51] = text[1]
    table = read(tmp_path, "\n".join(text))
    rows = Rows(np.arange(40), np.arange(40, 50), np.arange(50, 60))
    assert [line.partition(" a ")[0] for line in data_warnings(table, rows)] == [
        "1 val row equals", "1 test row equals",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "x",
    [
        RANDOM.normal(size=(100_000, 4)),
        np.arange(400_000).reshape(100_000, 4).astype(float),
        np.stack(np.meshgrid(*[np.arange(18.0)] * 4), -1).reshape(-1, 4)[:100_000],
        np.stack([np.arange(100_000) // 317, np.arange(100_000) % 317], 1).astype(float),
    ],
    ids=["normal", "counting", "small whole numbers", "pairs"],
)
def test_different_rows_have_different_hashes(x):
    table = Table(x, np.zeros((len(x), 1)), tuple(f"x{j}" for j in range(x.shape[1])))
    hashes = _hashes(table)
    assert len(np.unique(hashes)) == len(x)
    permuted = Table(x[:, ::-1], table.y, table.features)
    assert (_hashes(permuted) != hashes).mean() > 0.9  # columns aren't interchangeable


def test_minus_zero_is_zero():
    table = Table(np.array([[0.0], [-0.0], [1.0]]), np.zeros((3, 1)), ("x",))
    hashes = _hashes(table)
    assert hashes[0] == hashes[1] != hashes[2]


# ---- a feature that is the target


GIVEN_AWAY = (
    "column 'copy' is the target 'y' in other words: leave it out with data.features.exclude, "
    "unless you know it before the answer"
)


@pytest.mark.parametrize(
    ("copy", "y"),
    [
        (Y, Y),
        (["one", "two", "three"], Y),
        ([7, 3, 5], Y),
        ([1, 0], ["no", "yes"]),
        (["yes", "no"], [1, 0]),
    ],
)
def test_a_column_that_is_the_class_is_named(tmp_path, copy, y):
    assert warnings(tmp_path, columns(x=X, copy=copy, y=y, rows=60)) == [GIVEN_AWAY]


@pytest.mark.parametrize("scale", [lambda y: y, lambda y: 32 - 1.8 * y, lambda y: 1e-9 * y])
def test_a_column_that_is_the_number_is_named(tmp_path, scale):
    copy = [scale(value) for value in Z]
    assert warnings(tmp_path, columns(x=X, copy=copy, y=Z, rows=60)) == [GIVEN_AWAY]


@pytest.mark.parametrize(
    "other", [["p", "q", "q"], ["p", "p", "q"], [*Y * 19, "a", "b", "b"], [*Y, ""]]
)
def test_a_column_that_says_less_is_not(tmp_path, other):
    text = columns(x=X, other=other, y=Y, rows=60)
    assert not [line for line in warnings(tmp_path, text) if "in other words" in line]


def test_a_column_near_the_number_is_not(tmp_path):
    near = [round(value, 2) for value in Z]
    assert warnings(tmp_path, columns(x=X, near=near, y=Z, rows=60)) == []


def test_several_targets_have_no_other_words(tmp_path):
    text = columns(x=X, z=Z, u=X, v=Z, rows=60)
    assert warnings(tmp_path, text, target=("u", "v")) == []


# ---- columns that are learnt by heart


@pytest.mark.parametrize(
    ("name", "cells", "reason"),
    [
        ("id", [7 * i for i in range(60)], "id-like: a different whole number in every row"),
        ("name", [f"n{i}" for i in range(60)], "id-like: 60 different texts in 60 rows"),
        ("same", [5], "constant: always 5"),
        ("same", ["CH"], "constant: always CH"),
    ],
)
def test_columns_kept_by_wish_are_warned_of(tmp_path, name, cells, reason):
    text = columns(x=X, **{name: cells}, y=Y, rows=60)
    assert warnings(tmp_path, text, include=("x", name)) == [
        f"column '{name}' is {reason}: a network learns it by heart, if anything"
    ]
    assert warnings(tmp_path, text) == []  # left out, and listed there


@pytest.mark.parametrize("cells", [[5.5, 5.5, 7], ["p", "p", "q"]])
def test_a_column_that_never_varies_in_training_is_named(tmp_path, cells):
    text = columns(x=X, c=[*[cells[0]] * 40, *cells[1:] * 10], y=Y, rows=60)
    assert warnings(tmp_path, text) == [
        "column 'c' never varies in the training rows: nothing can be learnt from it"
    ]


def test_a_column_that_is_mostly_empty_is_named(tmp_path):
    text = columns(x=X, c=[1.5, 2.5, "", "", ""], y=Y, rows=60)
    assert warnings(tmp_path, text) == [
        "column 'c' lacks 24 of its 40 training values: data.preprocessing.numeric: "
        "{missing_indicator: true} tells the network where"
    ]
    assert warnings(tmp_path, text, indicated=["numeric"]) == []
    texts = columns(x=X, c=["p", "q", "", "", ""], y=Y, rows=60)
    (line,) = warnings(tmp_path, texts)
    assert line.endswith(
        "data.preprocessing.categorical: {impute: category} tells the network where"
    )
    assert warnings(tmp_path, texts, indicated=["categorical"]) == []
    assert warnings(tmp_path, columns(x=X, c=[1.5, 2.5, "", 3.5], y=Y, rows=60)) == []


# ---- classes


def test_heavy_imbalance_is_named(tmp_path):
    text = columns(x=X, z=[i / 7 for i in range(66)], y=["a"] * 10 + ["b"], rows=66)
    assert warnings(tmp_path, text, train=44) == [
        "class 'a' has 40 training rows and 'b' has 4: accuracy says little then; see "
        "balanced_accuracy, and decision: {maximize: balanced_accuracy}, or training.class_weight: "
        "balanced, which makes probabilities wrong"
    ]
    assert warnings(tmp_path, columns(x=X, y=[*["a"] * 9, "b"], rows=60)) == []


def test_classes_that_are_weighed_need_no_warning(tmp_path):
    table = read(tmp_path, columns(x=X, z=Z, y=[*["a"] * 14, "b"], rows=60))
    rows = RandomSplit().rows(table, np.random.default_rng(0))
    assert len(list(data_warnings(table, rows))) == 1
    assert list(data_warnings(table, rows, is_balanced=True)) == []


def test_a_class_that_nobody_learns_is_named(tmp_path):
    text = columns(x=X, y=[*["a", "b"] * 20, *["c"] * 20], rows=60)
    assert warnings(tmp_path, text) == [
        "class 'c' has no training row and can't be learnt: see data.split",
        "classes 'a', 'b' have no test row and have no part in the scores there: see data.split",
    ]


def test_classes_that_differ_in_capitals_alone_are_named_with_their_counts(tmp_path):
    text = columns(x=X, y=["Yes", "no", "yes ", "No", "YES", "maybe"], rows=60)
    assert warnings(tmp_path, text) == [
        "classes 'No' (10) and 'no' (10), 'YES' (10) and 'Yes' (10) and 'yes' (10) differ in "
        "capitals or spaces alone and are told apart: if they are one, data.columns: {y: "
        "{fold_case: true}}, or data.fold_case: true for all columns",
    ]


def test_categories_that_differ_in_capitals_alone_are_named_with_the_key(tmp_path):
    text = columns(x=X, y=[1.5, 2.5, 3.5], **{"the town": ["Rome", "rome", "", "Oslo"]}, rows=60)
    assert warnings(tmp_path, text) == [
        "categories of column 'the town', 'Rome' (15) and 'rome' (15) differ in capitals or "
        'spaces alone and are told apart: if they are one, data.columns: {"the town": '
        "{fold_case: true}}, or data.fold_case: true for all columns",
    ]


@pytest.mark.parametrize(
    ("cells", "how"),
    [
        ([1.5, "", 2.5], "is missing exactly where the target 'y' is 'b'"),
        (["", 0.5, "", "", 1.5, ""], "has a value exactly where the target 'y' is 'b'"),
        (["p", "q", "q"], "says exactly whether the target 'y' is 'a'"),
        ([0, 0, 1], "says exactly whether the target 'y' is 'c'"),
        (["r", "q", "p"], "is the target 'y' in other words"),
    ],
)
def test_a_column_that_gives_a_class_away_is_named(tmp_path, cells, how):
    (found,) = warnings(tmp_path, columns(x=X, t=cells, y=Y, rows=60))[:1]
    assert found == (
        f"column 't' {how}: leave it out with data.features.exclude, unless you know it before "
        "the answer"
    )


@pytest.mark.parametrize(
    ("change", "is_said"),
    [
        (lambda y: round(np.log(y), 6), True),
        (lambda y: "" if y == 3 else 1 / y, True),
        (lambda y: round(np.log(y), 1), False),  # not one to one
        (lambda y: min(y, 9), False),
    ],
    ids=["logarithm", "inverse, with gaps", "rounded", "capped"],
)
def test_a_monotone_function_of_a_number_to_predict_is_named(tmp_path, change, is_said):
    y = [3 + 7 * i % 20 for i in range(60)]
    text = columns(x=X, f=[change(each) for each in y], y=y, rows=60)
    said = [line for line in warnings(tmp_path, text) if "column 'f' is the target 'y'" in line]
    assert len(said) == is_said
    alone = columns(f=[change(each) for each in y], y=y, rows=60)
    assert not [line for line in warnings(tmp_path, alone) if "in other words" in line]


def test_ranges_of_numbers_that_give_each_class_away_are_named(tmp_path):
    weeks = [30, 41, 35.5, "", 33, 38, 34, 44, 40]  # of a, b, a, b ...
    born = ["early" if week and week < 37 else "late" for week in weeks]
    said = "column 'weeks' says exactly what the target 'y' is, each class having a range of its"
    text = columns(x=X, weeks=weeks, y=born, rows=81)
    assert [line for line in warnings(tmp_path, text) if line.startswith(said)]
    shared = text + "1,36,late\n1,36,early\n"  # a number that both have
    assert not [line for line in warnings(tmp_path, shared) if "'weeks'" in line]
    few_rows = columns(x=X, weeks=[*range(38, 47)], y=["late"], rows=81) + "1,30,early\n" * 2
    assert not [line for line in warnings(tmp_path, few_rows) if "'weeks' says" in line]


@pytest.mark.parametrize(("target", "is_said"), [("y", True), ("t", False)])
def test_a_last_row_of_sums_is_named(tmp_path, target, is_said):
    text = columns(x=[1.5, 2, ""], z=Z, y=[10.5, 7, 8.5], t=["a", "b"], rows=60)
    total = "70,0,520,a\n"
    said = [line for line in warnings(tmp_path, text + total, target=target) if "sums" in line]
    assert len(said) == 1
    assert "table.csv:62: the sums of the rows above it in 'x', 'y': if this is no row" in said[0]
    one = [
        line for line in warnings(tmp_path, text + "1,0,520,a\n", target=target) if "sums" in line
    ]
    assert len(one) == is_said  # of features alone it takes two
    assert not [line for line in warnings(tmp_path, text) if "sums" in line]


def test_chance_alone_makes_no_sums_and_no_ranges(tmp_path):
    answers = columns(x=[1, -1, 2, -2, 0], y=[1, -1, 0, 1, -1], rows=60)  # sums of small numbers
    assert not [line for line in warnings(tmp_path, answers + "0,0\n") if "sums" in line]
    counts = columns(x=[0] * 20 + [1, 2], y=[0] * 20 + [2, 4], rows=22)  # few that aren't 0
    assert not [line for line in warnings(tmp_path, counts + "3,6\n", train=20) if "sums" in line]
    line = np.arange(14) / 7
    noise = {f"f{j}": RANDOM.permuted(line) for j in range(30)}  # one in 3,432 would be in order
    for others, is_said in (({}, True), (noise, False)):
        text = columns(x=line, **others, y=["a"] * 7 + ["b"] * 7, rows=14)
        said = [line for line in warnings(tmp_path, text, train=10) if "'x' says" in line]
        assert bool(said) == is_said


def test_only_whole_numbers_look_like_ids(tmp_path):
    for numbers, is_said in (([3, 7, 12, 4], True), ([0.3, 0.7, 1.2, 4], False)):
        text = columns(user_number=numbers, x=X, y=Y, rows=60)
        said = [line for line in warnings(tmp_path, text) if "looks like an id" in line]
        assert bool(said) == is_said


def test_classes_of_one_row_are_all_placed(tmp_path):
    text = columns(x=X, y=["a", "b"], rows=20) + "1,c\n2,d\n"
    table = read(tmp_path, text)
    with pytest.raises(TableError) as caught:
        refuse_singleton_classes(table)
    assert [line.partition(" has this")[0].rpartition("/")[2] for line in caught.value.lines()] == [
        "table.csv:22: column 'y': class 'c'", "table.csv:23: column 'y': class 'd'",
    ]  # fmt: skip
    refuse_singleton_classes(read(tmp_path, text + "3,c\n4,d\n"))
    refuse_singleton_classes(read(tmp_path, columns(x=X, y=Z, rows=60)))


def test_warnings_need_no_held_out_rows(tmp_path):
    table = read(tmp_path, columns(x=X, z=Z, y=Y, rows=60))
    random = np.random.default_rng(0)
    assert list(data_warnings(table, NoSplit().rows(table, random))) == []
    assert list(data_warnings(table, RandomSplit().rows(table, random))) == []
