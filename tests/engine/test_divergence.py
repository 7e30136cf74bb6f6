"""A run that leaves the finite numbers says where, and goes back to the last finite moment."""

import numpy as np
import pytest
from engine_jobs import StopAfter, make_job, run_job

from nncli.engine.evaluator import EvaluationSet
from nncli.errors import Diverged
from nncli.parts.activations import Identity, Tanh
from nncli.parts.initializers import Ones
from nncli.parts.layers import BatchNorm, Dense, Dropout
from nncli.parts.losses import HalfMse, Rss
from nncli.parts.optimizers import Adam, Sgd

ONE_ROW = EvaluationSet({"x": np.ones((1, 1))}, np.ones((1, 1)), truth=np.ones((1, 1)))
LINE = ([], Dense(1, Identity(), bias=False), Rss())


@pytest.fixture
def diverge():
    """diverge(job): the error, and the state it leaves."""

    def run(job):
        state = job.start()
        with pytest.raises(Diverged) as caught:
            run_job(job, state)
        return caught.value, state

    return run


def make_line(**settings):
    """w x = t with x = t = 1, whose error e = w - 1 becomes e (1 - 2 lr), about -2e50 e.

    Up to signs, after k steps e is (2e50)^k = 2^k 1e(50 k), and step k + 1 subtracts lr times the
    gradient 2 e, that is 2^(k + 1) 1e(50 k + 50): too much for float64 (1.8e308) from k = 6 on.
    """
    return make_job(*LINE, inputs=1, train_rows=ONE_ROW, optimizer=Sgd(1e50), **settings)


def test_a_huge_learning_rate_is_found_in_the_loss_first(diverge):
    # (2e50)^3 = 8e150 has a finite square, (2e50)^4 = 1.6e201 has not
    error, _ = diverge(make_line(epochs=20))
    assert (error.epoch, error.step, error.tensor) == (4, 4, "loss")


@pytest.mark.parametrize(
    ("settings", "epoch"),
    [
        ({"steps_per_epoch": 10, "epochs": 2}, 1),
        ({"log_every": 10, "epochs": 20}, 7),
        ({"steps_per_epoch": 4, "log_every": 5, "epochs": 20}, 2),
    ],
    ids=["within an epoch", "between two reports", "within an epoch between two reports"],
)
def test_the_step_and_the_tensor_that_went_first_are_named(diverge, settings, epoch):
    error, _ = diverge(make_line(**settings))
    assert (error.epoch, error.step, error.tensor) == (epoch, 7, "output/W")
    assert f"epoch {epoch} at step 7: output/W is not finite" in str(error)


def test_the_state_is_the_last_reported_one(diverge):
    error, state = diverge(make_line(epochs=20))
    reached = run_job(make_line(epochs=3))
    assert (state.epoch, state.step, state.step_in_epoch) == (3, 3, 0)
    np.testing.assert_array_equal(state.theta, reached.state.theta)
    np.testing.assert_array_equal(state.weights, reached.state.theta)
    assert error.exit_code == 5


def test_slots_and_streams_go_back_too(diverge):
    def job(epochs):
        hidden = [Dense(5), BatchNorm(), Dropout(0.5)]
        optimizer = Sgd(1e30, momentum=0.9)
        return make_job(hidden, optimizer=optimizer, batch_size=6, epochs=epochs)

    error, state = diverge(job(epochs=50))
    before = run_job(job(epochs=error.epoch - 1)).state
    np.testing.assert_array_equal(state.theta, before.theta)
    np.testing.assert_array_equal(state.slots["velocity"], before.slots["velocity"])
    assert state.shuffle.bit_generator.state == before.shuffle.bit_generator.state
    assert state.dropout.bit_generator.state == before.dropout.bit_generator.state


@pytest.mark.parametrize("steps", [1, 3, 5])
def test_a_resumed_run_diverges_where_the_uninterrupted_one_does(diverge, steps):
    def job():
        optimizer = Sgd(1e10, momentum=0.9)
        return make_job([Dense(5), Dropout(0.5)], optimizer=optimizer, batch_size=6, log_every=9)

    expected, _ = diverge(job())
    assert expected.step > steps
    state = job().start()
    run_job(job(), state, StopAfter(steps))
    with pytest.raises(Diverged) as caught:
        run_job(job(), state)
    assert str(caught.value) == str(expected)


@pytest.mark.parametrize("batch_size", ["full", 4], ids=["in place", "gathered"])
def test_infinity_in_the_data_is_named_where_it_enters(diverge, batch_size):
    # tanh(inf) = 1, so the loss is finite at first, but the gradient inf * 0 isn't
    x = np.ones((8, 1))
    x[5] = np.inf
    rows = EvaluationSet({"x": x}, np.ones((8, 1)), truth=np.ones((8, 1)))
    hidden = [Dense(2, Tanh(), kernel_initializer=Ones())]
    job = make_job(hidden, inputs=1, train_rows=rows, batch_size=batch_size)
    error, state = diverge(job)
    assert (error.epoch, error.tensor) == (1, "input")
    np.testing.assert_array_equal(state.theta, job.start().theta)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("where", ["x", "targets"])
def test_data_without_a_finite_loss_diverges_before_the_first_step(diverge, where, value):
    rows = EvaluationSet({"x": np.ones((8, 1))}, np.ones((8, 1)), truth=np.ones((8, 1)))
    getattr(rows, where)[3] = value
    job = make_job([], Dense(1, Identity()), HalfMse(), inputs=1, train_rows=rows)
    error, state = diverge(job)
    assert (error.epoch, error.step, error.tensor) == (0, 0, "loss")
    np.testing.assert_array_equal(state.theta, job.start().theta)


def test_a_diverged_state_can_be_trained_on_at_a_smaller_rate(diverge):
    _, state = diverge(make_job([Dense(5)], epochs=50, optimizer=Adam(1e200)))
    start = state.theta.copy()
    again = run_job(make_job([Dense(5)], epochs=50, optimizer=Adam(0.01)), state)
    assert np.isfinite(again.state.theta).all()
    assert not np.array_equal(again.state.theta, start)


def test_large_but_finite_parameters_do_not_count_as_divergence():
    # the sum of their squares overflows, they themselves don't
    rows = EvaluationSet({"x": np.zeros((4, 1))}, np.zeros((4, 1)), truth=np.zeros((4, 1)))
    job = make_job(*LINE, inputs=1, train_rows=rows)
    state = job.start()
    state.theta[:] = 1e200
    assert run_job(job, state).last.stopped == "epochs"
