"""Several targets of two values each are labels: read, told from amounts, checked, dealt."""

import json

import numpy as np
import pytest
from table_files import columns, lines_of, read, refusal, write

from nncli.data.column_types import task_reason
from nncli.data.data_checks import data_warnings
from nncli.data.label_checks import label_warnings
from nncli.data.new_rows import NewRows
from nncli.data.preprocessing import Preprocessing, PreprocessingSteps
from nncli.data.reading.text_files import TextFormat
from nncli.data.reading.text_format import MISSING_MARKERS
from nncli.data.targets import TargetCoding, as_task, label_pair
from nncli.errors import DataError
from nncli.parts.datasets import Inline
from nncli.parts.splits import Rows, StratifiedSplit
from nncli.parts.table import Column, Table
from nncli.untrusted_files.array_headers import Malformed

X = [1.5, 2, 4]
UV = ("u", "v")


def labelled(folder, u, v, **options):
    return read(folder, columns(x=X, u=u, v=v), target=UV, **options)


# ---- which values are labels


@pytest.mark.parametrize(
    ("u", "v", "pairs"),
    [
        ([0, 1], [1, 0], (("0", "1"), ("0", "1"))),
        ([0, 1], [0], (("0", "1"), ("0", "1"))),  # no row has v
        (["1.0", "0"], ["yes", "no"], (("0", "1"), ("no", "yes"))),
        (["True", "False"], ["T", "F"], (("False", "True"), ("F", "T"))),
        (["malignant", "benign"], ["Y"] * 2 + ["N"], (("benign", "malignant"), ("N", "Y"))),
        (["on", "off"], ["Yes"], (("off", "on"), ("No", "Yes"))),
    ],
)
def test_several_targets_of_two_values_are_labels(tmp_path, u, v, pairs):
    table = labelled(tmp_path, u, v)
    assert (table.task, table.labels, table.classes) == ("multilabel", pairs, ())
    for given, pair, y in zip((u, v), pairs, table.y.T, strict=True):
        texts = [f"{given[row % len(given)]}".removesuffix(".0") for row in range(len(table))]
        assert [pair[int(value)] for value in y] == texts


@pytest.mark.parametrize(
    ("u", "v"),
    [([0, 1], [1.5, 2]), ([0, 1], [0, 1, 2]), ([1, 2], [0, 1]), ([-1, 1], [-1, 1])],
)
def test_other_numbers_stay_amounts(tmp_path, u, v):
    table = labelled(tmp_path, u, v)
    assert table.task == "regression"
    assert table.y[:2].tolist() == [[u[0], v[0]], [u[1 % len(u)], v[1 % len(v)]]]


def test_the_task_overrules_the_values(tmp_path):
    assert labelled(tmp_path, [0, 1], [1, 0], task="regression").task == "regression"
    table = labelled(tmp_path, [1, 2], [-1, 1], task="multilabel")
    assert table.labels == (("1", "2"), ("-1", "1"))
    assert table.y[:2].tolist() == [[0, 0], [1, 1]]


def test_texts_that_are_no_labels_are_refused_as_numbers(tmp_path):
    found = refusal(tmp_path, columns(x=X, u=[0, 1], v=["p", "q", "r"]), target=UV)
    assert found[0].startswith("table.csv:2: column 'v': expected a number, found 'p'")


def test_codes_among_amounts_are_numbers_as_ever(tmp_path):
    assert labelled(tmp_path, ["01", "02", "03"], [1.5, 2]).y[:2].tolist() == [[1, 1.5], [2, 2]]


@pytest.mark.parametrize(
    ("v", "said"),
    [
        ([0, 1, 2], "has 3 different values ('0', '1', '2')"),
        (["a", "b", "c"], "has 3 different values ('a', 'b', 'c')"),
        ([7], "is always '7'"),
        (["a"], "is always 'a'"),
    ],
)
def test_a_label_of_other_than_two_values_is_refused_by_name(tmp_path, v, said):
    with pytest.raises(DataError) as caught:
        labelled(tmp_path, [0, 1], v, task="multilabel")
    assert list(caught.value.found) == [
        ("data.task", f"target 'v' {said}: a label has two, as 0 and 1")
    ]


def test_spellings_of_a_label_are_refused_with_the_key_that_folds_them(tmp_path):
    with pytest.raises(DataError) as caught:
        labelled(tmp_path, [0, 1], ["Yes", "yes", "no"], task="multilabel")
    assert str(caught.value).endswith(
        "(data.fold_case: true if they differ in capitals and spaces alone)"
    )
    table = labelled(tmp_path, [0, 1], ["Yes", "yes", "no"], fold_case=True)
    assert table.labels[1] in (("no", "Yes"), ("no", "yes"))


def test_a_missing_text_label_is_named_too(tmp_path):
    found = refusal(tmp_path, columns(x=X, u=[0, 1], v=["yes", "", "no"]), target=UV)
    assert found[0].startswith("table.csv:3: column 'v': the target is missing")


def test_a_missing_label_is_named_by_its_place_with_a_fix(tmp_path):
    found = refusal(tmp_path, columns(x=X, u=[0, 1], v=[1, "", 0]), target=UV)
    assert found[0] == (
        "table.csv:3: column 'v': the target is missing (data.missing_target: drop leaves such "
        "rows out)"
    )
    table = labelled(tmp_path, [0, 1], [1, "", 0], drops_missing_target=True)
    assert (len(table), table.task) == (20, "multilabel")


def test_only_several_targets_can_be_labels(tmp_path):
    table = read(tmp_path, columns(x=X, y=[0, 1]))
    with pytest.raises(DataError, match="needs several targets; one target of two"):
        as_task(table, "multilabel")


@pytest.mark.parametrize("task", ["classification", "binary"])
def test_labels_are_no_classes(tmp_path, task):
    with pytest.raises(DataError, match="use task: multilabel"):
        as_task(labelled(tmp_path, [0, 1], [1, 0], task=task), task)


def test_class_lists_are_for_one_target(tmp_path):
    with pytest.raises(DataError, match="for a single target"):
        as_task(labelled(tmp_path, [0, 1], [1, 0]), "multilabel", ["a", "b"])


def test_inline_rows_are_labels_where_the_task_says_so():
    inline = Inline(x=[[1.0], [2.0]], y=[[0, 1], [1, 1]]).load()
    assert inline.task == "regression"
    table = as_task(inline, "multilabel")
    assert (table.labels, table.y.tolist()) == ((("0", "1"), ("0", "1")), [[0, 1], [1, 1]])


def test_pairs_of_texts_say_which_is_yes():
    assert label_pair(Column(np.zeros(1), ("TRUE",))) == ("FALSE", "TRUE")
    assert label_pair(Column(np.zeros(1), ("maybe",))) is None
    assert label_pair(Column(np.zeros(1), ("Nein", "Ja"))) == ("Nein", "Ja")
    assert label_pair(Column(np.zeros(1), ("oui", "non"))) == ("non", "oui")


def test_the_choice_is_said_with_the_key_that_overrules_it(tmp_path):
    why = "2 targets of two values each are labels, which a row has or has not"
    plain = task_reason(labelled(tmp_path, [0, 1], [1, 0]))
    assert plain == f"{why}: say data.task: regression if they are amounts"
    assert task_reason(labelled(tmp_path, [0, 1], ["yes", "no"])) == why
    other = task_reason(labelled(tmp_path, [1, 2], [0, 1]))
    assert other.endswith("are amounts: say data.task: multilabel if they are not")
    assert task_reason(labelled(tmp_path, [1, 2, 3], [0, 1])) == ""


# ---- outputs and new rows


def test_outputs_are_probabilities_of_each_label():
    scaling = Preprocessing.fit(TWO, np.arange(4), STEPS, "standard").target
    coding = TargetCoding(0, 2, scaling, has_labels=True)
    assert coding.encode(TWO.y).tolist() == TWO.y.tolist()
    assert coding.decode(np.array([[-0.5, 1.5], [0.2, 0.9]])).tolist() == [[0, 1], [0.2, 0.9]]


STEPS = PreprocessingSteps("standard", "median", "most_frequent", "ignore")
TWO = Table(
    np.arange(4.0)[:, None],
    np.array([[0, 1], [1, 1], [0, 0], [1, 0]], float),
    ("x",),
    UV,
    labels=(("0", "1"), ("no", "yes")),
)
FITTED = Preprocessing.fit(TWO, np.arange(4), STEPS, "standard")


def test_targets_that_are_labels_are_never_scaled():
    assert (FITTED.target.method, FITTED.labels) == ("none", TWO.labels)


def test_what_labels_mean_is_kept_with_the_statistics():
    written = json.loads(json.dumps(FITTED.to_json()))
    assert Preprocessing.from_json(written) == FITTED
    without = {key: value for key, value in written.items() if key != "labels"}
    assert Preprocessing.from_json(without).labels == ()
    for wrong in ([["0", "1"]], [["0", "0"], ["no", "yes"]], [["0"], ["no", "yes"]], "x", [1, 2]):
        with pytest.raises(Malformed):
            Preprocessing.from_json({**written, "labels": wrong})


@pytest.mark.parametrize("cells", ["1,yes;0,no", "1.0,1;0,0", "true,Yes;false,NO", "on,T;off,F"])
def test_new_rows_may_spell_labels_otherwise(tmp_path, cells):
    text = "x,u,v\n" + "".join(f"2,{pair}\n" for pair in cells.split(";"))
    new_rows = NewRows(FITTED, TextFormat(), MISSING_MARKERS)
    table = new_rows.read(write(tmp_path, text), needs_target=True)
    assert (table.task, table.y.tolist()) == ("multilabel", [[1, 1], [0, 0]])
    assert new_rows.read(write(tmp_path, "x\n1\n"), needs_target=False).y.shape == (1, 0)


def test_a_value_that_is_no_label_in_new_rows_is_named(tmp_path):
    path = write(tmp_path, "x,u,v\n1,0,no\n2,2,perhaps\n")
    with pytest.raises(DataError) as caught:
        NewRows(FITTED, TextFormat(), MISSING_MARKERS).read(path, needs_target=True)
    said = "table.csv:3: column 'u': expected 0 or 1, found '2'"
    assert lines_of(caught.value, tmp_path) == [said]


# ---- splits


def many(rows, shares, seed=0):
    """A table of labels that each row has with such a chance."""
    y = np.random.default_rng(seed).random((rows, len(shares))) < shares
    names = tuple(f"y{j}" for j in range(len(shares)))
    x = np.arange(rows, dtype=float)[:, None]
    return Table(x, y.astype(float), ("x",), names, labels=(("0", "1"),) * len(shares))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.02, 0.1, 0.9), (0.05,) * 10, (0.0, 1.0)])
def test_every_part_has_its_share_of_each_label(shares, seed):
    table = many(400, shares, seed)
    rows = StratifiedSplit().rows(table, np.random.default_rng(seed))
    dealt = np.concatenate([rows.train, rows.val, rows.test])
    assert sorted(dealt) == list(range(400))
    for part, share in ((rows.train, 0.7), (rows.val, 0.15), (rows.test, 0.15)):
        assert abs(len(part) - share * 400) <= 4
        assert (np.abs(table.y[part].sum(axis=0) - share * table.y.sum(axis=0)) <= 4).all()
        assert (np.diff(part) > 0).all()


def test_a_label_of_five_rows_is_in_every_part():
    y = np.zeros((100, 2))
    y[:5, 0] = y[::2, 1] = 1
    table = Table(np.zeros((100, 1)), y, ("x",), UV, labels=(("0", "1"),) * 2)
    for seed in range(5):
        rows = StratifiedSplit(val=0.2, test=0.2).rows(table, np.random.default_rng(seed))
        assert [y[part, 0].sum() for part in (rows.train, rows.val, rows.test)] == [3, 1, 1]


# ---- what is said before training


def test_a_label_without_rows_in_a_split_is_said_for_each():
    y = np.zeros((12, 3))
    y[:4, 0] = y[::2, 1] = 1
    y[:8, 2] = 1
    table = Table(np.zeros((12, 1)), y, ("x",), ("a", "b", "c"), labels=(("no", "yes"),) * 3)
    parts = Rows(np.arange(4), np.arange(4, 8), np.arange(8, 12))
    assert list(label_warnings(table, parts)) == [
        "no training row has 'a' = 'no', 'c' = 'no', which can't be learnt: see data.split",
        "no validation row has 'a' = 'yes', which has no part in the scores there: see data.split",
        "no validation row has 'c' = 'no', which has no part in the scores there: see data.split",
        "no test row has 'a' = 'yes', 'c' = 'yes', which have no part in the scores there: see "
        "data.split",
    ]


def test_rare_labels_are_named_with_their_rows():
    table = many(400, (0.02, 0.5))
    rows = Rows(np.arange(400), np.arange(0), np.arange(0))
    count = int(table.y[:, 0].sum())
    assert list(label_warnings(table, rows)) == [
        f"few of the 400 training rows have 'y0' ({count}): accuracy and hamming_loss say little "
        "of this label; see f1_macro and roc_auc"
    ]


@pytest.mark.parametrize(
    ("x", "said"),
    [
        ([1.5, 1.5, 3], "says exactly whether the target 'v' is '1'"),
        ([3, 3, 1.5], "says exactly whether the target 'v' is '0'"),
        (["", "", 3, "", "", 5], "is missing exactly where the target 'v' is '0'"),
        ([1.5, 3, 3], ""),
    ],
)
def test_a_feature_that_gives_a_label_away_is_said(tmp_path, x, said):
    text = columns(x=x, z=[1.5, 2, 5, 8], u=[0, 1], v=[0, 0, 1], rows=60)
    table = read(tmp_path, text, target=UV)
    rows = Rows(np.arange(60), np.arange(0), np.arange(0))
    found = [line for line in data_warnings(table, rows) if line.startswith("column 'x'")]
    assert [line.startswith(f"column 'x' {said}:") for line in found] == ([True] if said else [])
