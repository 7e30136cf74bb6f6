"""Nonlinear scales: against scikit-learn, by hand, and on columns of few distinct values."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nncli.data.fitted_columns import PreprocessingSteps
from nncli.data.nonlinear_scales import NormalScores, RobustClip
from nncli.data.preprocessing import Preprocessing
from nncli.errors import DataError
from nncli.parts.table import Table
from nncli.untrusted_files.array_headers import Malformed

NAN = np.nan
SCALES = ["quantile", "robust_clip"]
finite = st.floats(-1e300, 1e300)


def table_of(column):
    x = np.array(column, float)[:, None]
    return Table(x, np.zeros((len(x), 1)), ("a",))


def fitted_to(column, scale, **steps):
    chosen = PreprocessingSteps(scale, "median", "most_frequent", "ignore", **steps)
    return Preprocessing.fit(table_of(column), np.arange(len(column)), chosen, "none")


def inputs(fitted, column):
    with np.errstate(over="ignore"):  # as whoever applies it
        return fitted.apply(table_of(column), np.arange(len(column)))[:, 0]


# ---- by hand


def test_normal_scores_are_the_hand_worked_ones():
    # of 0 1 2 3 10 the rank of 1 is 1/4, of 2 1/2, of 2.5 5/8; Phi(-0.67449) = 1/4
    fitted = fitted_to([3, 0, 10, 1, 2], "quantile")
    found = inputs(fitted, [1, 2, 3, 2.5, 0, 10, -1e300, 1e300])
    quarter, end = 0.6744897501960817, 5.199337582187471
    by_hand = [-quarter, 0, quarter, 0.31863936396437515, -end, end, -end, end]
    np.testing.assert_allclose(found, by_hand, rtol=1e-9)


def test_a_value_that_is_several_quantiles_has_the_middle_of_their_ranks():
    fitted = fitted_to([0, 1, 1, 1, 2], "quantile")
    assert inputs(fitted, [1]).tolist() == [0]


def test_the_robust_clip_is_the_hand_worked_one():
    # of 1 2 3 4 5 the median is 3, the quartiles 2 and 4
    fitted = fitted_to([1, 2, 3, 4, 5], "robust_clip")
    assert fitted.features[0].encoding == RobustClip(3, 2)
    found = inputs(fitted, [3, 5, 9, -3, 1e308, -1e308])
    by_hand = [0, 1 / np.sqrt(1 + 1 / 9), 3 / np.sqrt(2), -3 / np.sqrt(2), 3, -3]
    np.testing.assert_allclose(found, by_hand, rtol=1e-12)


def test_without_quartiles_apart_half_the_range_scales():
    assert fitted_to([0] * 9 + [8], "robust_clip").features[0].encoding == RobustClip(0, 4)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("column", [[5, 5, 5], [0.3, 0.1 + 0.2], [0], [-1e300]])
def test_a_column_constant_in_training_is_0_for_ever(scale, column):
    fitted = fitted_to(column, scale)
    assert fitted.inputs == ["a"]
    assert inputs(fitted, [5, 7, -1e300, NAN]).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("scale", SCALES)
def test_fills_take_no_part_in_what_is_fitted(scale):
    column = [1.0, 2, 4, 8, 16]
    gaps = fitted_to([*column, *[NAN] * 9], scale).features[0]
    assert gaps.encoding == fitted_to(column, scale).features[0].encoding


@pytest.mark.parametrize("scale", SCALES)
def test_numbers_too_large_are_refused(scale):
    message = "column 'a' has values too large to scale"
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(DataError, match=message):
        fitted_to([-1.7e308, 1.7e308], scale)


# ---- against scikit-learn, and what holds of every column


@pytest.mark.parametrize("rows", [3, 50, 999, 3000])
@pytest.mark.parametrize("seed", range(3))
def test_normal_scores_are_those_of_scikit_learn(rows, seed):
    from sklearn.preprocessing import QuantileTransformer

    random = np.random.default_rng(seed)
    column = random.lognormal(0, 2, rows)
    column[random.random(rows) < 0.3] = 1.5
    column = np.clip(column, 0.1, 9)  # each end several times
    theirs = QuantileTransformer(
        n_quantiles=min(rows, 1000), output_distribution="normal", subsample=None
    ).fit(column[:, None])
    new = np.concatenate([column, random.lognormal(0, 3, 500), [-5, 0, 1e9]])
    found = NormalScores.fit(column)(new)
    np.testing.assert_allclose(found, theirs.transform(new[:, None]), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_the_robust_clip_bends_what_scikit_learn_scales(seed):
    from sklearn.preprocessing import RobustScaler

    column = np.random.default_rng(seed).lognormal(0, 2, (200, 1))
    u = RobustScaler().fit_transform(column)
    np.testing.assert_allclose(
        RobustClip.fit(column[:, 0])(column[:, 0]), u / np.sqrt(1 + (u / 3) ** 2), rtol=1e-9
    )


@pytest.mark.parametrize("scale", SCALES)
@settings(max_examples=150)
@given(column=st.lists(finite, min_size=1, max_size=40), new=st.lists(finite, min_size=1))
def test_order_and_bounds_hold_and_json_keeps_them(scale, column, new):
    fitted = fitted_to(column, scale)
    assert fitted.features[0].is_valid
    x = inputs(fitted, sorted(new))
    assert (np.diff(x) >= -1e-12).all()
    assert np.abs(x).max() <= 5.2
    again = Preprocessing.from_json(json.loads(json.dumps(fitted.to_json(), allow_nan=False)))
    assert again == fitted
    np.testing.assert_array_equal(inputs(again, sorted(new)), x)


@pytest.mark.parametrize(
    "encoding",
    [
        {"quantiles": []},
        {"quantiles": [2, 1]},
        {"quantiles": [1, 1]},
        {"quantiles": [-1e308, 1e308]},
        {"shift": 0, "scale": -1},
        {"shift": 0},
        {"quantiles": [1, 2], "edges": [1, 2]},
    ],
)
def test_a_recorded_curve_that_no_rows_have_is_refused(encoding):
    value = fitted_to([1, 2, 3], "quantile").to_json()
    value["features"][0]["encoding"] = encoding
    with np.errstate(over="ignore"), pytest.raises(Malformed):
        Preprocessing.from_json(value)


# ---- missing cells as an input


def indicated(scale="standard", impute="median", **steps):
    return PreprocessingSteps(scale, impute, "most_frequent", "ignore", indicator=True, **steps)


MIXED = Table(
    np.array(
        [[1, 1, 5, 20000, 0], [NAN, NAN, 6, NAN, 1], [3, 0, 7, 20400, NAN], [4, 1, 8, 21000, 0]]
    ),
    np.zeros((4, 1)),
    ("n", "b", "whole", "d", "t"),
    booleans=frozenset("b"),
    dates=frozenset("d"),
    categories={"t": ("p", "q")},
)


@pytest.mark.parametrize("how", [{}, {"encode": "piecewise_linear"}, {"scale": "quantile"}])
def test_an_indicator_stands_last_beside_each_number_that_training_rows_lack(how):
    fitted = Preprocessing.fit(MIXED, np.arange(4), indicated(**how), "none")
    names = ["n=(missing)", "b=(missing)", "d=(missing)"]
    assert [name for name in fitted.inputs if "missing" in name] == names
    plain = Preprocessing.fit(MIXED, np.arange(4), PreprocessingSteps(
        how.get("scale", "standard"), "median", "most_frequent", "ignore",
        how.get("encode", "none"),
    ), "none")  # fmt: skip
    found = dict(zip(fitted.inputs, fitted.apply(MIXED, np.arange(4)).T.tolist(), strict=True))
    assert [found.pop(name) for name in names] == [[0, 1, 0, 0]] * 3
    others = dict(zip(plain.inputs, plain.apply(MIXED, np.arange(4)).T.tolist(), strict=True))
    assert found == others
    again = Preprocessing.from_json(json.loads(json.dumps(fitted.to_json())))
    assert again == fitted


def test_a_column_whole_in_training_has_no_indicator_later():
    fitted = Preprocessing.fit(MIXED, np.array([0, 3]), indicated(), "none")
    assert not [name for name in fitted.inputs if "missing" in name]
    assert "indicator" not in fitted.to_json()["features"][0]


@pytest.mark.parametrize("feature", [4, 2])
def test_recorded_indicators_that_nothing_stands_beside_are_refused(feature):
    fitted = Preprocessing.fit(MIXED, np.arange(4), indicated(), "none")
    value = json.loads(json.dumps(fitted.to_json()))
    value["features"][feature] |= {"indicator": True, "fill": None}
    with pytest.raises(Malformed):
        Preprocessing.from_json(value)
