"""Target transforms: what a network learns in place of a target, and back."""

from typing import get_args

import numpy as np
import pytest
from scipy import stats
from table_files import columns, lines_of, source

from nncli.data.scaling import Scale, Scaling
from nncli.data.target_transforms import (
    Transform,
    refuse_untransformable,
    skew_hint,
    skewness,
    transformed,
)
from nncli.errors import TableError

TRANSFORMS = get_args(Transform)
POSITIVE = np.array([[0.5], [1.0], [3.0], [100.0], [4e6]])


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("scale", get_args(Scale))
def test_undoing_a_transformed_and_scaled_target_gives_it_back(transform, scale):
    scaling = Scaling.fit(scale, POSITIVE, transform=transform)
    assert scaling.undo(scaling.apply(POSITIVE)) == pytest.approx(POSITIVE, rel=1e-9)


def test_statistics_are_those_of_the_transformed_target():
    scaling = Scaling.fit("standard", np.array([[1.0], [np.e**2]]), transform="log")
    assert (scaling.shift, scaling.scale) == ([1.0], [1.0])  # ln: 0 and 2
    assert scaling.undo(np.array([[3.0]])) == pytest.approx(np.exp(4.0))


def test_logarithms_are_natural_and_a_negative_root_is_that_of_zero():
    assert transformed("log", np.e) == transformed("log1p", np.e - 1) == 1.0
    assert Scaling("none", [0.0], [1.0], 1, "sqrt").undo(np.array([[-2.0], [3.0]])).tolist() == [
        [0.0],
        [9.0],
    ]


def test_prediction_beyond_all_numbers_is_infinite_without_a_warning():
    assert Scaling("none", [0.0], [1.0], 1, "log").undo(np.array([[1e4]])) == np.inf


@pytest.mark.parametrize(
    ("transform", "values", "said"),
    [
        ("log", [3, 0, 2], "more than 0, found 0 (KEY: log1p takes all of them)"),
        ("log", [3, -4, 2], "more than 0, found -4 (KEY: none takes all of them)"),
        ("log1p", [3, -1, 2], "more than -1, found -1 (KEY: none takes all of them)"),
        ("sqrt", [3, -0.5, 2], "at least 0, found -0.5 (KEY: log1p takes all of them)"),
    ],
)
def test_target_without_a_transformed_value_is_refused_with_its_row_and_a_fix(
    tmp_path, transform, values, said
):
    table = source(tmp_path, columns(x=range(7), y=values), task="regression").load()
    with pytest.raises(TableError) as caught:
        refuse_untransformable(table, transform)
    said = said.replace("KEY", "data.preprocessing.target.transform")
    first, second, *_ = lines_of(caught.value, tmp_path)
    assert first == f"table.csv:3: column 'y': {transform} is for targets of {said}"
    assert (
        second
        == f"table.csv:6: column 'y': {transform} is for targets of {said.partition(' (')[0]}"
    )


def test_skewness_is_scipys():
    values = np.random.default_rng(0).lognormal(size=500)
    assert skewness(values) == pytest.approx(stats.skew(values))
    assert np.isnan(skewness(np.ones(3)))


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        (np.random.default_rng(0).lognormal(sigma=1.5, size=200), "{transform: log}"),
        (np.floor(np.random.default_rng(0).lognormal(sigma=2, size=200)), "{transform: log1p}"),
        (-np.random.default_rng(0).lognormal(sigma=1.5, size=200), ""),
        (np.random.default_rng(0).normal(100, 1, size=200), ""),
    ],
    ids=["positive", "with zeros", "negative", "symmetric"],
)
def test_a_transform_is_hinted_at_for_a_long_tail_of_positive_numbers_only(
    tmp_path, values, advice
):
    table = source(
        tmp_path, columns(rows=200, x=range(7), y=values.tolist()), task="regression"
    ).load()
    hint = skew_hint(table)
    assert hint.endswith(advice) if advice else hint == ""
    assert f"skewness {skewness(values):.1f}" in hint or not advice
