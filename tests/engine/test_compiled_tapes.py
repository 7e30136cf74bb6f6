"""A translated tape computes what the tape computes, whatever calls it holds."""

import numpy as np
import pytest
from scipy import special

pytest.importorskip("llvmlite")

from nncli.engine.operations import Opaque
from nncli.engine.steppers.compiled.groups import Group, grouped
from nncli.engine.steppers.compiled.lowering import Lowering
from nncli.engine.steppers.compiled.places import Untranslatable
from nncli.engine.steppers.compiled.program import Program, add_routine, add_run, new_kernels
from nncli.engine.tape import Tape

CALM = [np.negative, np.absolute, np.sign, np.tanh, np.add, np.subtract, np.multiply, np.maximum]
CALM += [np.minimum, np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal]
WILD = [np.reciprocal, np.square, np.sqrt, np.exp, np.divide, np.logaddexp, np.power]
SHAPES = [(), (1,), (7,), (5, 7), (5, 1), (1, 7), (70,), (3, 70), (3, 3)]
INDEX = np.arange(3)


class Memory:
    """Arrays of many shapes, and tapes of drawn calls on them."""

    def __init__(self, seed, dtype):
        self.random = np.random.default_rng(seed)
        self.arrays = [
            self.random.normal(size=shape).astype(dtype) for shape in SHAPES for _ in range(3)
        ]
        square = self.arrays[-1]
        self.arrays += [square.T, square[1], square[:, 1:2]]

    def tape(self, calls):
        """Neighbours often write arrays of one shape, so that they may share a loop."""
        tape, target = Tape(), self.arrays[0]
        for _ in range(calls):
            alike = [array for array in self.arrays if array.shape == target.shape]
            target = self.one_of(alike if self.random.random() < 0.8 else self.arrays)
            fitting = [tape.wrap(each) for each in self.arrays if fits(each, target)]
            ufunc = self.one_of(CALM if self.random.random() < 0.95 else WILD)
            operands = [self.one_of(fitting), self.one_of([*fitting, float(self.random.normal())])]
            ufunc(*operands[: ufunc.nin], out=tape.wrap(target))
        return tape

    def one_of(self, choices):
        return choices[self.random.integers(len(choices))]


def fits(operand, target):
    """Whether one call may read the one and write the other."""
    if operand is not target and np.may_share_memory(operand, target):
        return False
    try:
        return np.broadcast_shapes(operand.shape, target.shape) == target.shape
    except ValueError:
        return False


def run_compiled(dtype, *tapes):
    """Carry each tape out once, in machine code."""
    kernels = new_kernels(np.dtype(dtype))
    code = kernels.code
    routines = [
        add_routine(kernels, f"tape_{number}", tape, Lowering(code.dtype, INDEX))
        for number, tape in enumerate(tapes)
    ]
    nothing = add_routine(kernels, "nothing", Tape(), Lowering(code.dtype, INDEX))
    add_run(code, routines, nothing, [])
    kinds = np.arange(len(tapes), dtype=np.int8)
    index = np.array(INDEX)
    Program(code).run(len(tapes), kinds.ctypes.data, index.ctypes.data, None, None, 0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_drawn_calls_give_the_same_bits(dtype):
    memories = [Memory(seed, dtype) for seed in range(20)]
    tapes = [memory.tape(40) for memory in memories]
    copies = [[array.copy() for array in memory.arrays] for memory in memories]
    with np.errstate(all="ignore"):
        for tape in tapes:
            tape()
        expected = [[array.copy() for array in memory.arrays] for memory in memories]
        for memory, starts in zip(memories, copies, strict=True):
            for array, start in zip(memory.arrays, starts, strict=True):
                array[...] = start
        run_compiled(dtype, *tapes)
    assert np.mean([np.isfinite(array).all() for arrays in expected for array in arrays]) > 0.8
    for memory, arrays in zip(memories, expected, strict=True):
        for found, array in zip(memory.arrays, arrays, strict=True):
            np.testing.assert_array_equal(found, array)


def product_tape(left, right, target):
    tape = Tape()
    np.dot(tape.wrap(left), tape.wrap(right), out=tape.wrap(target))
    return tape


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_of_all_shapes_and_orders(dtype):
    random, cases = np.random.default_rng(1), []
    sizes = [1, 2, 5, 16, 33, 130]
    for m, k, n in random.choice(sizes, (20, 3)):
        left, right = random.normal(size=(k, m)).astype(dtype), random.normal(size=(n, k))
        right = right.astype(dtype)
        cases += [(left.T, right.T), (left.T.copy(), right.T), (left.T, right.T.copy())]
    vector, matrix = np.ones(33, dtype), random.normal(size=(33, 33)).astype(dtype)
    cases += [(vector, matrix), (matrix, vector), (vector, vector), (matrix.T, matrix)]
    targets = [np.empty(np.shape(left @ right), dtype) for left, right in cases]
    tapes = [product_tape(*case, out) for case, out in zip(cases, targets, strict=True)]
    for chunk in range(0, len(tapes), 100):
        run_compiled(dtype, *tapes[chunk : chunk + 100])
    close = 1e-12 if dtype == "float64" else 1e-4
    for (left, right), found in zip(cases, targets, strict=True):
        np.testing.assert_allclose(found, left @ right, close, close)


def test_reductions_of_all_axes():
    random = np.random.default_rng(1)
    tape, pairs = Tape(), []
    for shape in [(4, 5), (3, 100), (100, 3), (9,), (80,)]:
        source = random.normal(size=shape)
        for ufunc in (np.maximum, np.minimum, np.add):
            for axis in range(len(shape)):
                for keepdims in (True, False):
                    expected = ufunc.reduce(source, axis=axis, keepdims=keepdims)
                    out = np.empty_like(expected)
                    wrapped = tape.wrap(source), tape.wrap(out)
                    ufunc.reduce(wrapped[0], axis=axis, keepdims=keepdims, out=wrapped[1])
                    pairs.append((out, expected))
    run_compiled("float64", tape)
    for found, expected in pairs:
        np.testing.assert_allclose(found, expected, 1e-13)


def test_rows_are_gathered_by_the_index():
    tape, source, out = Tape(), np.arange(12.0).reshape(6, 2), np.empty((3, 2))
    np.take(tape.wrap(source), INDEX, axis=0, out=tape.wrap(out), mode="clip")
    run_compiled("float64", tape)
    np.testing.assert_array_equal(out, source[:3])


def test_another_package_s_ufunc_runs_its_own_loop():
    tape, x, y = Tape(), np.linspace(-3, 3, 12).reshape(3, 4), np.empty((3, 4))
    special.ndtr(tape.wrap(x), out=tape.wrap(y))
    run_compiled("float64", tape)
    np.testing.assert_array_equal(y, special.ndtr(x))


def test_neighbours_share_a_loop_unless_one_reads_what_another_scatters():
    x, y, row = np.ones((3, 3)), np.ones((3, 3)), np.ones(3)
    tape = Tape()
    a, b, c = tape.wrap(x), tape.wrap(y), tape.wrap(row)
    np.add(a, c, out=b)
    np.multiply(b, a, out=b)
    np.subtract(b, a.T, out=b)  # still of one loop: x isn't written
    np.add(b, 1.0, out=a)  # and now it is, where x.T was read
    np.add(a, b, out=b)
    lower = Lowering(np.dtype(float), INDEX)
    groups = grouped([lower(each) for each in tape.operations], 8)
    assert all(isinstance(group, Group) for group in groups)
    assert [len(group.operations) for group in groups] == [3, 2]


def test_sizes_are_arguments_unless_there_is_little_to_do():
    random, kernels = np.random.default_rng(1), new_kernels(np.dtype(float))
    cases = []
    for m, k, n in [(32, 64, 66), (29, 64, 66), (30, 100, 34), (2, 3, 4), (2, 3, 5)]:
        left, right = random.normal(size=(m, k)), random.normal(size=(n, k)).T
        cases.append(product_tape(left, right, np.empty((m, n))))
    counts = []
    for number, tape in enumerate(cases):
        add_routine(kernels, f"tape_{number}", tape, Lowering(np.dtype(float), INDEX))
        counts.append(len(kernels))
    assert counts[0] == counts[1] == counts[2] == 3  # a copy, wide panels and one of two columns
    assert counts[3] < counts[4]


def overlapping(tape, x):
    np.add(x[1:], x[:-1], out=x[1:])


def where(tape, x):
    np.exp(x, out=x, where=np.ones(4, bool))


def mixed(tape, x):
    np.add(x, np.ones(4, np.float32), out=x)


def two_results(tape, x):
    out = np.ones(4)
    tape.add(Opaque(np.frexp, (np.ones(4), out, np.ones(4, np.intc)), out))


def python(tape, x):
    tape.add(Opaque(print, (np.ones(4),), np.ones(4)))


def reduced(tape, x):
    np.logaddexp.reduce(x, keepdims=True, out=tape.wrap(np.ones(1)))


def objects(tape, x):
    np.frompyfunc(abs, 1, 1)(x, out=x)


@pytest.mark.parametrize("call", [overlapping, where, mixed, two_results, python, reduced, objects])
def test_what_only_numpy_can_do_is_refused_before_any_code_is_written(call):
    tape, lower = Tape(), Lowering(np.dtype(float), INDEX)
    call(tape, tape.wrap(np.ones(4)))
    with pytest.raises(Untranslatable):
        lower(tape.operations[0])
