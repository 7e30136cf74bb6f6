"""A run that is stopped and taken up again ends as if it had never stopped."""

from pathlib import Path

import numpy as np
import pytest
from engine_jobs import StopAfter, make_job, run_job

from nncli.artifacts.tensors import decode_state, encode_state
from nncli.engine.training_settings import EarlyStopping
from nncli.parts.activations import Softmax
from nncli.parts.layers import BatchNorm, Dense, Dropout
from nncli.parts.losses import CrossEntropy
from nncli.parts.optimizers import Adam, Sgd
from nncli.parts.schedules import Cosine, ReduceOnPlateau

MOMENTUM = {"optimizer": Sgd(0.1, momentum=0.9, nesterov=True)}
ADAM = {"optimizer": Adam(0.01)}
JOBS = {  # 20 rows by 6: 4 steps an epoch, the last of 2 rows
    "momentum": MOMENTUM,
    "adam": ADAM,
    "without replacement": {**ADAM, "sampling": "without_replacement"},
    "with replacement": {**ADAM, "sampling": "with_replacement"},
    "epochs longer than a pass": {**MOMENTUM, "steps_per_epoch": 7},
    "all rows in place": {**ADAM, "batch_size": "full", "steps_per_epoch": 3},
    "schedule by steps": {**ADAM, "schedule": Cosine(interval="step", warmup=5)},
    "plateau": {**ADAM, "schedule": ReduceOnPlateau("loss", patience=1, min_delta=1.0)},
    "early stopping": {
        **ADAM,
        "val_rows": 8,
        "early_stopping": EarlyStopping("val_loss", patience=2),
    },
    "float32": {**ADAM, "dtype": "float32"},
    "logged seldom": {**ADAM, "log_every": 2},
}


def same_state(state, job):
    return state


def saved_state(state, job):
    """The state by way of a checkpoint's bytes."""
    fresh = job.start()
    decode_state(b"".join(encode_state(state)), fresh, Path("last.safetensors"))
    return fresh


@pytest.fixture
def job_of():
    """The job of a name, with dropout and batch_norm."""

    def make(name):
        hidden = [Dense(6), BatchNorm(), Dropout(0.3)]
        settings = {"batch_size": 6, "epochs": 6, **JOBS[name]}
        return make_job(hidden, Dense(3, Softmax()), CrossEntropy(), **settings)

    return make


@pytest.mark.parametrize("steps", [1, 4, 6, 11])
@pytest.mark.parametrize("hand_over", [same_state, saved_state])
@pytest.mark.parametrize("name", JOBS)
def test_a_resumed_run_is_the_uninterrupted_one(job_of, name, hand_over, steps):
    job = job_of(name)
    whole = run_job(job)
    first = run_job(job, stop=StopAfter(steps))
    assert first.state.step == steps
    second = run_job(job, hand_over(first.state, job))
    np.testing.assert_array_equal(second.state.theta, whole.state.theta)
    np.testing.assert_array_equal(second.state.weights, whole.state.weights)
    for slot, expected in whole.state.slots.items():
        np.testing.assert_array_equal(second.state.slots[slot], expected)
    assert rows(first) + rows(second) == rows(whole)


def rows(trained):
    """Every report, without its clock."""
    return [{**report.columns(), "seconds": 0.0} for report in trained.reports]


def test_a_run_can_be_stopped_again_and_again(job_of):
    job = job_of("adam")
    state = job.start()
    for _ in range(8):
        run_job(job, state, StopAfter(3))
    assert (state.epoch, state.step) == (6, 24)
    np.testing.assert_array_equal(state.theta, run_job(job).state.theta)


def test_a_stop_in_an_epoch_s_middle_leaves_the_weights_of_the_last_report(job_of):
    stopped = run_job(job_of("adam"), stop=StopAfter(6))  # epoch 1 ends after step 4
    assert (stopped.state.epoch, stopped.state.step_in_epoch) == (1, 2)
    assert stopped.last.epoch == 1
    np.testing.assert_array_equal(stopped.state.weights, stopped.thetas[-1])
    assert not np.array_equal(stopped.state.theta, stopped.thetas[-1])


def test_a_resumed_run_stopped_before_its_first_report_keeps_the_reported_weights(job_of):
    job = job_of("adam")
    first = run_job(job, stop=StopAfter(6))
    second = run_job(job, saved_state(first.state, job), StopAfter(1))
    assert not second.reports
    np.testing.assert_array_equal(second.state.weights, first.thetas[-1])
