"""Activations: values, slopes, and calm at the ends of the number line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_part_cases import ACTIVATIONS as CASES

from nncli.parts.activations import Elu, LeakyRelu, Softmax
from nncli.parts.initializers import Initializer
from nncli.registry import find, members

ACTIVATIONS = list(members("activation").values())
TEXTBOOK = [cls for cls in ACTIVATIONS if cls.name in CASES]
EXTREMES = [-1e30, -1e4, -100.0, -1.0, -1e-300, 0.0, 1e-300, 1.0, 100.0, 1e4, 1e30]

every_activation = pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda cls: cls.name)
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def strict():
    """Every floating-point warning but underflow is an error."""
    return np.errstate(all="raise", under="ignore")


def saved_for(activation, z):
    shapes = activation.saved_shapes(z.shape)
    return {name: np.full(shape, np.nan, z.dtype) for name, shape in shapes.items()}


def run(activation, z, da=1.0):
    """f(z) and da * f'(z) of an array (rows, units); what a kernel may not write is read-only."""
    z, a, dz = np.array(z), np.full_like(z, np.nan), np.full_like(z, np.nan)
    da = np.array(np.broadcast_to(da, z.shape), z.dtype)
    saved = saved_for(activation, z)
    z.flags.writeable = da.flags.writeable = False
    with np.errstate(over="ignore"):  # exp(10000) on the way to 1 / (1 + exp(10000)) = 0
        activation.forward(z, a, saved)
    a.flags.writeable = False
    activation.backward(da, z, a, dz, saved)
    return a, dz


@every_dtype
@every_activation
def test_extreme_scores_give_finite_values_and_slopes(activation, dtype):
    z = np.array([[left, right] for left in EXTREMES for right in EXTREMES], dtype)
    with strict():
        for da in (1.0, [1.0, -2.0]):
            a, dz = run(activation(), z, da)
            assert np.isfinite(a).all()
            assert np.isfinite(dz).all()


@every_dtype
@every_activation
def test_values_stay_in_the_declared_bounds(activation, dtype):
    a, _ = run(activation(), np.array([EXTREMES, EXTREMES[::-1]], dtype))
    low, high = activation.bounds
    assert ((a >= low) & (a <= high)).all()


@every_activation
def test_kernels_write_only_into_the_arrays_they_are_given(activation):
    room = np.full((3, 4, 4), 7.0)  # each array is the middle of a larger one
    z, a, dz = (array[1:-1, 1:-1] for array in room)
    z[...] = [[-1.0, 2.0], [0.5, -3.0]]
    da, saved = np.array([[1.0, 2.0], [3.0, 4.0]]), saved_for(activation(), z)
    for array in (z, da):
        array.flags.writeable = False
    activation().forward(z, a, saved)
    activation().backward(da, z, a, dz, saved)
    edge = np.ones((4, 4), bool)
    edge[1:-1, 1:-1] = False
    assert (room[:, edge] == 7.0).all()
    assert not (dz == 7.0).any()


@every_activation
def test_its_preferred_initializer_exists(activation):
    assert isinstance(activation.initializer, Initializer)


@every_activation
def test_float32_agrees_with_float64(activation):
    z = np.linspace(-6.0, 6.0, 50).reshape(25, 2)
    for single, double in zip(
        run(activation(), z.astype(np.float32)), run(activation(), z), strict=True
    ):
        assert single.dtype == np.float32
        np.testing.assert_allclose(single, double, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("activation", TEXTBOOK, ids=lambda cls: cls.name)
@settings(max_examples=50)
@given(z=st.lists(st.floats(-300, 300), min_size=2, max_size=2))
def test_values_agree_with_the_textbooks(activation, z):
    z, case = np.array([z]), CASES[activation.name]
    a, _ = run(activation(), z)
    np.testing.assert_allclose(a, case.formula(activation(), z), rtol=1e-12, atol=1e-15)


@every_dtype
@pytest.mark.parametrize("activation", TEXTBOOK, ids=lambda cls: cls.name)
def test_values_and_slopes_match_hand_worked_points(activation, dtype):
    rtol = {np.float32: 1e-6, np.float64: 1e-15}[dtype]
    for z, expected in CASES[activation.name].points.items():
        a, dz = run(activation(), np.array([[z]], dtype))
        np.testing.assert_allclose((a.item(), dz.item()), expected, rtol=rtol, atol=1e-30)


def test_relu_masks_on_its_input_whatever_the_sign_of_the_gradient():
    _, dz = run(find("activation", "relu")(), np.array([[-1.0, 2.0, 3.0]]), [5.0, -5.0, 5.0])
    assert dz.tolist() == [[0.0, -5.0, 5.0]]


def test_leaky_relu_has_its_slope_below_zero():
    a, dz = run(LeakyRelu(0.25), np.array([[-2.0, 2.0]]))
    assert a.tolist() == [[-0.5, 2.0]]
    assert dz.tolist() == [[0.25, 1.0]]


def test_elu_has_its_height_below_zero():
    a, dz = run(Elu(2.0), np.array([[-np.log(2.0), 3.0]]))
    np.testing.assert_allclose(a, [[-1.0, 3.0]])  # 2 (1/2 - 1)
    np.testing.assert_allclose(dz, [[1.0, 1.0]])  # 2 * 1/2


def test_softmax_of_logarithms_is_their_share():
    a, dz = run(Softmax(), np.log([[1.0, 2.0, 5.0]]), [1.0, 0.0, 0.0])
    np.testing.assert_allclose(a, [[1 / 8, 2 / 8, 5 / 8]])
    # the first row of the Jacobian: a1 (1 - a1), -a1 a2, -a1 a3
    np.testing.assert_allclose(dz, [[7 / 64, -2 / 64, -5 / 64]])


@settings(max_examples=100)
@given(z=st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=5), shift=st.floats(-1e4, 1e4))
def test_softmax_rows_sum_to_one_and_ignore_a_shift(z, shift):
    z = np.array([z])
    a, dz = run(Softmax(), z)
    assert a.sum() == pytest.approx(1.0, rel=1e-14)
    np.testing.assert_allclose(dz, 0.0, atol=1e-15)  # moving all outputs alike moves nothing
    np.testing.assert_allclose(run(Softmax(), z + shift)[0], a, rtol=1e-10, atol=1e-12)
