"""The parts of `make bench`, each run once on the smallest row."""

import dataclasses
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks import ranks
from benchmarks.speed import (
    bookkeeping,
    breakdown,
    compiling,
    configs,
    data,
    default,
    programs,
    rows,
)


def test_the_default_run_of_a_row_is_chosen_by_its_length(tmp_path):
    row = rows.ROWS["and"]
    task = programs.Task(row, data.load(row), tmp_path, 1)
    programs.PROGRAMS["nncli numpy"](task)
    job = default.built(row, tmp_path)
    since = default.compiled_from(job)
    for updates, engine in ((since - 1, "numpy"), (since, "compiled")):
        own = default.built(dataclasses.replace(row, updates=updates), tmp_path)
        assert own.training.engine == engine


def test_a_step_is_broken_down():
    found = breakdown.measure(rows.ROWS["and"], least=1e-5)
    assert found.calls["products"] == 3
    assert found.calls["update"] == 2


def test_what_is_beside_the_steps_of_a_run_is_measured():
    found = bookkeeping.measure(dataclasses.replace(rows.ROWS["and"], updates=60), 1.0, 1)
    assert (found.engine, found.epochs, found.logged) == ("numpy", 60, 61)


def test_compiling_is_timed(tmp_path):
    row = rows.ROWS["and"]
    configs.write(row, data.load(row), tmp_path)
    waits = compiling.waits(row, tmp_path)
    assert len(waits) == 2
    assert np.isfinite(waits).all()  # the second may be less than the clock's noise


def test_compiling_is_what_an_epoch_takes_beyond_the_numpy_engines(tmp_path, monkeypatch):
    seconds = iter([5.0, 1.0, 3.0, 1.5])  # numpy twice, compiled twice
    monkeypatch.setattr(compiling, "_first_epoch", lambda path, engine: next(seconds))
    assert compiling.waits(rows.ROWS["and"], tmp_path) == (2.0, 0.5)


def test_a_step_of_shards_is_timed():
    line = ranks.Line("784-8-10, 2 shards", "nncli", (8,), shards=2, processes=1)
    found = ranks.run_nncli(line, batch=8, steps=2)
    assert found is not None
    assert found.cpu > 0
    assert found.wall > 0


def test_every_epoch_of_batches_deals_each_row_once():
    row = rows.ROWS["iris"]
    dealt = data.batches(row, 2).reshape(2, -1)
    for epoch in dealt:
        np.testing.assert_array_equal(np.sort(epoch), np.arange(row.rows))
    assert (dealt[0] != dealt[1]).any()
