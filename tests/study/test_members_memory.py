"""Memory: a worker holds one member's rows at a time, and a study that is over none."""

import gc
import tracemalloc

import numpy as np
import pytest
from memory import kept_by

from nncli import study
from nncli.assembly import model
from nncli.engine.steppers import choice
from nncli.study import worker

ROWS, COLUMNS, MEMBERS = 8000, 8, 3
ALLOWED = 3 * ROWS * COLUMNS  # bytes; a member's inputs have 5 a number and more
LINES = (
    "data: {path: t.csv, target: y, split: {type: random, train: 0.7, val: 0.15, test: 0.15},",
    "  preprocessing: {numeric: {encode: piecewise_linear}}}",
    "network: {hidden: [4]}",
    "training: {epochs: 2, batch_size: 256, dtype: float32}",
    f"ensemble: {{members: {MEMBERS}}}",
    "output: {plots: []}",
)


def _write(folder, *lines):
    x = np.random.default_rng(0).normal(size=(ROWS, COLUMNS)).round(4)
    table = np.column_stack([x, x.sum(axis=1) > 0])
    header = ",".join([*(f"x{column}" for column in range(COLUMNS)), "y"])
    np.savetxt(folder / "t.csv", table, "%g", ",", header=header, comments="")
    (folder / "t.yaml").write_text("\n".join(lines))


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("is_compact", [True, False], ids=["compact", "array"])
def test_a_member_leaves_nothing_to_the_next(tmp_path, monkeypatch, engine, is_compact):
    """The garbage collector is off: it comes by for many objects, not for large ones."""
    if engine == "compiled":
        pytest.importorskip("llvmlite")
    monkeypatch.setattr(choice, "pays", lambda job: engine == "compiled")
    monkeypatch.setattr(model, "MIN_COMPACT_BYTES", 0 if is_compact else 1 << 40)
    _write(tmp_path, *LINES)
    result, kept = worker._Run.result, []

    def noted(*arguments):
        found = result(*arguments)
        kept.append(tracemalloc.get_traced_memory()[0])
        return found

    monkeypatch.setattr(worker._Run, "result", noted)
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        study.run(tmp_path / "t.yaml", runs_dir=tmp_path, workers=1)
    finally:
        tracemalloc.stop()
        gc.enable()
    assert len(kept) == MEMBERS
    assert max(np.diff(kept)) < ALLOWED


@pytest.mark.parametrize(
    ("optimizer", "state"),
    [("adam", "completed"), ("{type: sgd, learning_rate: 1e38}", "diverged")],
)
def test_a_study_leaves_no_table_behind(tmp_path, optimizer, state):
    *lines, _, plots = LINES
    _write(tmp_path, *lines, f"optimizer: {optimizer}", plots)

    def once():
        found = study.run(tmp_path / "t.yaml", seeds=2, runs_dir=tmp_path)
        assert [row["state"] for row in found.trials] == [state] * 2

    assert kept_by(once, 1) < 8 * ROWS * COLUMNS
