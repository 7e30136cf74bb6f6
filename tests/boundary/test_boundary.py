"""Boundaries: what a network says over two features, in numbers."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nncli.assembly.build import build
from nncli.assembly.decided import decision_of
from nncli.boundary.boundary import MAX_POINTS, boundary_of
from nncli.boundary.boundary_plot import (
    contour_levels,
    draw_boundary,
    draw_regions,
    draw_surface,
    seen_values,
)
from nncli.boundary.grid import FAR, MARGIN, axis_over, typical
from nncli.boundary.plot_style import dot_style, remarks
from nncli.boundary.plotted_features import named
from nncli.config.load import load
from nncli.errors import UserError
from nncli.parts.table import Table

Reader = Any
TABLE = ["size,colour,old,weight,price"] + [
    f"{i % 13 + 0.5},{'red' if i % 3 else 'blue'},{'yes' if i % 4 else 'no'},{weight},{i}"
    for i, weight in enumerate(["", *(i * i for i in range(1, 40))])
]


@pytest.fixture
def reader(tmp_path: Path) -> Callable[..., Reader]:
    """reader(lines of a config, weights by name): a run with these weights, or its first ones."""

    def call(*lines: str, **weights: Any) -> Reader:
        path = tmp_path / "some.yaml"
        path.write_text("\n".join((*lines, "training: {threads: 1}")) + "\n")
        (tmp_path / "table.csv").write_text("\n".join(TABLE) + "\n")
        built = build(*load(path))
        theta = built.job.start().theta
        views = built.network.layout.views(theta)
        for name, value in weights.items():
            views[name][...] = value
        run = SimpleNamespace(name="some-001", path=tmp_path / "some-001")
        decided = {"recorded": built.experiment, "chosen": None}
        decided["decision"] = decision_of(built.experiment.decision, None)
        return SimpleNamespace(built=built, model=built.model, theta=theta, run=run, **decided)

    return call


@pytest.fixture
def gate(reader: Callable[..., Reader]) -> Reader:
    """One sigmoid unit with the weights 2 and 3 and the bias -4."""
    weights = {"output/W": [[2.0], [3.0]], "output/b": [-4.0]}
    config = ["data: {dataset: and_gate}", "network: {hidden: []}"]
    return reader(*config, "loss: binary_cross_entropy", **weights)


@pytest.fixture
def linear(reader: Callable[..., Reader]) -> Callable[..., Reader]:
    """linear([3, 1, ...]): one identity unit with these weights on raw features."""

    def call(coefficients: list[float], *more: str) -> Reader:
        return reader(
            "data:",
            f"  dataset: {{type: linear_regression, samples: 60, coefficients: {coefficients}}}",
            "  preprocessing: none",
            "network: {hidden: []}",
            *more,
            **{"output/W": np.array(coefficients)[:, None], "output/b": [0.5]},
        )

    return call


@pytest.fixture
def prices(reader: Callable[..., Reader]) -> Reader:
    """A regression on two numbers, a category and a truth."""
    return reader("data: {path: table.csv, target: price}", "network: {hidden: [4]}")


def test_gate_s_border_is_where_w1_x1_plus_w2_x2_plus_b_is_0(gate):
    boundary = boundary_of(gate, None, None)
    x1, x2 = np.meshgrid(*(axis.values for axis in boundary.axes))
    z = 2 * x1 + 3 * x2 - 4
    np.testing.assert_allclose(boundary.predictions[..., 1], 1 / (1 + np.exp(-z)), rtol=1e-12)
    assert np.array_equal(boundary.predictions.argmax(axis=-1) == 1, z > 0)
    np.testing.assert_allclose(boundary.predictions.sum(axis=-1), 1)


def test_points_keep_their_places_truths_and_mistakes(gate):
    points = boundary_of(gate, None, None).points
    found = {
        tuple(place): (truth, wrong)
        for place, truth, wrong in zip(
            points.places.tolist(), points.truth, points.is_wrong, strict=True
        )
    }
    assert found == {  # 2 x1 + 3 x2 > 4 only at 1, 1
        (0.0, 0.0): (0, False),
        (0.0, 1.0): (0, False),
        (1.0, 0.0): (0, False),
        (1.0, 1.0): (1, False),
    }
    gate.theta[:] = 0, 0, 1  # always class 1
    assert boundary_of(gate, None, None).points.is_wrong.sum() == 3


def test_point_over_two_features_is_wrong_iff_it_lies_in_another_region(reader):
    run = reader("data: {dataset: {type: and_float, samples: 300}}", "network: {hidden: [3]}")
    boundary = boundary_of(run, None, None)
    x, y = boundary.axes
    column, row = (
        np.abs(axis.positions - places[:, None]).argmin(axis=1)
        for axis, places in zip((x, y), boundary.points.places.T, strict=True)
    )
    region = boundary.predictions[row, column].argmax(axis=-1)
    near_a_border = np.abs(boundary.predictions[row, column, 0] - 0.5) < 0.02
    differs = (region != boundary.points.truth) != boundary.points.is_wrong
    assert 0 < boundary.points.is_wrong.sum() < len(boundary.points)
    assert not (differs & ~near_a_border).any()


def test_surface_is_the_linear_function_with_others_at_their_training_medians(linear):
    run = linear([3, 0.1, -2, 0.2])
    boundary = boundary_of(run, None, None)
    assert [axis.name for axis in boundary.axes] == ["x1", "x3"]
    medians = np.median(run.built.table.x[run.built.rows.train], axis=0)
    assert abs(medians - np.median(run.built.table.x, axis=0))[1] > 0.01
    x1, x3 = np.meshgrid(*(axis.values for axis in boundary.axes))
    expected = 3 * x1 - 2 * x3 + 0.1 * medians[1] + 0.2 * medians[3] + 0.5
    np.testing.assert_allclose(boundary.predictions[..., 0], expected, rtol=1e-12, atol=1e-12)
    assert boundary.held == {"x2": f"{medians[1]:.4g}", "x4": f"{medians[3]:.4g}"}
    assert boundary.held_at == "median"


def test_axes_are_in_raw_units_whatever_the_scaling(reader):
    run = reader("data: {dataset: iris}")
    boundary = boundary_of(run, "sepal_length,petal_width", None)
    rows = run.built.table.x[run.built.rows.train]
    for axis, column in zip(boundary.axes, (0, 3), strict=True):
        low, high = rows[:, column].min(), rows[:, column].max()
        margin = MARGIN * (high - low)
        assert axis.ends == pytest.approx((max(low - margin, 0), high + margin))


def test_default_pair_is_chosen_by_effect_not_by_weight(linear):
    run = linear([1, 5, 2])
    run.built.table.x[:, 1] *= 0.01  # a large weight on what hardly varies
    assert [axis.name for axis in boundary_of(run, None, None).axes] == ["x1", "x3"]


def test_default_is_the_curve_of_the_only_feature(linear):
    boundary = boundary_of(linear([4]), None, None)
    (axis,) = boundary.axes
    assert boundary.predictions.shape == (len(axis.values), 1)
    np.testing.assert_allclose(boundary.predictions[:, 0], 4 * axis.values + 0.5)
    assert not boundary.is_chosen


def test_others_are_held_at_median_or_most_frequent_value_of_training_rows(prices):
    boundary = boundary_of(prices, "size", None)
    table, rows = prices.built.table, prices.built.rows.train
    weight = np.nanmedian(table.column("weight").values[rows])
    assert boundary.held == {"colour": "red", "old": "yes", "weight": f"{weight:.4g}"}
    assert boundary.held_at == "median or most frequent value"
    held = typical(table, rows)
    assert held[table.features.index("weight")] == weight


def test_category_has_a_column_for_each_value_that_training_rows_have(prices):
    boundary = boundary_of(prices, "colour,size", None)
    colour, size = boundary.axes
    assert colour.ends == (-0.5, len(colour.categories) - 0.5)
    assert sorted(colour.categories) == ["blue", "red"]
    for middle, (code, category) in enumerate(zip(colour.codes, colour.categories, strict=True)):
        assert abs(colour.positions[colour.values == code] - middle).max() <= 0.5
        assert prices.built.table.categories["colour"][int(code)] == category
        columns = boundary.predictions[:, colour.values == code, 0]
        assert (columns == columns[:, :1]).all()
    assert set(boundary.points.places[:, 0]) == {0.0, 1.0}
    assert len(size.categories) == 0


def test_row_without_the_feature_has_no_place_and_the_caption_says_so(prices):
    table = prices.built.table
    table.x[prices.built.rows.train[0], table.features.index("weight")] = np.nan
    boundary = boundary_of(prices, "size,weight", None)
    points = boundary.points
    assert points.lacking >= 1
    assert len(points) + points.lacking + points.far == points.of
    said = (
        f"{len(points)} of {points.of} training rows are drawn; left out: {points.lacking} with a"
    )
    assert f"{said} missing value" in " ".join(remarks(boundary))


def drawn_dots(boundary):
    """The dots of the picture that lie within its axes."""
    axes = (draw_regions if boundary.classes else draw_surface)(boundary).axes[0]
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    places = [each.get_offsets() for each in axes.collections if len(each.get_offsets()) > 1]
    x, y = np.concatenate(places).T
    return int(((x >= left) & (x <= right) & (y >= bottom) & (y <= top)).sum())


def test_caption_counts_the_dots_that_are_drawn(reader):
    run = reader("data: {dataset: {type: and_float, samples: 5000}}", "network: {hidden: []}")
    x, train = run.built.table.x, run.built.rows.train
    x[train[:300], 0], x[train[300:320], 1] = np.nan, 1e9
    boundary = boundary_of(run, None, None)
    dots = drawn_dots(boundary)
    rest = len(train) - dots - 320
    assert dots == MAX_POINTS  # rows without a place take none of the room
    assert (
        f"2,000 of {len(train):,} training rows are drawn; left out: 300 with a missing value, 20 "
        f"far away, {rest:,} others, by chance, for room."
    ) in list(remarks(boundary))
    assert len(boundary.points.is_wrong) == dots


def test_frame_does_not_reach_below_zero_where_no_row_does():
    x = np.array([[1.0], [500.0], [90_000.0]])
    table = Table(x, np.zeros((3, 1)), ("income",))
    assert axis_over(table, "income", np.arange(3)).ends[0] == 0.0


def test_corner_without_rows_does_not_set_the_colour_scale(linear):
    run = linear([1, 100, 0])
    x = run.built.table.x
    x[:, 1] = -0.01 * x[:, 0] + 0.001 * x[:, 1]  # rows lie on a diagonal: corners are far off it
    run.built.table.y[:, 0] = x[:, 0] + 100 * x[:, 1]
    boundary = boundary_of(run, "x1,x2", None)
    seen = seen_values(boundary)
    assert np.ptp(boundary.predictions) > 1.5 * np.ptp(seen)
    levels = contour_levels(seen)
    assert levels[0] >= seen.min() - np.ptp(seen) / 5
    assert levels[-1] <= seen.max() + np.ptp(seen) / 5
    assert len(draw_surface(boundary).axes) == 2


def test_dots_of_a_surface_are_more_colour_than_rim():
    for count in (10, 300, 2_000):
        style = dot_style(count)
        assert style["linewidths"] < 0.15 * np.sqrt(style["s"])


def test_far_value_leaves_the_others_their_room():
    x = np.append(np.linspace(0, 1, 99), 1e6)[:, None]
    table = Table(x, np.zeros((100, 1)), ("x",))
    low, high = axis_over(table, "x", np.arange(100)).ends
    assert -0.2 < low < 0
    assert 1 < high < 1.2 < FAR


@pytest.mark.parametrize("value", [0.0, 5.0, -1e12, 1e50])
def test_constant_feature_has_an_axis_around_it(value):
    table = Table(np.full((4, 1), value), np.zeros((4, 1)), ("x",))
    axis = axis_over(table, "x", np.arange(4))
    assert axis.ends[0] < value < axis.ends[1]
    assert (np.diff(axis.positions) > 0).all()


@pytest.mark.parametrize("values", [[-1e308, 1e308], [1e200, 2e200]])
def test_numbers_that_no_axis_can_show_are_refused(values):
    table = Table(np.array(values)[:, None], np.zeros((2, 1)), ("x",))
    with pytest.raises(UserError, match="feature 'x' has values too large"):
        axis_over(table, "x", np.arange(2))


def test_many_categories_are_refused():
    names = tuple(f"c{i}" for i in range(31))
    table = Table(np.arange(31.0)[:, None], np.zeros((31, 1)), ("x",), categories={"x": names})
    with pytest.raises(UserError, match="31 categories"):
        axis_over(table, "x", np.arange(31))


def test_sample_of_many_rows_is_the_same_each_time(reader):
    run = reader("data: {dataset: {type: and_float, samples: 4000}}", "network: {hidden: []}")
    first, second = (boundary_of(run, None, None).points for _ in range(2))
    assert (len(first), first.of) == (MAX_POINTS, len(run.built.rows.train))
    assert np.array_equal(first.places, second.places)
    assert f"2,000 of {first.of:,}" in " ".join(remarks(boundary_of(run, None, None)))


def test_target_of_several_is_the_one_asked_for(reader):
    x = [[0, 1], [1, 0], [1, 1], [2, 1]]
    config = [
        f"data: {{dataset: {{type: inline, x: {x}, y: [[0, 1], [2, 3], [4, 5], [6, 7]]}}}}",
        "network: {hidden: []}",
    ]
    weights = {"output/W": [[1.0, 10.0], [2.0, 20.0]], "output/b": [0.0, 100.0]}
    run = reader(*config, **weights)
    first, second = (boundary_of(run, None, name) for name in ("y1", "y2"))
    assert (first.target, second.target) == ("y1", "y2")
    np.testing.assert_allclose(second.predictions, 10 * first.predictions + 100)
    assert set(second.points.truth) == {1, 3, 5, 7}
    with pytest.raises(UserError, match=r"unknown target 'y3'.*known: y1, y2"):
        boundary_of(run, None, "y3")


def test_float32_run_answers_in_full_numbers(reader):
    run = reader("data: {dataset: iris}", "network: {hidden: [4]}")
    single = reader("data: {dataset: iris}", "network: {hidden: [4]}")
    experiment = run.built.experiment
    training = replace(experiment.training, dtype="float32")
    single.model = replace(single.model, experiment=replace(experiment, training=training))
    single.theta = run.theta.astype(np.float32)
    expected = boundary_of(run, "petal_length,petal_width", None).predictions
    found = boundary_of(single, "petal_length,petal_width", None).predictions
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_nothing_finite_to_draw_is_refused(gate):
    gate.theta[:] = np.nan
    with pytest.raises(UserError, match="some-001: nothing that this network predicts"):
        boundary_of(gate, None, None)


@pytest.mark.parametrize("features", [None, "x1"])
def test_what_is_not_finite_is_left_grey(gate, tmp_path, features):
    boundary = boundary_of(gate, features, None)
    boundary.predictions[:50] = np.nan
    draw_boundary(boundary, tmp_path / "a.png")
    assert "Grey: no finite prediction." in list(remarks(boundary))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", ("a",)),
        ("b,a", ("b", "a")),
        (" a , b ", ("a", "b")),
        ("a, b", ("a, b",)),
        ("a, b,c", ("a, b", "c")),
        ("c,a, b", ("c", "a, b")),
    ],
)
def test_names_with_commas_are_understood(text, expected):
    features = ("a", "b", "c", "a, b") if text != " a , b " else ("a", "b")
    table = Table(np.zeros((1, len(features))), np.zeros((1, 1)), features)
    assert named(table, text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lenght", r"unknown feature 'lenght' \(did you mean 'length'\?\); known: length, width"),
        ("length,wdth", r"'wdth' \(did you mean 'width'\?\)"),
        ("x,y", "unknown features 'x', 'y'; known"),
        ("", "unknown feature ''"),
        ("width,width", "'width' twice"),
        ("length,width,length", "one or two features, found 3"),
    ],
)
def test_unknown_features_are_named_with_what_is_known(text, message):
    table = Table(np.zeros((1, 2)), np.zeros((1, 1)), ("length", "width"))
    with pytest.raises(UserError, match=message):
        named(table, text)


def test_levels_are_around_all_values_even_equal_ones():
    levels = contour_levels(np.array([0.13, 2.9, np.nan]))
    assert levels[0] <= 0.13 < 2.9 <= levels[-1]
    same = contour_levels(np.full(3, 7.0))
    assert same[0] < 7 < same[-1]
