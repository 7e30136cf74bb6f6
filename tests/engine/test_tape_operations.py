"""Views, gathers and scatter-adds on a tape, in both engines, against NumPy at once.

They are what an embedding and a convolution are made of; a small kernel of each is tried whole.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.lib.stride_tricks import sliding_window_view

from nncli.engine.operations import Concatenate, Copy, Elementwise, Gather, Product, ScatterAdd
from nncli.engine.steppers.compiled.lowering import Lowering
from nncli.engine.steppers.compiled.places import Untranslatable
from nncli.engine.steppers.compiled.program import Program, add_routine, add_run, new_kernels
from nncli.engine.tape import Tape
from nncli.errors import NncliError

NO_INDEX = np.zeros(1, np.intp)
FLOATS = pytest.mark.parametrize("dtype", [np.float32, np.float64])
ENGINES = pytest.mark.parametrize("engine", ["replayed", "compiled"])
few = settings(max_examples=25)


def compiled(tape, dtype):
    """Carry a tape out once, in machine code."""
    kernels = new_kernels(np.dtype(dtype))
    code = kernels.code
    lower = Lowering(code.dtype, NO_INDEX)
    routine, nothing = (
        add_routine(kernels, "tape", tape, lower),
        add_routine(kernels, "none", Tape(), lower),
    )
    add_run(code, [routine], nothing, [])
    kinds = np.zeros(1, np.int8)
    Program(code).run(1, kinds.ctypes.data, NO_INDEX.ctypes.data, None, None, 0)


def carried_out(engine, kernel, *wrapped, data=()):
    """Record a kernel on arrays and carry it out; `data` are passed as they are."""
    tape = Tape()
    kernel(*(tape.wrap(array) for array in wrapped), *data)
    if engine == "replayed":
        tape()
    else:
        compiled(tape, wrapped[0].dtype)
    return tape


def draw(shape, dtype, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


# ---- views


VIEWS = {
    "transposed": lambda x: x.transpose(2, 0, 1),
    "reversed axes": lambda x: x.T,
    "every second row": lambda x: x[:, ::2],
    "one of the last axis": lambda x: x[..., 1],
    "a new axis": lambda x: x[:, None],
    "joined axes": lambda x: x.reshape(len(x), -1),
    "swapped": lambda x: np.swapaxes(x, 0, 2),
    "moved": lambda x: np.moveaxis(x, 0, -1),
    "windows": lambda x: sliding_window_view(x, (2, 2), axis=(1, 2)),
    "windows in steps": lambda x: sliding_window_view(x, 2, axis=1)[:, ::2],
    "broadcast": lambda x: np.broadcast_to(x[:, :1], x.shape),
}


@FLOATS
@ENGINES
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_stays_a_view_of_what_it_was_made_of(engine, view, dtype):
    x = draw((3, 4, 5), dtype)
    out = np.empty(VIEWS[view](x).shape, dtype)
    tape = Tape()
    recorded = tape.wrap(x)
    np.multiply(VIEWS[view](recorded), 3.0, out=tape.wrap(out))
    np.subtract(tape.wrap(out), VIEWS[view](recorded), out=tape.wrap(out))
    x[...] = draw((3, 4, 5), dtype, seed=1)  # what counts is what x holds at the replay
    expected = VIEWS[view](x) * dtype(3.0) - VIEWS[view](x)
    if engine == "replayed":
        tape()
    else:
        compiled(tape, dtype)
    np.testing.assert_array_equal(out, expected)
    assert [type(each) for each in tape.operations] == [Elementwise, Elementwise]


@ENGINES
def test_a_view_can_be_written_to(engine):
    x = np.zeros((3, 4, 2))
    carried_out(engine, lambda x: np.add(x[:, 1:3], 1.0, out=x[:, 1:3]), x)
    assert x[:, 1:3].min() == 1.0
    assert x.sum() == 12.0


def test_a_reshape_that_would_copy_is_refused():
    tape = Tape()
    with pytest.raises(NncliError, match="a copy of an array"):
        tape.wrap(np.ones((3, 4))).T.reshape(12)
    with pytest.raises(NncliError, match="a copy of an array"):
        np.reshape(tape.wrap(np.ones((3, 4))).T, 12)


@few
@given(data=st.data())
def test_elementwise_operations_over_any_strides_give_the_bits_of_numpy(data):
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=5).map(tuple))
    order = data.draw(st.permutations(range(len(shape))))
    x, column = draw(shape, float), draw((*shape[:-1], 1), float, seed=1)
    expected = np.exp(x).transpose(order) + column.transpose(order)
    out = np.empty(expected.shape)
    tape = Tape()
    np.exp(tape.wrap(x).transpose(order), out=tape.wrap(out))
    np.add(tape.wrap(out), tape.wrap(column).transpose(order), out=tape.wrap(out))
    compiled(tape, float)
    np.testing.assert_array_equal(out, expected)


@FLOATS
@ENGINES
@pytest.mark.parametrize("axis", [0, 1, 2, 3])
def test_reductions_along_any_of_many_axes(engine, axis, dtype):
    x = draw((3, 4, 2, 5), dtype)
    for ufunc in (np.add, np.maximum):
        expected = ufunc.reduce(x, axis=axis)
        out = np.empty_like(expected)
        carried_out(engine, lambda x, out, f=ufunc: f.reduce(x, axis=axis, out=out), x, out)
        np.testing.assert_allclose(out, expected, 1e-5 if dtype == np.float32 else 1e-14)


# ---- gather and scatter-add

INDICES = arrays.arrays(
    np.int64,
    arrays.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=5),
    elements=st.integers(0, 6),
)
ITEMS = st.sampled_from([(), (1,), (3,), (2, 3)])


@few
@given(index=INDICES, item=ITEMS, dtype=st.sampled_from([np.float32, np.float64]))
def test_a_gather_takes_the_items_that_data_name(index, item, dtype):
    table = draw((7, *item), dtype)
    for engine in ("replayed", "compiled"):
        out = np.full((*index.shape, *item), np.nan, dtype)

        def kernel(table, out, index):
            np.take(table, index, axis=0, out=out, mode="clip")

        tape = carried_out(engine, kernel, table, out, data=[index])
        np.testing.assert_array_equal(out, table[index])
        assert [type(each) for each in tape.operations] == [Gather]


@few
@given(index=INDICES, item=ITEMS, dtype=st.sampled_from([np.float32, np.float64]))
def test_a_scatter_add_adds_up_what_goes_to_one_place_in_its_order(index, item, dtype):
    rows, start = draw((*index.shape, *item), dtype), draw((7, *item), dtype, seed=1)
    expected = start.copy()
    np.add.at(expected, index, rows)
    for engine in ("replayed", "compiled"):
        target = start.copy()

        def kernel(target, rows, index):
            np.add.at(target, index, rows)

        tape = carried_out(engine, kernel, target, rows, data=[index])
        np.testing.assert_array_equal(target, expected)
        assert [type(each) for each in tape.operations] == [ScatterAdd]


@ENGINES
def test_of_no_rows_nothing_is_gathered_and_nothing_added(engine):
    table, out, index = np.ones((7, 3)), np.empty((0, 3)), np.empty(0, np.int64)

    def kernel(table, out, index):
        np.take(table, index, axis=0, out=out, mode="clip")
        np.add.at(table, index, out)

    if engine == "compiled":  # such a tape is NumPy's
        with pytest.raises(Untranslatable):
            carried_out(engine, kernel, table, out, data=[index])
    else:
        carried_out(engine, kernel, table, out, data=[index])
    assert (table == 1.0).all()


def test_an_index_out_of_range_touches_no_other_memory_in_machine_code():
    memory = np.zeros((9, 2))
    table, index = memory[3:6], np.array([-5, 7, 1])
    out = np.empty((3, 2))

    def kernel(table, out, index):
        np.add.at(table, index, np.ones((3, 2)))
        np.take(table, index, axis=0, out=out, mode="clip")

    carried_out("compiled", kernel, table, out, data=[index])
    assert memory.sum(axis=1).tolist() == [0, 0, 0, 2, 2, 2, 0, 0, 0]


def test_an_index_of_another_type_is_numpys():
    with pytest.raises(Untranslatable, match="int64"):
        carried_out(
            "compiled",
            lambda table, out, index: np.take(table, index, axis=0, out=out, mode="clip"),
            np.ones((7, 2)),
            np.empty((3, 2)),
            data=[np.zeros(3, np.int32)],
        )


@ENGINES
def test_a_lookup_reads_the_index_of_its_moment(engine):
    table, rows, index, tape = (
        np.arange(6.0).reshape(3, 2),
        np.empty((2, 2)),
        np.zeros(2, int),
        Tape(),
    )
    np.take(tape.wrap(table), tape.wrap(index), axis=0, out=tape.wrap(rows))
    index[:] = 2, 1
    if engine == "replayed":
        tape()
    else:
        compiled(tape, float)
    np.testing.assert_array_equal(rows, table[[2, 1]])


@FLOATS
@ENGINES
def test_a_number_is_copied_to_all_places(engine, dtype):
    out = draw((3, 4), dtype)
    carried_out(engine, lambda out: np.copyto(out, 0.1), out)
    np.testing.assert_array_equal(out, np.full((3, 4), 0.1, dtype))


@FLOATS
@ENGINES
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_pieces_stand_one_behind_the_other(engine, axis, dtype):
    shapes = [[2, 3, 4], [2, 3, 4], [2, 3, 4]]
    for extra, shape in enumerate(shapes):
        shape[axis] += extra
    pieces = [draw(shape, dtype, seed) for seed, shape in enumerate(shapes)]
    expected = np.concatenate([*pieces, pieces[0]], axis=axis)
    out = np.full_like(expected, np.nan)

    def kernel(out, a, b, c):
        np.concatenate([a, b, c, a], axis=axis, out=out)

    tape = carried_out(engine, kernel, out, *pieces)
    np.testing.assert_array_equal(out, expected)
    assert [type(each) for each in tape.operations] == [Concatenate]


# ---- whole kernels


@FLOATS
@ENGINES
def test_an_embedding_looks_up_and_its_gradient_adds_up(engine, dtype):
    table, d_out = draw((5, 3), dtype), draw((4, 2, 3), dtype, seed=1)
    index = np.array([[0, 4], [4, 4], [1, 0], [2, 4]])
    out, d_table = np.empty((4, 2, 3), dtype), np.full((5, 3), np.nan, dtype)

    def kernel(table, out, d_out, d_table, index):
        np.take(table, index, axis=0, out=out, mode="clip")
        np.multiply(d_table, 0.0, out=d_table)
        np.copyto(d_table, np.zeros((5, 3), dtype))
        np.add.at(d_table, index, d_out)

    carried_out(engine, kernel, table, out, d_out, d_table, data=[index])
    np.testing.assert_array_equal(out, table[index])
    expected = np.zeros((5, 3), dtype)
    np.add.at(expected, index, d_out)
    np.testing.assert_array_equal(d_table, expected)


@FLOATS
@ENGINES
def test_a_convolution_is_windows_times_weights_and_its_gradients_go_back_the_same_way(
    engine, dtype
):
    n, size, channels, window, filters = 3, 6, 2, 3, 4
    x, w = draw((n, size, size, channels), dtype), draw((window, window, channels, filters), dtype)
    reach = size - window + 1
    dz = draw((n, reach, reach, filters), dtype, seed=2)
    columns = np.empty((n, reach, reach, window, window, channels), dtype)
    z, d_columns = np.empty_like(dz), np.empty_like(columns)
    dx, dw = np.zeros_like(x), np.empty_like(w)
    width = window * window * channels

    def kernel(x, w, columns, z, dz, d_columns, dx, dw):
        windows = sliding_window_view(x, (window, window), axis=(1, 2))
        np.copyto(columns, windows.transpose(0, 1, 2, 4, 5, 3))
        flat, weights = columns.reshape(-1, width), w.reshape(width, filters)
        np.dot(flat, weights, out=z.reshape(-1, filters))
        np.dot(flat.T, dz.reshape(-1, filters), out=dw.reshape(width, filters))
        np.dot(dz.reshape(-1, filters), weights.T, out=d_columns.reshape(-1, width))
        np.copyto(dx, np.zeros(x.shape, dtype))
        for i in range(window):
            for j in range(window):
                part = dx[:, i : i + reach, j : j + reach]
                np.add(part, d_columns[:, :, :, i, j], out=part)

    tape = carried_out(engine, kernel, x, w, columns, z, dz, d_columns, dx, dw)
    close = {"rtol": 1e-4, "atol": 1e-4} if dtype == np.float32 else {"rtol": 1e-12, "atol": 1e-12}
    patches = sliding_window_view(x, (window, window), axis=(1, 2))
    np.testing.assert_allclose(z, np.einsum("nijchw,hwcf->nijf", patches, w), **close)
    np.testing.assert_allclose(dw, np.einsum("nijchw,nijf->hwcf", patches, dz), **close)
    expected = np.zeros_like(x)
    for i in range(window):
        for j in range(window):
            expected[:, i : i + reach, j : j + reach] += dz @ w[i, j].T
    np.testing.assert_allclose(dx, expected, **close)
    assert {type(each) for each in tape.operations} == {Copy, Product, Elementwise}
