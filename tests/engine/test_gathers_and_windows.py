"""Gathers, their gradients and windows: replayed and compiled they are what NumPy computes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from nncli.engine.steppers.peephole import Peephole
from nncli.engine.tape import Tape

RANDOM = np.random.default_rng(7)


def replayed(tape, dtype):
    tape()


def rewritten(tape, dtype):
    Peephole().cheaper(tape)()


def compiled(tape, dtype):
    pytest.importorskip("llvmlite")
    from test_compiled_tapes import run_compiled

    run_compiled(dtype, tape)


both_engines = pytest.mark.parametrize("engine", [replayed, rewritten, compiled])
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def assert_alike(kernel, arrays, engine, dtype):
    """A kernel leaves in recorded arrays what it leaves in plain ones; returns these."""
    expected = {name: array.copy() for name, array in arrays.items()}
    kernel(**expected)
    tape = Tape()
    kernel(**tape.wrap_all(arrays))
    engine(tape, dtype)
    close = 1e-5 if dtype == "float32" else 1e-12
    for name, array in expected.items():
        np.testing.assert_allclose(arrays[name], array, close, close, err_msg=name)
    return expected


def numbers(dtype, *shape):
    return RANDOM.normal(size=shape).astype(dtype)


def lookup(index, table, rows, gradient):
    """An embedding: rows = table[index], and the gradient of half their squares."""
    np.take(table, index, axis=0, out=rows)
    np.copyto(gradient, 0.0)
    np.add.at(gradient, index, rows)


@both_dtypes
@both_engines
@pytest.mark.parametrize("item", [(1,), (5,), (2, 3)], ids=str)
@pytest.mark.parametrize("shape", [(1,), (9,), (4, 3)], ids=str)
def test_a_lookup_and_its_gradient(shape, item, engine, dtype):
    index = RANDOM.integers(3, size=shape)  # 0, 1 and 2 only, and often: row 3 gets nothing
    arrays = {
        "index": index,
        "table": numbers(dtype, 4, *item),
        "rows": numbers(dtype, *shape, *item),
        "gradient": numbers(dtype, 4, *item),
    }
    expected = assert_alike(lookup, arrays, engine, dtype)
    counts = np.bincount(index.ravel(), minlength=4).reshape(4, *[1] * len(item))
    np.testing.assert_allclose(expected["gradient"], counts * expected["table"], 1e-5)


@both_dtypes
@both_engines
def test_what_one_row_gets_is_added_in_the_order_of_the_index(engine, dtype):
    large = 2.0 / np.finfo(dtype).eps  # large + 1 is large: the order shows in the last bits
    tape, target = Tape(), np.zeros((2, 1), dtype)
    rows, index = np.array([[1], [large], [1], [-large], [1]], dtype), np.array([1, 1, 0, 1, 1])
    np.add.at(tape.wrap(target), index, tape.wrap(rows))
    engine(tape, dtype)
    assert target.ravel().tolist() == [1.0, 1.0]


@both_engines
def test_a_lookup_reads_the_index_of_its_moment(engine):
    tape, index = Tape(), np.array([0, 0])
    table, rows = np.arange(6.0).reshape(3, 2), np.empty((2, 2))
    np.take(tape.wrap(table), tape.wrap(index), axis=0, out=tape.wrap(rows))
    index[:] = 2, 1
    engine(tape, "float64")
    np.testing.assert_array_equal(rows, table[[2, 1]])


@pytest.mark.parametrize("engine", [replayed, rewritten])
def test_a_batch_without_rows_changes_nothing(engine):
    arrays = {
        "index": np.zeros(0, np.intp),
        "table": numbers("float64", 4, 2),
        "rows": numbers("float64", 0, 2),
        "gradient": np.zeros((4, 2)),
    }
    assert_alike(lookup, arrays, engine, "float64")


def convolution_1d(x, w, y, windows, dy, dw, dx):
    """x: (rows, length, channels), w: (channels * width, filters), y: (rows, places, filters)."""
    rows, length, _ = x.shape
    places, filters = y.shape[1:]
    width = length - places + 1
    np.copyto(windows, sliding_window_view(x, width, axis=1))
    flat, scores = windows.reshape(rows * places, -1), dy.reshape(rows * places, filters)
    np.dot(flat, w, out=y.reshape(rows * places, filters))
    np.dot(flat.T, scores, out=dw)
    np.dot(scores, w.T, out=flat)
    np.copyto(dx, 0.0)
    for offset in range(width):
        part = dx[:, offset : offset + places]
        np.add(part, windows[..., offset], out=part)


@both_dtypes
@both_engines
@pytest.mark.parametrize("size", [(1, 4, 1, 2, 1), (3, 9, 2, 3, 4), (2, 5, 3, 5, 2)], ids=str)
def test_a_convolution_along_one_axis_and_its_gradients(size, engine, dtype):
    rows, length, channels, width, filters = size
    places = length - width + 1
    arrays = {
        "x": numbers(dtype, rows, length, channels),
        "w": numbers(dtype, channels * width, filters),
        "y": numbers(dtype, rows, places, filters),
        "windows": numbers(dtype, rows, places, channels, width),
        "dy": numbers(dtype, rows, places, filters),
        "dw": numbers(dtype, channels * width, filters),
        "dx": numbers(dtype, rows, length, channels),
    }
    found = assert_alike(convolution_1d, arrays, engine, dtype)
    kernel = found["w"].reshape(channels, width, filters)
    spread = sliding_window_view(found["x"], width, axis=1)
    close = 1e-4 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(found["y"], np.einsum("rpcw,cwf->rpf", spread, kernel), close, close)
    # d(sum(y dy)) for a step of x is the sum of dx times the step: y is linear in x
    step = numbers(dtype, rows, length, channels)
    moved = np.einsum("rpcw,cwf->rpf", sliding_window_view(step, width, axis=1), kernel)
    np.testing.assert_allclose(np.sum(moved * found["dy"]), np.sum(step * found["dx"]), 1e-3)


def convolution_2d(x, w, products, y):
    """y = the sum over a window of x times w; x: (rows, height, width), w: (2, 3)."""
    np.multiply(sliding_window_view(x, w.shape, axis=(1, 2)), w, out=products)
    np.add.reduce(products.reshape(*y.shape, w.size), axis=3, out=y)


@both_dtypes
@both_engines
def test_a_convolution_over_two_axes(engine, dtype):
    arrays = {
        "x": numbers(dtype, 4, 5, 6),
        "w": numbers(dtype, 2, 3),
        "products": numbers(dtype, 4, 4, 4, 2, 3),
        "y": numbers(dtype, 4, 4, 4),
    }
    assert_alike(convolution_2d, arrays, engine, dtype)


@st.composite
def views(draw):
    """How to look at an array of three axes: (what turns it into a view, dtype, ufunc)."""
    order = draw(st.permutations(range(3)))
    starts = draw(st.tuples(*[st.integers(0, 1)] * 3))
    steps = draw(st.tuples(*[st.integers(1, 3)] * 3))
    window = draw(st.none() | st.integers(0, 2))  # the axis along which it slides

    def view(array):
        seen = np.transpose(array, order)[
            tuple(slice(start, None, step) for start, step in zip(starts, steps, strict=True))
        ]
        return seen if window is None else sliding_window_view(seen, 2, axis=window)

    return view, draw(st.sampled_from(["float32", "float64"]))


@both_engines
@settings(max_examples=25, deadline=None)
@given(seen=views(), shape=st.tuples(*[st.integers(5, 7)] * 3), axis=st.integers(0, 2))
def test_views_of_any_strides(engine, seen, shape, axis):
    view, dtype = seen
    x = numbers(dtype, *shape)
    whole = view(x)

    def kernel(x, copied, doubled, squashed, exponential):
        np.copyto(copied, view(x))
        np.add(view(x), copied, out=doubled)
        np.exp(view(x), out=exponential)
        np.maximum.reduce(view(x), axis=axis, out=squashed)

    like = np.empty_like(whole)
    arrays = {
        "x": x,
        "copied": like.copy(),
        "doubled": np.asfortranarray(like),
        "squashed": np.empty_like(whole.max(axis=axis)),
        "exponential": like.copy(),
    }
    for name in arrays.keys() - {"x"}:
        arrays[name].fill(0.0)
    assert_alike(kernel, arrays, engine, dtype)
