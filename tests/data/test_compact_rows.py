"""Compact rows: the same bits as if every input were written out, in a part of the memory."""

import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

import nncli.assembly.model as assembly
from nncli.assembly.build import build
from nncli.config.load import load
from nncli.data.compact_rows import CompactRows
from nncli.engine.trainer import train

NUMERIC = {
    "bins": "{encode: piecewise_linear, bins: 8, missing_indicator: true}",
    "bins and value": "{encode: piecewise_linear, bins: 8, with_value: true}",
    "plain": "{missing_indicator: true}",
}
CONFIG = """\
data:
  path: t.csv
  target: y
  preprocessing: {{numeric: {numeric}, categorical: {{impute: category}}}}
network: {{hidden: [6]}}
training: {{epochs: 3, batch_size: 32, dtype: {dtype}, engine: {engine}}}
output: {{plots: []}}
"""


@pytest.fixture
def built(folder, monkeypatch):
    """Builds a config with inputs of any size kept compact, or none."""
    random = np.random.default_rng(0)
    rows = []
    for _ in range(300):
        a, b = random.normal(), random.integers(5) / 2
        cell = "" if random.random() < 0.1 else f"{a:.3f}"
        colour = random.choice(["red", "green", "blue", ""])
        rows.append(f"{cell},{b},{colour},2026-0{random.integers(1, 9)}-11,{a + b:.3f}")
    (folder / "t.csv").write_text("\n".join(["a,b,colour,day,y", *rows]) + "\n")

    def build_it(numeric, *, is_compact, dtype="float32", engine="numpy"):
        monkeypatch.setattr(assembly, "MIN_COMPACT_BYTES", 0 if is_compact else 1 << 40)
        monkeypatch.setattr(assembly, "MIN_COMPACT_RATIO", 0)
        path = folder / "t.yaml"
        path.write_text(CONFIG.format(numeric=NUMERIC[numeric], dtype=dtype, engine=engine))
        return build(*load(path, []))

    return build_it


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("numeric", NUMERIC)
def test_rows_are_those_that_are_written_out(built, numeric, dtype):
    whole = built(numeric, is_compact=False, dtype=dtype).job.train.x
    compact = built(numeric, is_compact=True, dtype=dtype).job.train.x
    assert isinstance(compact, CompactRows)
    assert (compact.shape, compact.dtype) == (whole.shape, whole.dtype)
    assert np.array_equal(compact[:], whole)
    assert np.array_equal(compact[17:40], whole[17:40])
    index = np.array([5, 0, 209, 5])
    out = np.full((4, whole.shape[1]), 7, whole.dtype)
    compact.take(index, 0, out, "clip")
    assert np.array_equal(out, whole[index])


def test_they_take_a_part_of_the_memory(built):
    compact = built("bins", is_compact=True).job.train.x
    whole = built("bins", is_compact=False).job.train.x
    kept = (compact.positions, compact.active, compact.plain)
    assert sum(array.nbytes for array in kept) < 0.6 * whole.nbytes


def test_they_take_no_matrix_over_the_categories():
    column = SimpleNamespace(kind="categorical", encoding=None, inputs=range(5000))
    tracemalloc.start()
    try:
        CompactRows([column], 10, "float32")
        assert tracemalloc.get_traced_memory()[1] < 1 << 21  # 5000 * 5000 * 4 would be 95 MB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("numeric", ["bins", "bins and value"])
def test_training_on_them_gives_the_same_bits(built, numeric):
    thetas = []
    for is_compact in (False, True):
        job = built(numeric, is_compact=is_compact).job
        state = job.start()
        losses = [report.loss for report in train(job, state)]
        thetas.append((state.theta, losses))
    assert np.array_equal(thetas[0][0], thetas[1][0])
    assert thetas[0][1] == thetas[1][1]


def test_numpy_makes_the_steps_and_nobody_is_warned(built):
    found = built("bins", is_compact=True, engine="auto")
    assert found.experiment.training.engine == "numpy"
    assert not any("engine" in warning for warning in found.warnings)


def test_compiled_engine_has_them_too(built):
    """A run that is read has the engine that `auto` chose, and needs no more memory than then."""
    pytest.importorskip("llvmlite")
    ended = []
    for is_compact in (False, True):
        job = built("bins", is_compact=is_compact, engine="compiled").job
        assert isinstance(job.train.x, CompactRows) == is_compact
        assert job.training.engine == "compiled"
        state = job.start()
        for _ in train(job, state):
            pass
        ended.append(state.theta)
    assert np.array_equal(*ended)
