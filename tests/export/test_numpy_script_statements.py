"""A tape becomes statements that compute the same bits, in as few lines as are readable."""

import numpy as np
import pytest

from nncli.engine.tape import Tape
from nncli.errors import UserError
from nncli.export.numpy_script.expressions import Literals
from nncli.export.numpy_script.folding import fold
from nncli.export.numpy_script.statements import ArrayNames, Recording, translate


class Workbench:
    """Named arrays of so many rows, recorded on one tape."""

    def __init__(self, rows=4, dtype="float64", columns=3):
        self.tape, self.names, self.rows = Tape(), ArrayNames(), rows
        self.dtype = np.dtype(dtype)
        self.columns = columns

    def array(self, name="", shape=None):
        """A recorded array; one without a name is a kernel's own."""
        array = np.zeros((self.rows, self.columns) if shape is None else shape, self.dtype)
        if name:
            self.names.add(name, array)
        return self.tape.wrap(array)

    @property
    def recording(self):
        return Recording(self.tape.operations, self.names, self.rows)


def lines(work, *, kept=("y",), in_place=(), dtype="float64", is_folded=True, rows=(4, 6)):
    """What work(bench), recorded for batches of several sizes, is written as."""
    benches = [Workbench(n, dtype) for n in rows]
    for bench in benches:
        work(bench)
    literals = Literals(np.dtype(dtype), (3,))
    statements = translate([bench.recording for bench in benches], literals)
    if is_folded:
        statements = fold(statements, kept, literals, in_place)
    return [f"{statement.target} = {statement.text}" for statement in statements]


def sigmoid(bench):
    x, y = bench.array("x"), bench.array("y")
    np.negative(x, out=y)
    np.exp(y, out=y)
    np.add(y, 1.0, out=y)
    np.reciprocal(y, out=y)


def test_each_call_is_a_statement():
    assert lines(sigmoid, is_folded=False) == [
        "y = -x",
        "y = np.exp(y)",
        "y = y + 1.0",
        "y = 1.0 / y",
    ]


def test_values_used_once_are_folded_into_one_line():
    assert lines(sigmoid) == ["y = 1.0 / (np.exp(-x) + 1.0)"]


def test_a_value_used_twice_has_a_line_of_its_own():
    def work(bench):
        x, s, y = bench.array("x"), bench.array("s"), bench.array("y")
        np.exp(x, out=s)
        np.multiply(s, s, out=y)

    assert lines(work) == ["s = np.exp(x)", "y = s * s"]


def test_a_value_is_written_before_what_it_reads_changes():
    def work(bench):
        theta, s, y = bench.array("theta"), bench.array("s"), bench.array("y")
        np.multiply(theta, 2.0, out=s)
        np.add(theta, 1.0, out=theta)
        np.multiply(theta, s, out=y)

    expected = ["s = theta * 2.0", "theta = theta + 1.0", "y = theta * s"]
    assert lines(work, in_place=("theta",)) == expected


def test_a_line_that_would_be_too_wide_is_split():
    def work(bench):
        x, y = bench.array("x"), bench.array("y")
        np.copyto(y, x)
        for _ in range(20):
            np.logaddexp(y, 0.0, out=y)

    found = lines(work)
    assert len(found) > 2
    assert max(map(len, found)) <= 76


def test_what_nobody_uses_is_left_out():
    def work(bench):
        x, s, y = bench.array("x"), bench.array("s"), bench.array("y")
        np.exp(x, out=s)
        np.tanh(x, out=y)

    assert lines(work) == ["y = np.tanh(x)"]


def test_views_are_told_by_their_memory():
    def work(bench):
        x, w = bench.array("x"), bench.array("w", (bench.rows,))
        d, y = bench.array("d", (3, 3)), bench.array("y")
        np.dot(x.T, x, out=d)
        np.multiply(x, w[:, None], out=y)

    assert lines(work, kept=("d", "y")) == ["d = np.dot(x.T, x)", "y = x * w[:, None]"]


def test_a_number_that_depends_on_the_rows_becomes_a_formula():
    def work(bench):
        x, y = bench.array("x"), bench.array("y")
        np.multiply(x, 2.0 * (1.0 / (bench.rows * 3)), out=y)

    assert lines(work, rows=(4, 6, 7, 105)) == ["y = x * (2.0 / (rows * 3))"]


def test_a_number_that_follows_no_formula_becomes_a_table():
    def work(bench):
        x, y = bench.array("x"), bench.array("y")
        np.multiply(x, {4: 0.3, 6: 0.7}[bench.rows], out=y)

    assert lines(work) == ["y = x * {4: 0.3, 6: 0.7}[rows]"]


def test_numbers_with_many_digits_are_shown_as_what_they_were_computed_from():
    def work(bench):
        x, y = bench.array("x"), bench.array("y")
        np.multiply(x, 1.0 - 0.9, out=y)
        np.multiply(y, 1.0 / (1.0 - 0.9), out=y)

    assert lines(work) == ["y = x * (1.0 - 0.9) * (1.0 / (1.0 - 0.9))"]


def test_a_comparison_is_multiplied_as_it_is():
    def work(bench):
        x, da, y = bench.array("x"), bench.array("da"), bench.array("y")
        np.greater(x, 0.0, out=y)
        np.multiply(y, da, out=y)

    assert lines(work) == ["y = (x > 0.0) * da"]


@pytest.mark.parametrize(
    ("dtype", "truth"), [("float64", "(x > 0.0)"), ("float32", "(x > 0.0).astype(np.float32)")]
)
def test_a_comparison_times_a_number_keeps_the_dtype(dtype, truth):
    def work(bench):
        x, y = bench.array("x"), bench.array("y")
        np.greater(x, 0.0, out=y)
        np.multiply(y, 0.5, out=y)

    assert lines(work, dtype=dtype) == [f"y = {truth} * 0.5"]


def test_python_does_not_compute_float32_scalars_in_float64():
    def work(bench):
        rate, scale = bench.array("rate", ()), bench.array(shape=())
        x, y = bench.array("x"), bench.array("y")
        np.multiply(rate, rate, out=scale)
        np.multiply(x, scale, out=y)

    assert lines(work, dtype="float32") == ["y = x * (np.float32(rate) * np.float32(rate))"]


def test_factors_of_one_and_what_zero_switches_off_are_left_out():
    def work(bench):
        x, s, y = bench.array("x"), bench.array("s"), bench.array("y")
        np.greater(x, 0.0, out=s)
        np.multiply(s, 0.0, out=s)
        np.add(s, 1.0, out=s)
        np.exp(x, out=y)
        np.multiply(y, s, out=y)

    assert lines(work) == ["y = np.exp(x)"]


def test_a_kernels_own_arrays_get_names_and_its_constants_are_written_out():
    def work(bench):
        x, y, own = bench.array("x"), bench.array("y"), bench.array()
        np.exp(x, out=own)
        np.dot(own, np.ones((3, 1)), out=bench.array("row", (bench.rows, 1)))
        np.multiply(own, np.array([1.0, 2.0, 4.0]), out=y)

    assert lines(work, kept=("row", "y")) == [
        "scratch = np.exp(x)",
        "row = np.dot(scratch, np.ones((3, 1)))",
        "y = scratch * np.array([1.0, 2.0, 4.0])",
    ]


def test_a_value_spread_over_a_larger_array_is_spread():
    def work(bench):
        b, y = bench.array("b", (3,)), bench.array("y")
        np.copyto(y, b)

    assert lines(work) == ["y = np.full((rows, 3), b, float)"]


def test_what_has_no_line_is_refused():
    def work(bench):
        x, y = bench.array("x"), bench.array("y")
        np.sqrt(x, out=y, where=np.ones(3, bool))

    with pytest.raises(UserError, match="sqrt"):
        lines(work)


def test_kernels_that_branch_on_the_rows_are_refused():
    def work(bench):
        (np.exp if bench.rows > 5 else np.tanh)(bench.array("x"), out=bench.array("y"))

    with pytest.raises(UserError, match="different ways"):
        lines(work)
