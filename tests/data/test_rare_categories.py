"""Rare categories: which they are, where they go, and what becomes of new ones beside them."""

import json

import numpy as np
import pytest

from nncli.data.fitted_columns import PreprocessingSteps
from nncli.data.preprocessing import Preprocessing
from nncli.data.rare_categories import RareRule
from nncli.errors import TableError
from nncli.parts.table import Table
from nncli.untrusted_files.array_headers import Malformed

COLORS = ["red"] * 4 + ["blue"] * 3 + ["teal"] * 2 + ["pink"]


def table_of(texts):
    known = tuple(dict.fromkeys(text for text in texts if text))
    codes = [known.index(text) if text else np.nan for text in texts]
    x = np.array(codes, float)[:, None]
    return Table(x, np.zeros((len(x), 1)), ("c",), categories={"c": known})


def fitted_to(texts, min_count=1, most=None, impute="most_frequent", unknown="ignore"):
    steps = PreprocessingSteps(
        "standard", "median", impute, unknown, rare=RareRule(min_count, most)
    )
    table = table_of(texts)
    return Preprocessing.fit(table, np.arange(len(table)), steps, "none")


def inputs(fitted, *texts):
    table = table_of(texts)
    return fitted.apply(table, np.arange(len(table))).tolist()


def test_rare_ones_share_the_last_input_and_so_do_new_ones():
    fitted = fitted_to(COLORS, min_count=3)
    assert fitted.inputs == ["c=blue", "c=red", "c=(rare)"]
    assert fitted.features[0].rare == ("pink", "teal")
    found = inputs(fitted, "red", "blue", "teal", "pink", "new", None)
    assert found == [[0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 1], [0, 0, 1], [0, 1, 0]]
    assert fitted.unseen(table_of(["red", "teal", "new", "new"])) == {"c": 2}


def test_without_rare_ones_a_new_one_is_nothing():
    fitted = fitted_to(COLORS, min_count=1)
    assert fitted.features[0].rare == ()
    assert inputs(fitted, "new", "red") == [[0, 0, 0, 0], [0, 0, 1, 0]]
    assert "rare" not in json.dumps(fitted.to_json())


def test_a_new_one_is_refused_where_unknown_ones_are_errors_and_a_rare_one_is_none():
    fitted = fitted_to(COLORS, min_count=3, unknown="error")
    assert inputs(fitted, "pink") == [[0, 0, 1]]
    with pytest.raises(TableError, match="unknown category 'new'"):
        inputs(fitted, "pink", "new")


def test_missing_is_a_category_like_others():
    texts = [*COLORS, None, None]
    told = fitted_to(texts, impute="category", min_count=2).inputs
    assert told == ["c=blue", "c=red", "c=teal", "c=(missing)", "c=(rare)"]
    fitted = fitted_to(texts, impute="category", min_count=3)
    assert fitted.features[0].rare == ("(missing)", "pink", "teal")
    assert inputs(fitted, None) == [[0, 0, 1]]
    # no training row lacked it: as any new one
    assert inputs(fitted_to(COLORS, impute="category", min_count=3), None) == [[0, 0, 1]]


def test_all_of_them_may_be_rare():
    fitted = fitted_to(COLORS, min_count=9)
    assert fitted.inputs == ["c=(rare)"]
    assert inputs(fitted, "red", None, "new") == [[1], [1], [1]]


@pytest.mark.parametrize("count", [5, 1])
def test_a_text_that_reads_as_the_name_of_the_rare_ones_is_one_of_them(count):
    fitted = fitted_to([*COLORS, *["(rare)"] * count], min_count=3)
    assert fitted.inputs == ["c=blue", "c=red", "c=(rare)"]
    assert inputs(fitted, "(rare)", "pink") == [[0, 0, 1], [0, 0, 1]]


@pytest.mark.parametrize(
    "change",
    [
        {"rare": ["red"]},  # an input of its own has it
        {"rare": ["teal", "teal"]},
        {"categories": ["blue", "red"]},
        {"kind": "numeric", "categories": [], "fill": 0.0},
    ],
)
def test_records_that_contradict_themselves_are_refused(change):
    kept = json.loads(json.dumps(fitted_to(COLORS, min_count=3).to_json()))
    kept["features"][0] |= change
    with pytest.raises(Malformed):
        Preprocessing.from_json(kept)
