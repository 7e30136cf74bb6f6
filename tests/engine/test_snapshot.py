"""The moment that a run goes back to is the same in memory and on disk."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from engine_jobs import StopAfter, make_job, run_job

from nncli.data.disk import ArrayFile
from nncli.engine import state as states
from nncli.engine.state import Snapshot
from nncli.errors import Diverged
from nncli.parts.activations import Tanh
from nncli.parts.layers import Dense, Dropout
from nncli.parts.optimizers import Adam, Sgd


@pytest.fixture(params=["memory", "disk", "full disk", "no disk"])
def kept(request, monkeypatch):
    """Where snapshots lie, whatever they take."""
    monkeypatch.setattr(states, "IN_MEMORY", 1 << 30 if request.param == "memory" else 0)
    if request.param == "no disk":
        monkeypatch.setattr("nncli.data.disk._folder", lambda: Path("/nowhere"))
    if request.param == "full disk":
        original, left = os.pwrite, iter(range(5))

        def write(*arguments):
            if next(left, None) is None:
                raise OSError(errno.ENOSPC, "No space left on device")
            return original(*arguments)

        monkeypatch.setattr(os, "pwrite", write)
    return request.param


def mixed_job(**settings):
    return make_job([Dense(5, Tanh()), Dropout(0.2)], batch_size=6, **settings)


def test_a_diverged_run_is_back_at_its_last_report(kept):
    job = mixed_job(optimizer=Sgd(1e3, momentum=0.9), epochs=50)
    state = job.start()
    with pytest.raises(Diverged) as caught:
        run_job(job, state)
    error = caught.value
    assert (error.epoch, error.step, error.tensor) == (12, 48, "hidden_2/da")
    assert np.isfinite(state.theta).all()
    assert (state.epoch, state.step) == (11, 44)
    np.testing.assert_array_equal(state.weights, state.theta)


def test_a_stopped_run_has_the_weights_of_its_last_report(kept):
    job = mixed_job(optimizer=Adam(0.01), epochs=9)
    stopped = run_job(job, stop=StopAfter(26))  # in epoch 7
    assert stopped.state.step_in_epoch
    np.testing.assert_array_equal(stopped.state.weights, stopped.thetas[-1])
    assert not np.array_equal(stopped.state.theta, stopped.thetas[-1])
    run_job(job, stopped.state)
    np.testing.assert_array_equal(stopped.state.theta, run_job(job).state.theta)


def test_a_snapshot_restores_all_that_steps_change(kept):
    job = mixed_job(optimizer=Adam(0.01))
    state = job.start()
    snapshot = Snapshot(state, job.streams(state))
    for _ in range(9):  # the disk is full by then
        snapshot.take()
        before = state.theta.copy(), {n: slot.copy() for n, slot in state.slots.items()}
        draw = state.shuffle.bit_generator.state
        run_job(job, state, StopAfter(3))
        snapshot.restore()
        np.testing.assert_array_equal(state.theta, before[0])
        np.testing.assert_array_equal(snapshot.theta(), before[0])
        for name, slot in state.slots.items():
            np.testing.assert_array_equal(slot, before[1][name])
        assert state.shuffle.bit_generator.state == draw
        state.theta += 1.0


def test_only_a_large_one_lies_on_disk():
    small, large = mixed_job(), make_job([Dense(300), Dense(300)])
    for job, is_on_disk in ((small, False), (large, True)):
        state = job.start()
        assert isinstance(Snapshot(state, [])._kept, ArrayFile) == is_on_disk
