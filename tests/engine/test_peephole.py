"""Calls that training replays in place of the recorded ones: the same numbers, from other calls."""

from functools import partial

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from nncli.engine.cost import SMALL
from nncli.engine.steppers.peephole import Peephole
from nncli.engine.tape import Tape

RANDOM = np.random.default_rng(1)


def recorded(kernel, *arrays):
    """The tape of what a kernel does to arrays."""
    tape = Tape()
    kernel(*(tape.wrap(array) for array in arrays))
    return tape


def names(tape):
    """What its calls are."""
    functions = [f.func if isinstance(f, partial) else f for f, _ in tape.calls]
    return [function.__name__ for function in functions]


def both(kernel, *shapes):
    """What a kernel leaves in its last array as recorded and as rewritten, and the two tapes."""
    arrays = [RANDOM.normal(size=shape) for shape in shapes]
    tape = recorded(kernel, *arrays)
    tape()
    expected = arrays[-1].copy()
    arrays[-1][...] = np.nan
    quick = Peephole().optimized(tape)
    quick()
    return expected, arrays[-1], tape, quick


@pytest.mark.parametrize("shape", [(3,), (4, 1)], ids=["a row", "a column"])
@pytest.mark.parametrize("ufunc", [np.add, np.subtract, np.divide], ids=lambda f: f.__name__)
def test_what_is_spread_over_few_numbers_comes_from_a_product(ufunc, shape):
    expected, found, tape, quick = both(
        lambda x, b, out: ufunc(x, b, out=out), (4, 3), shape, (4, 3)
    )
    np.testing.assert_array_equal(found, expected)
    assert (names(tape), names(quick)) == ([ufunc.__name__], ["dot", ufunc.__name__])


def test_what_is_spread_over_many_numbers_stays_as_it_is():
    rows = SMALL // 4 + 1
    *_, tape, quick = both(lambda x, b, out: np.add(x, b, out=out), (rows, 4), (4,), (rows, 4))
    assert quick.calls == tape.calls


def test_a_product_of_matrices_is_left_alone():
    expected, found, tape, quick = both(
        lambda x, w, out: np.matmul(x, w, out=out), (3, 1), (1, 3), (3, 3)
    )
    np.testing.assert_array_equal(found, expected)
    assert quick.calls == tape.calls


def test_both_operands_may_be_spread():
    expected, found, *_ = both(lambda x, y, out: np.multiply(x, y, out=out), (4, 1), (3,), (4, 3))
    np.testing.assert_array_equal(found, expected)


def test_a_single_number_is_passed_as_one():
    expected, found, _, quick = both(lambda x, b, out: np.add(x, b, out=out), (4, 1), (1,), (4, 1))
    np.testing.assert_array_equal(found, expected)
    assert quick.calls[0][1][1].ndim == 0


def test_a_single_number_may_change_between_replays():
    x, b, out = np.ones((4, 1)), np.ones(1), np.zeros((4, 1))
    quick = Peephole().optimized(recorded(lambda x, b, out: np.add(x, b, out=out), x, b, out))
    b[0] = 5.0
    quick()
    assert out.tolist() == [[6.0]] * 4


def test_a_number_that_changes_is_not_taken_for_a_constant():
    x, floor, out = np.zeros(3), np.asarray(1.0), np.zeros(3)
    quick = Peephole().optimized(
        recorded(lambda x, f, out: np.maximum(x, f, out=out), x, floor, out)
    )
    floor[()] = 7.0
    quick()
    assert out.tolist() == [7.0] * 3


def relu_and_slope(z, a, dz):
    np.maximum(z, 0.0, out=a)
    np.greater(z, 0.0, out=dz)


def test_the_slope_of_a_relu_is_the_sign_of_its_output():
    expected, found, _, quick = both(relu_and_slope, (4, 3), (4, 3), (4, 3))
    np.testing.assert_array_equal(found, expected)
    assert names(quick) == ["maximum", "sign"]


@pytest.mark.parametrize("overwritten", ["z", "a"])
def test_but_not_once_either_was_overwritten(overwritten):
    def kernel(z, a, dz):
        np.maximum(z, 0.0, out=a)
        changed = z if overwritten == "z" else a
        np.subtract(changed, 0.5, out=changed)
        np.greater(z, 0.0, out=dz)

    *_, quick = both(kernel, (4, 3), (4, 3), (4, 3))
    assert "sign" not in names(quick)


def test_nor_where_z_is_a_window_on_what_was_overwritten():
    x, a, dz = np.array([-1.0, 1.0, 2.0, -3.0]), np.empty((3, 2)), np.empty((3, 2))
    z, tape = sliding_window_view(x, 2), Tape()
    np.maximum(tape.wrap(z), 0.0, out=tape.wrap(a))
    np.negative(tape.wrap(x), out=tape.wrap(x))
    np.greater(tape.wrap(z), 0.0, out=tape.wrap(dz))
    Peephole().optimized(tape)()
    np.testing.assert_array_equal(dz, z > 0.0)


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
def test_the_greatest_of_a_few_columns_is_found_column_by_column(columns):
    expected, found, _, quick = both(
        lambda z, out: np.maximum.reduce(z, axis=1, out=out, keepdims=True), (5, columns), (5, 1)
    )
    np.testing.assert_array_equal(found, expected)
    assert ("reduce" in names(quick)) == (columns in (1, 4))


def test_infinities_and_nan_are_spread_as_they_are():
    x, b, out = np.zeros((2, 3)), np.array([np.inf, -np.inf, np.nan]), np.empty((2, 3))
    with np.errstate(invalid="ignore"):
        Peephole().optimized(recorded(lambda x, b, out: np.add(x, b, out=out), x, b, out))()
    np.testing.assert_array_equal(out, [[np.inf, -np.inf, np.nan]] * 2)
