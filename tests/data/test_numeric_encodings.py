"""Numeric encodings: their formulas by hand, and columns that leave them little to go by."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nncli.data.fitted_columns import PreprocessingSteps
from nncli.data.numeric_encodings import PiecewiseLinear
from nncli.data.preprocessing import Preprocessing
from nncli.errors import DataError
from nncli.parts.table import Table
from nncli.untrusted_files.array_headers import Malformed

NAN = np.nan
PIECEWISE = PreprocessingSteps(
    "standard", "median", "most_frequent", "ignore", encode="piecewise_linear", bins=4
)
finite = st.floats(-1e300, 1e300)


def table_of(*columns, booleans=()):
    x = np.array(columns, float).T
    names = tuple("abcdef"[: len(columns)])
    return Table(x, np.zeros((len(x), 1)), names, booleans=frozenset(booleans))


def fitted_to(*columns, steps=PIECEWISE, **kinds):
    table = table_of(*columns, **kinds)
    return Preprocessing.fit(table, np.arange(len(table)), steps, "none")


def inputs(fitted, *columns, **kinds):
    table = table_of(*columns, **kinds)
    return fitted.apply(table, np.arange(len(table)))


# ---- piecewise linear


def test_bins_are_the_hand_worked_ones():
    # quantiles 0, 1/4, 1/2, 3/4 and 1 of 0 1 2 4 8 are its values
    fitted = fitted_to([4, 0, 8, 1, 2])
    assert fitted.features[0].encoding.edges == (0, 1, 2, 4, 8)
    assert fitted.inputs == ["a[0..1]", "a[1..2]", "a[2..4]", "a[4..8]"]
    found = inputs(fitted, [0, 0.25, 1, 3, 7, 8, -5, 1e308])
    assert found.tolist() == [
        [0, 0, 0, 0],
        [0.25, 0, 0, 0],
        [1, 0, 0, 0],
        [1, 1, 0.5, 0],
        [1, 1, 1, 0.75],
        [1, 1, 1, 1],
        [0, 0, 0, 0],  # beyond the ends: as at them
        [1, 1, 1, 1],
    ]


def test_the_value_stands_beside_bins_of_half_the_size():
    # 0 1 2 4 8 have mean 3 and variance 8
    fitted = fitted_to([4, 0, 8, 1, 2], steps=replace(PIECEWISE, with_value=True))
    assert fitted.inputs == ["a[0..1]", "a[1..2]", "a[2..4]", "a[4..8]", "a"]
    found = inputs(fitted, [3, 1e308, -5])
    np.testing.assert_allclose(
        found,
        [
            [0.5, 0.5, 0.25, 0, 0],
            [0.5, 0.5, 0.5, 0.5, 5 / 8**0.5],  # beyond the ends: as at them
            [0, 0, 0, 0, -3 / 8**0.5],
        ],
    )
    again = Preprocessing.from_json(json.loads(json.dumps(fitted.to_json())))
    assert again == fitted


@pytest.mark.parametrize("column", [[5, 5, 5], [0, 1, 1, 0], [0] * 99 + [7]])
def test_beside_a_single_bin_the_value_would_say_nothing_more(column):
    both = fitted_to(column, steps=replace(PIECEWISE, with_value=True))
    assert both == fitted_to(column)


def test_bins_are_those_of_the_values_that_are_there_not_of_fills():
    fitted = fitted_to([4, 0, 8, 1, 2, NAN, NAN, NAN, NAN, NAN, NAN])
    assert fitted.features[0].encoding.edges == (0, 1, 2, 4, 8)
    assert inputs(fitted, [NAN]).tolist() == [[1, 1, 0, 0]]  # the median, 2


@pytest.mark.parametrize(
    ("column", "names"),
    [
        ([5, 5, 5, 5], ["a"]),
        ([0, 1, 1, 0], ["a[0..1]"]),
        ([0] * 99 + [7], ["a[0..7]"]),
        ([0.3, 0.1 + 0.2] * 8, ["a"]),  # differ by rounding alone
        ([1000000, 1000001, 1000002], ["a[1000000..1000001]", "a[1000001..1000002]"]),
        ([0] * 60 + [1] * 30 + [2] * 10, ["a[0..1]", "a[1..2]"]),
        ([0] * 90 + [1, 2, 3, 4, 5, 6], ["a[0..6]"]),  # 5 quantiles of 7 different values
    ],
)
def test_equal_values_leave_fewer_bins(column, names):
    fitted = fitted_to(column)
    assert fitted.inputs == names
    found = inputs(fitted, column)
    assert found.shape == (len(column), len(names))
    assert ((found >= 0) & (found <= 1)).all()


def test_a_column_constant_in_training_is_0_for_ever():
    assert inputs(fitted_to([5, 5, 5]), [5, 7, -1e300]).tolist() == [[0], [0], [0]]


def test_columns_of_all_kinds_keep_their_places():
    columns = [0, 1, 2, 4, 8], [1, 0, 1, NAN, 1], [3, 3, 3, 3, 3], [0, 10, 20, 30, 40]
    fitted = fitted_to(*columns, booleans="b")
    assert fitted.width == 4 + 1 + 1 + 4
    found = inputs(fitted, *columns, booleans="b")
    assert found[3].tolist() == [1, 1, 1, 0, 1, 0, 1, 1, 1, 0]
    assert found[1].tolist() == [1, 0, 0, 0, 0, 0, 1, 0, 0, 0]


def test_numbers_too_large_for_a_bin_are_refused():
    message = r"column 'a' has values too large to encode, such as -1.7e\+308: write them"
    with np.errstate(over="ignore"), pytest.raises(DataError, match=message):
        fitted_to([-1.7e308, 1.7e308])


@pytest.mark.parametrize("size", ["e301", "e-200"])
def test_bins_stand_alone_where_the_standard_deviation_overflows_or_vanishes(size):
    column = [float(f"{number}{size}") for number in (1, 2, 3, 4, 5)]
    with np.errstate(over="ignore"):
        fitted = fitted_to(column, steps=replace(PIECEWISE, with_value=True))
    assert inputs(fitted, column).sum(axis=1).tolist() == [0, 1, 2, 3, 4]


@settings(max_examples=200)
@given(values=st.lists(finite, min_size=1, max_size=40), bins=st.integers(1, 9))
def test_order_is_kept_and_the_sum_of_inputs_is_the_place_among_the_bins(values, bins):
    encoding = PiecewiseLinear.fit(np.array(values), bins)
    assert encoding.is_valid
    assert len(set(encoding.inputs("a"))) == len(encoding.inputs("a")) <= bins
    places = encoding(np.sort(values)).sum(axis=1)
    assert (np.diff(places) >= 0).all()
    if len(encoding.edges) > 1:
        edges = np.array(encoding.edges)
        by_hand = np.interp(np.sort(values), edges, np.arange(len(edges)))
        np.testing.assert_allclose(places, by_hand, atol=1e-9)


# ---- what is recorded


@settings(max_examples=60)
@given(values=st.lists(finite, min_size=1, max_size=40), more=st.lists(finite, min_size=1))
def test_what_is_fitted_survives_its_json(values, more):
    fitted = fitted_to(values)
    again = Preprocessing.from_json(json.loads(json.dumps(fitted.to_json(), allow_nan=False)))
    assert again == fitted
    np.testing.assert_array_equal(inputs(again, more), inputs(fitted, more))


@pytest.mark.parametrize("edges", [[], [1, 1], [2, 1], [1, None], [-1e308, 1e308, 1.1e308], "ab"])
def test_recorded_bins_that_no_rows_have_are_refused(edges):
    value = fitted_to([1, 2, 3]).to_json()
    value["features"][0]["encoding"] = {"edges": edges}
    with pytest.raises(Malformed):
        Preprocessing.from_json(value)


def test_a_run_of_before_has_no_encoding_in_its_features():
    plain = PreprocessingSteps("standard", "median", "most_frequent", "ignore")
    assert "encoding" not in fitted_to([1, 2, 3], steps=plain).to_json()["features"][0]
