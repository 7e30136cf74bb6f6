"""lbfgs: the exact minimum of a linear regression, and a thread that never outlives the run."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from engine_jobs import make_job, run_job

from nncli.engine.evaluator import EvaluationSet
from nncli.engine.stop import Stop
from nncli.engine.trainer import train
from nncli.errors import Diverged
from nncli.parts.activations import Identity, Tanh
from nncli.parts.datasets import LinearRegression
from nncli.parts.initializers import Zeros
from nncli.parts.layers import Dense
from nncli.parts.losses import HalfMse
from nncli.parts.optimizers import Lbfgs

NARROW = (Dense(1, Identity(), kernel_initializer=Zeros()), HalfMse())


@pytest.fixture(scope="module")
def linear_job():
    """The 10,000 drawn rows whose least-squares solution is known."""
    table = LinearRegression(generator="legacy").load()
    rows = EvaluationSet({"x": table.x}, table.y, truth=table.y)
    return make_job([], *NARROW, train_rows=rows, optimizer=Lbfgs(), epochs=100)


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "lbfgs"]


def test_lbfgs_finds_the_least_squares_solution(linear_job):
    trained = run_job(linear_job)
    tensors = linear_job.network.layout.views(trained.state.theta)
    W = [[1.02692324], [-1.97789175], [3.01018098], [-3.95971598]]
    np.testing.assert_allclose(tensors["output/W"], W, rtol=0, atol=1e-7)
    np.testing.assert_allclose(tensors["output/b"], [-0.04236066], rtol=0, atol=1e-7)
    assert 10_000 * trained.last.loss == pytest.approx(4997.037586611859, rel=1e-12)


def test_lbfgs_stops_by_itself_as_converged(linear_job):
    trained = run_job(linear_job)
    assert trained.last.stopped == "converged"
    assert [report.epoch for report in trained.reports] == list(range(trained.last.epoch + 1))
    assert trained.last.epoch < 50
    assert {report.learning_rate for report in trained.reports} == {None}
    assert not threads()


def test_every_iteration_of_lbfgs_lowers_the_loss():
    trained = run_job(make_job([Dense(5, Tanh())], optimizer=Lbfgs(), epochs=30))
    assert trained.last.stopped == "epochs"
    assert np.diff([report.loss for report in trained.reports]).max() < 0


def test_lbfgs_stops_after_the_epochs_that_were_asked_for():
    trained = run_job(make_job([Dense(5, Tanh())], optimizer=Lbfgs(), epochs=3))
    assert [report.epoch for report in trained.reports] == [0, 1, 2, 3]
    assert trained.last.stopped == "epochs"
    assert not threads()


def test_a_requested_stop_leaves_the_weights_of_the_last_report():
    job, stop, reported = make_job([Dense(5, Tanh())], optimizer=Lbfgs(), epochs=30), Stop(), []
    state = job.start()
    for report in train(job, state, stop):
        reported.append(state.theta.copy())
        stop.requested = report.epoch == 3
    assert len(reported) == 4
    np.testing.assert_array_equal(state.weights, reported[-1])
    np.testing.assert_array_equal(state.theta, reported[-1])
    assert not threads()


def test_a_stop_before_the_first_iteration_leaves_the_start():
    job, stop = make_job([Dense(5, Tanh())], optimizer=Lbfgs()), Stop()
    state = job.start()
    for report in train(job, state, stop):
        assert report.epoch == 0
        stop.requested = True
    np.testing.assert_array_equal(state.theta, job.start().theta)
    assert not threads()


def test_an_abandoned_run_ends_its_thread():
    reports = train(make_job([Dense(5, Tanh())], optimizer=Lbfgs(), epochs=30))
    for _ in range(3):
        next(reports)
    assert threads()
    reports.close()
    assert not threads()


def test_lbfgs_at_the_minimum_converges_at_once():
    zero = np.zeros((4, 1))
    job = make_job(
        [],
        *NARROW,
        inputs=1,
        train_rows=EvaluationSet({"x": zero}, zero, truth=zero),
        optimizer=Lbfgs(),
    )
    trained = run_job(job)
    assert (trained.last.epoch, trained.last.stopped) == (1, "converged")
    np.testing.assert_array_equal(trained.state.theta, job.start().theta)


def test_lbfgs_without_a_finite_loss_has_diverged():
    rows = EvaluationSet({"x": np.full((4, 1), np.nan)}, np.zeros((4, 1)), truth=np.zeros((4, 1)))
    with pytest.raises(Diverged):
        run_job(make_job([], *NARROW, inputs=1, train_rows=rows, optimizer=Lbfgs()))
    assert not threads()


def test_the_minimum_is_the_best_epoch_also_between_two_that_are_logged(linear_job):
    seldom = replace(linear_job, log_every=1000)
    trained = run_job(seldom)
    last = trained.reports[-1]
    assert (last.stopped, last.is_best) == ("converged", True)
    assert trained.state.best.epoch == last.epoch
