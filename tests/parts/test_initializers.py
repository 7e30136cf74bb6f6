"""Initializers: moments, limits, and what may be read from a file."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file
from training_part_cases import INITIALIZERS as STANDARD_DEVIATIONS

from nncli.errors import DataError, ShapeError
from nncli.parts.initializers import (
    Constant,
    FromFile,
    Linspace,
    Normal,
    Ones,
    Uniform,
    Values,
    Zeros,
)
from nncli.registry import members

DRAWN = [cls for cls in members("initializer").values() if not cls.given_by]
every_drawn = pytest.mark.parametrize("initializer", DRAWN, ids=lambda cls: cls.name)


def draw(initializer, shape, seed=0):
    return initializer(shape, np.random.default_rng(seed), "hidden_1/W")


def test_linspace_goes_input_by_input():
    even = Linspace(1.0, 6.0)
    assert draw(even, (2, 3)).tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    assert draw(even, (6,)).tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert draw(Linspace(3.0, 1.0), (3,)).tolist() == [3.0, 2.0, 1.0]
    assert draw(even, (1,)).tolist() == [1.0]


@every_drawn
@settings(max_examples=20)
@given(shape=st.lists(st.integers(1, 5), min_size=1, max_size=2).map(tuple))
def test_values_are_float64_of_the_shape_asked_for(initializer, shape):
    values = draw(initializer(), shape)
    assert values.shape == shape
    assert values.dtype == np.float64
    assert np.isfinite(values).all()


@every_drawn
def test_one_seed_draws_one_start(initializer):
    np.testing.assert_array_equal(
        draw(initializer(), (3, 4), seed=5), draw(initializer(), (3, 4), seed=5)
    )


def test_fixed_values():
    assert draw(Zeros(), (2,)).tolist() == [0.0, 0.0]
    assert draw(Ones(), (2,)).tolist() == [1.0, 1.0]
    assert draw(Constant(-1.5), (1, 2)).tolist() == [[-1.5, -1.5]]


RANDOM = [cls for cls in DRAWN if STANDARD_DEVIATIONS.get(cls.name) and cls is not Linspace]


@pytest.mark.parametrize("initializer", RANDOM, ids=lambda cls: cls.name)
def test_draws_have_the_stated_moments(initializer):
    values = draw(initializer(), (100, 300))
    deviation = STANDARD_DEVIATIONS[initializer.name]
    # of 30,000 draws: the mean is within 4 deviations / sqrt(30,000), the deviation within 2 %
    assert abs(values.mean()) < 4 * deviation / math.sqrt(values.size)
    assert values.std() == pytest.approx(deviation, rel=0.02)


@pytest.mark.parametrize(
    "initializer", [cls for cls in RANDOM if "uniform" in cls.name], ids=lambda cls: cls.name
)
def test_uniform_draws_fill_their_limits_and_no_more(initializer):
    limit = math.sqrt(3) * STANDARD_DEVIATIONS[initializer.name]
    greatest = np.abs(draw(initializer(), (100, 300))).max()
    assert 0.999 * limit < greatest <= limit


@pytest.mark.parametrize(
    "initializer", [cls for cls in RANDOM if "uniform" not in cls.name], ids=lambda cls: cls.name
)
def test_normal_draws_are_not_truncated(initializer):
    # 1 of 370 standard normal draws lies beyond 3: of 30,000 about 81
    beyond = np.abs(draw(initializer(), (100, 300))) > 3 * STANDARD_DEVIATIONS[initializer.name]
    assert 50 < beyond.sum() < 115


def test_mean_and_limits_are_the_ones_given():
    assert draw(Normal(std=0.1, mean=7.0), (10000,)).mean() == pytest.approx(7.0, abs=0.01)
    values = draw(Uniform(low=2.0, high=3.0), (10000,))
    assert 2.0 <= values.min() < 2.01
    assert 2.99 < values.max() < 3.0


def test_crossed_limits_are_refused():
    with pytest.raises(ValueError, match=r"low \(1\) must not exceed high \(0\)"):
        Uniform(low=1.0, high=0.0)


def test_written_numbers_are_the_start_to_the_bit():
    kernel, bias = [[0.1, 1.0], [1e-300, -0.3]], [0.7, 2.0]
    assert draw(Values(kernel), (2, 2)).tolist() == kernel
    assert draw(Values(bias), (2,)).tolist() == bias
    assert draw(Values([[1.0]]), (1, 1)).dtype == np.float64


@pytest.mark.parametrize(
    ("values", "shape", "place", "message"),
    [
        ([[1.0, 2.0], [3.0]], (2, 2), "values[1]", "expected 2 numbers, one a unit, found 1 num"),
        ([[1.0, 2.0]], (2, 2), "values", "expected 2 lists, one an input, found 1 list"),
        ([[1.0], [2.0]], (1, 2), "values", "expected 1 list, one an input, found 2 lists (a list"),
        ([1.0, 2.0], (2, 1), "values", "expected 2 lists, one an input, found 2 numbers"),
        ([1.0, [2.0]], (2, 1), "values", "found 1 number and 1 list"),
        ([[1.0], [2.0]], (2,), "values", "expected 2 numbers, one a unit, found 2 lists"),
        ([1.0], (2,), "values", "expected 2 numbers, one a unit, found 1 number"),
    ],
)
def test_written_numbers_of_another_shape_are_refused_where_they_stand(
    values, shape, place, message
):
    with pytest.raises(ShapeError) as caught:
        draw(Values(values), shape)
    assert caught.value.key == place
    assert str(caught.value).startswith("hidden_1/W: ")
    assert message in str(caught.value)


KERNEL = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


@pytest.fixture
def saved(tmp_path):
    """Writes named tensors to a file of the given kind and returns the initializer of it."""

    def save(suffix, **tensors):
        tensors = {name.replace("__", "/"): np.asarray(values) for name, values in tensors.items()}
        path = tmp_path / f"weights{suffix}"
        if suffix == ".npz":
            np.savez(path, **tensors)
        else:
            save_file(tensors, path)
        return FromFile(path)

    return save


every_kind_of_file = pytest.mark.parametrize("suffix", [".npz", ".safetensors"])


@every_kind_of_file
@pytest.mark.parametrize("dtype", ["f4", "f8", "i8", "u1"])
def test_a_file_gives_the_tensor_of_its_name(saved, suffix, dtype):
    start = saved(suffix, hidden_1__W=KERNEL.astype(dtype), hidden_1__b=np.zeros(2))
    values = draw(start, (3, 2))
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, KERNEL)


@every_kind_of_file
def test_each_call_has_values_of_its_own(saved, suffix):
    start = saved(suffix, hidden_1__W=KERNEL)
    draw(start, (3, 2))[...] = 0.0
    np.testing.assert_array_equal(draw(start, (3, 2)), KERNEL)


@every_kind_of_file
def test_a_missing_file_is_named(tmp_path, suffix):
    with pytest.raises(DataError, match=f"nowhere{suffix}: no such file"):
        draw(FromFile(tmp_path / f"nowhere{suffix}"), (3, 2))


@every_kind_of_file
def test_a_missing_tensor_is_named_with_those_there_are(saved, suffix):
    start = saved(suffix, output__W=KERNEL, output__b=np.zeros(2))
    with pytest.raises(DataError, match="no tensor 'hidden_1/W'; it has output/W, output/b"):
        draw(start, (3, 2))


@every_kind_of_file
def test_a_wrong_shape_is_refused(saved, suffix):
    start = saved(suffix, hidden_1__W=KERNEL)
    with pytest.raises(ShapeError, match=r"hidden_1/W: expected shape \(2, 3\), found \(3, 2\)"):
        draw(start, (2, 3))


@every_kind_of_file
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(saved, suffix, value):
    start = saved(suffix, hidden_1__W=np.where(KERNEL == 4.0, value, KERNEL))
    with pytest.raises(DataError, match="hidden_1/W: expected finite numbers"):
        draw(start, (3, 2))


@pytest.mark.parametrize("values", [KERNEL.astype(str), KERNEL > 2, KERNEL * 1j])
def test_values_that_are_not_real_numbers_are_refused(saved, values):
    with pytest.raises(DataError, match=r"expected (finite )?numbers"):
        draw(saved(".npz", hidden_1__W=values), (3, 2))


class Trap:
    """Unpickling it would raise."""

    def __reduce__(self):
        return (pytest.fail, ("unpickled",))


def test_a_pickled_array_is_refused_and_never_unpickled(saved):
    start = saved(".npz", hidden_1__W=np.array([Trap()], dtype=object))
    with pytest.raises(DataError, match=r"not a readable \.npz file"):
        draw(start, (1,))


@every_kind_of_file
@pytest.mark.parametrize("content", [b"", b"not tensors at all"])
def test_a_file_of_something_else_is_refused(tmp_path, suffix, content):
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"not a readable \{suffix} file"):
        draw(FromFile(path), (3, 2))


def test_a_single_array_called_npz_is_refused(tmp_path):
    path = tmp_path / "weights.npz"
    with path.open("wb") as file:
        np.save(file, KERNEL)
    with pytest.raises(DataError, match=r"not a readable \.npz file"):
        draw(FromFile(path), (3, 2))


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"expected a \.safetensors or \.npz file.*weights\.pkl"):
        FromFile(tmp_path / "weights.pkl")


@every_kind_of_file
def test_a_file_written_anew_is_read_anew(saved, suffix):
    draw(saved(suffix, hidden_1__W=KERNEL), (3, 2))
    start = saved(suffix, hidden_1__W=10 * KERNEL)
    np.testing.assert_array_equal(draw(start, (3, 2)), 10 * KERNEL)


def test_a_kernel_of_conv2d_is_lists_four_deep():
    kernel = [[[[1, 2]], [[3, 4]]], [[[5, 6]], [[7, 8]]]]
    assert draw(Values(kernel), (2, 2, 1, 2)).tolist() == kernel
    with pytest.raises(ShapeError, match="expected 2 lists, one a place of the line, found 2 num"):
        draw(Values([[1, 2], [3, 4]]), (2, 2, 1, 2))
    with pytest.raises(ShapeError, match="expected 3 numbers, one a filter, found 2 numbers"):
        draw(Values(kernel), (2, 2, 1, 3))
