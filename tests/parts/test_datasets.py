"""Datasets: truth tables, draws that repeat, and tables equal to their source."""

import sys

import numpy as np
import pytest
import sklearn.datasets

from nncli.errors import DataError
from nncli.parts.datasets import (
    AndFloat,
    AndGate,
    Blobs,
    BreastCancer,
    Circles,
    Diabetes,
    Digits,
    Inline,
    Iris,
    LinearRegression,
    Moons,
    NandGate,
    OrGate,
    Spiral,
    Wine,
    XorGate,
)
from nncli.registry import members

DATASETS = {name: cls() for name, cls in members("dataset").items() if cls is not Inline}
SEEDED = {name: part for name, part in DATASETS.items() if hasattr(part, "seed")}
every_dataset = pytest.mark.parametrize("dataset", DATASETS.values(), ids=DATASETS)


@every_dataset
def test_a_table_is_consistent(dataset):
    table = dataset.load()
    assert table.x.dtype == np.float64
    assert table.x.shape == (len(table.y), len(table.features))
    assert np.isfinite(table.x).all()
    assert len(set(table.features)) == len(table.features)
    if table.classes:
        assert table.y.dtype.kind == "i"
        assert set(table.y) == set(range(len(table.classes)))
        assert table.task == ("binary" if len(table.classes) == 2 else "classification")
    else:
        assert table.y.dtype == np.float64
        assert table.y.shape == (len(table.x), len(table.targets))
        assert table.task == "regression"


@every_dataset
def test_loading_twice_gives_the_same_rows(dataset):
    first, second = dataset.load(), dataset.load()
    np.testing.assert_array_equal(first.x, second.x)
    np.testing.assert_array_equal(first.y, second.y)


@pytest.mark.parametrize("dataset", SEEDED.values(), ids=SEEDED)
def test_another_seed_draws_other_rows(dataset):
    drawn = {type(dataset)(seed=seed).load().x.tobytes() for seed in (1, 2, 2**40 + 3)}
    assert len(drawn) == 3


@pytest.mark.parametrize(
    ("gate", "outputs"),
    [
        (AndGate, [0, 0, 0, 1]),
        (OrGate, [0, 1, 1, 1]),
        (NandGate, [1, 1, 1, 0]),
        (XorGate, [0, 1, 1, 0]),
    ],
)
def test_gates_are_their_truth_tables(gate, outputs):
    table = gate().load()
    assert table.x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert table.y.tolist() == outputs
    assert table.classes == ("0", "1")


def test_iris_equals_scikit_learn_s():
    table, source = Iris().load(), sklearn.datasets.load_iris()
    np.testing.assert_array_equal(table.x, source.data)
    np.testing.assert_array_equal(table.y, source.target)
    assert table.classes == tuple(source.target_names)


@pytest.mark.parametrize(
    ("dataset", "shape", "classes"),
    [
        (Wine, (178, 13), 3),
        (BreastCancer, (569, 30), 2),
        (Digits, (1797, 64), 10),
        (Diabetes, (442, 10), 0),
        (Moons, (500, 2), 2),
        (Circles, (500, 2), 2),
        (Blobs, (500, 2), 3),
    ],
)
def test_scikit_learn_s_tables_have_their_shapes(dataset, shape, classes):
    table = dataset().load()
    assert table.x.shape == shape
    assert len(table.classes) == classes


def test_drawn_tables_follow_their_keys():
    assert Blobs(samples=12, classes=4, features=5).load().x.shape == (12, 5)
    assert len(Blobs(samples=12, classes=4).load().classes) == 4
    # without noise the circles have radius 1 and `inner`
    circles = Circles(samples=10, noise=0.0, inner=0.25).load()
    np.testing.assert_allclose(np.hypot(*circles.x.T), np.where(circles.y == 0, 1.0, 0.25))


def test_and_float_is_one_where_both_coordinates_exceed_a_half():
    table = AndFloat(samples=200, seed=3).load()
    assert table.y.tolist() == [int(a > 0.5 and b > 0.5) for a, b in table.x]
    assert 0 <= table.x.min() < 0.1
    assert 0.9 < table.x.max() < 1


def test_linear_regression_is_its_formula_without_noise():
    table = LinearRegression(50, [2.0, -3.0], intercept=5.0, noise=0.0).load()
    np.testing.assert_allclose(table.y[:, 0], 5 + 2 * table.x[:, 0] - 3 * table.x[:, 1])


def legacy_process():
    """A notebook of old: seed 123, x1 to x4 uniform, one after the other, then normal noise."""
    random = np.random.RandomState(123)
    x1, x2, x3, x4 = (random.uniform(0, 1, 10000) for _ in range(4))
    return np.column_stack([x1, x2, x3, x4]), x1 - 2 * x2 + 3 * x3 - 4 * x4 + random.normal(
        0, 1, 10000
    )


def test_the_legacy_generator_reproduces_an_older_notebook_number_by_number():
    table, (x, y) = LinearRegression(generator="legacy").load(), legacy_process()
    np.testing.assert_array_equal(table.x, x)
    np.testing.assert_array_equal(table.y[:, 0], y)


def test_the_legacy_draw_has_its_known_least_squares_optimum():
    table = LinearRegression(generator="legacy").load()
    design = np.column_stack([np.ones(10000), table.x])
    solution, squares, *_ = np.linalg.lstsq(design, table.y[:, 0])
    expected = [-0.04236066, 1.02692324, -1.97789175, 3.01018098, -3.95971598]
    np.testing.assert_allclose(solution, expected, atol=1e-8)
    assert squares.item() / 2 == pytest.approx(4997.037586611859, rel=1e-12)


def test_a_legacy_seed_beyond_32_bits_is_refused():
    with pytest.raises(ValueError, match=r"seed below 2\^32"):
        LinearRegression(seed=2**32, generator="legacy")


def test_a_spiral_without_noise_is_its_formula():
    table = Spiral(samples=6, classes=2, turns=0.5, noise=0.0).load()
    # rows alternate between the arms; radius 0, 1/2, 1; the angle grows by 90 degrees each time,
    # and the second arm is half a turn ahead
    expected = [[0, 0], [0, 0], [0, 0.5], [0, -0.5], [-1, 0], [1, 0]]
    np.testing.assert_allclose(table.x, expected, atol=1e-15)
    assert table.y.tolist() == [0, 1, 0, 1, 0, 1]


def test_spiral_noise_turns_rows_but_keeps_their_radius():
    quiet, noisy = Spiral(noise=0.0).load(), Spiral(noise=0.3).load()
    np.testing.assert_allclose(np.hypot(*noisy.x.T), np.hypot(*quiet.x.T), atol=1e-15)
    assert not np.allclose(noisy.x, quiet.x)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: Spiral(samples=5, classes=3), "3 arms need at least 6 samples"),
        (lambda: Blobs(samples=2, classes=3), "3 clouds need at least 3 samples"),
    ],
)
def test_too_few_samples_are_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


ROWS = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]


def test_inline_numbers_are_a_regression():
    table = Inline(ROWS, [1, 2.5, 3]).load()
    assert table.x.tolist() == ROWS
    assert table.y.tolist() == [[1.0], [2.5], [3.0]]
    assert table.features == ("x1", "x2")
    assert table.targets == ("target",)
    assert table.task == "regression"


def test_inline_lists_are_several_targets():
    table = Inline(ROWS, [[1, 2], [3, 4], [5, 6]], features=["a", "b"]).load()
    assert table.y.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert table.features == ("a", "b")
    assert table.targets == ("y1", "y2")


def test_inline_text_is_classes_in_alphabetical_order():
    table = Inline(ROWS, ["no", "yes", "maybe"]).load()
    assert table.classes == ("maybe", "no", "yes")
    assert table.y.tolist() == [1, 2, 0]


def test_inline_booleans_are_the_classes_false_and_true():
    table = Inline(ROWS, [True, False, True]).load()
    assert table.classes == ("false", "true")
    assert table.y.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("x", "y", "features", "message"),
    [
        (ROWS, [1, 2], [], "x has 3 rows but y has 2"),
        ([[1.0, 2.0], [3.0]], [1, 2], [], "rows of x with the same number of values"),
        ([[], []], [1, 2], [], "at least one"),
        (ROWS, [1, 2, 3], ["a"], "features names 1 columns but x has 2"),
        (ROWS, [1, 2, 3], ["a", "a"], "features with different names"),
        (ROWS, [1, "two", 3], [], "all targets of one kind"),
        (ROWS, [1, True, 3], [], "all targets of one kind"),
        (ROWS, [[1], [2, 3], [4]], [], "all targets of one kind"),
        (ROWS, [[], [], []], [], "at least one"),
    ],
)
def test_inline_rows_that_do_not_fit_are_refused(x, y, features, message):
    with pytest.raises(ValueError, match=message):
        Inline(x, y, features)


def test_a_missing_scikit_learn_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(DataError, match="dataset 'wine' needs scikit-learn"):
        Wine().load()


def test_digits_read_without_their_package_s_code_are_those_it_loads(monkeypatch):
    own = Digits().load()
    monkeypatch.setattr("nncli.parts.datasets.DIGITS", "nowhere")
    loaded = Digits().load()
    assert own.x.tobytes() == loaded.x.tobytes()
    assert own.y.tobytes() == loaded.y.tobytes()
    assert own.y.dtype == loaded.y.dtype
    assert (own.features, own.targets, own.classes) == (
        loaded.features,
        loaded.targets,
        loaded.classes,
    )
    assert own.sha256() == loaded.sha256()
