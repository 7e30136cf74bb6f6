"""What a run reports, and what its steps do to the parameters."""

from dataclasses import replace

import numpy as np
import pytest
from engine_jobs import make_job, run_job

from nncli.engine.job import Seeds
from nncli.parts.activations import Identity, Softmax, Tanh
from nncli.parts.initializers import Ones
from nncli.parts.layers import BatchNorm, Dense, Dropout
from nncli.parts.losses import CrossEntropy, HalfMse
from nncli.parts.metrics import Accuracy
from nncli.parts.optimizers import Adam, Sgd
from nncli.parts.regularizers import L1L2

CLASSIFIER = (Dense(3, Softmax()), CrossEntropy())
SEEDS = Seeds(split=1, init=2, shuffle=3, dropout=4)


def make_random_job(**settings):
    """A job that draws from every stream."""
    hidden = [Dense(6), Dropout(0.3)]
    return make_job(hidden, *CLASSIFIER, batch_size=6, optimizer=Adam(0.01), **settings)


# ---- seeds


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_same_seed_gives_identical_parameters(dtype):
    first, second = (run_job(make_random_job(dtype=dtype)) for _ in range(2))
    np.testing.assert_array_equal(first.thetas, second.thetas)
    assert [report.loss for report in first.reports] == [report.loss for report in second.reports]


@pytest.mark.parametrize("name", ["init", "shuffle", "dropout"])
def test_each_seed_changes_the_parameters(name):
    one, other = (make_random_job(seeds=replace(SEEDS, **seed)) for seed in ({}, {name: 99}))
    assert not np.array_equal(run_job(one).state.theta, run_job(other).state.theta)


def test_the_streams_are_independent():
    def streams(**changed):
        trained = run_job(make_random_job(seeds=replace(SEEDS, **changed)))
        next_draws = trained.state.shuffle.random(), trained.state.dropout.random()
        return trained.thetas[0].tolist(), *next_draws

    start, shuffle, dropout = streams()
    assert streams(shuffle=99)[::2] == (start, dropout)
    assert streams(dropout=99)[:2] == (start, shuffle)
    assert streams(init=99)[1:] == (shuffle, dropout)


# ---- reports


def test_epoch_0_is_reported_before_any_step():
    job = make_job(epochs=3)
    trained = run_job(job)
    assert [report.epoch for report in trained.reports] == [0, 1, 2, 3]
    np.testing.assert_array_equal(trained.thetas[0], job.start().theta)
    assert [report.stopped for report in trained.reports] == [None, None, None, "epochs"]


def test_the_last_epoch_is_reported_whatever_log_every_is():
    trained = run_job(make_job(epochs=7, log_every=3))
    assert [report.epoch for report in trained.reports] == [0, 3, 6, 7]
    assert all(report.is_logged for report in trained.reports)


def test_log_every_leaves_the_parameters_as_they_are():
    every, third = run_job(make_job(epochs=7)), run_job(make_job(epochs=7, log_every=3))
    np.testing.assert_array_equal(third.state.theta, every.state.theta)


def objective(job, theta, rows):
    """tanh layer, softmax, mean cross-entropy and penalty, in plain NumPy."""
    t = job.network.layout.views(theta)
    z = np.tanh(rows.x @ t["hidden_1/W"] + t["hidden_1/b"]) @ t["output/W"] + t["output/b"]
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    cross_entropy = -np.log(p[np.arange(len(rows)), rows.truth]).mean()
    W = t["hidden_1/W"]
    return cross_entropy + 0.1 * np.abs(W).sum() + 0.2 * np.square(W).sum(), p.argmax(axis=1)


def test_loss_is_the_objective_at_the_epoch_s_final_weights():
    hidden = [Dense(5, Tanh(), kernel_regularizer=L1L2(l1=0.1, l2=0.2))]
    metrics = {"accuracy": Accuracy()}
    job = make_job(hidden, *CLASSIFIER, batch_size=6, val_rows=10, metrics=metrics)
    trained = run_job(job)
    for report, theta in zip(trained.reports, trained.thetas, strict=True):
        for rows, loss, accuracy in (
            (job.train, report.loss, report.metrics["accuracy"]),
            (job.val, report.val_loss, report.metrics["val_accuracy"]),
        ):
            value, predicted = objective(job, theta, rows)
            assert loss == pytest.approx(value, rel=1e-12)
            assert accuracy == (predicted == rows.truth).mean()


def test_validation_rows_do_not_train():
    with_val, without = run_job(make_job(val_rows=10)), run_job(make_job())
    np.testing.assert_array_equal(with_val.state.theta, without.state.theta)


# ---- steps


def test_a_step_of_gradient_descent_is_the_hand_written_one():
    job = make_job([Dense(5, Tanh())], *CLASSIFIER, epochs=1, optimizer=Sgd(0.5))
    trained = run_job(job)
    before, after = map(job.network.layout.views, trained.thetas)
    x, n = job.train.x, len(job.train)
    a = np.tanh(x @ before["hidden_1/W"] + before["hidden_1/b"])
    z = a @ before["output/W"] + before["output/b"]
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    dz = (p - job.train.targets) / n
    dz_1 = (dz @ before["output/W"].T) * (1.0 - a**2)
    gradients = {
        "hidden_1/W": x.T @ dz_1,
        "hidden_1/b": dz_1.sum(axis=0),
        "output/W": a.T @ dz,
        "output/b": dz.sum(axis=0),
    }
    for name, gradient in gradients.items():
        np.testing.assert_allclose(after[name], before[name] - 0.5 * gradient, atol=1e-15)


def test_the_loss_falls():
    losses = [report.loss for report in run_job(make_job([Dense(8)], epochs=50)).reports]
    assert losses[-1] < 0.5 * losses[0]


def test_frozen_layers_stay_where_they_are():
    hidden = [Dense(5), Dense(4, trainable=False), BatchNorm(trainable=False)]
    job = make_job(hidden, optimizer=Adam(0.1))
    trained = run_job(job)
    start, end = map(job.network.layout.views, (trained.thetas[0], trained.thetas[-1]))
    frozen = {name for name in start if name.startswith(("hidden_2", "hidden_3"))}
    for name in start:
        assert np.array_equal(start[name], end[name]) == (name in frozen)


def test_clip_grad_norm_limits_the_length_of_an_update():
    free = run_job(make_job(epochs=1, optimizer=Sgd(1.0)))
    clipped = run_job(make_job(epochs=1, optimizer=Sgd(1.0), clip_grad_norm=0.01))
    long, short = (np.subtract(*trained.thetas) for trained in (free, clipped))
    length = np.linalg.norm(long)
    assert length > 0.01
    np.testing.assert_allclose(short, long * 0.01 / length, rtol=1e-12)


def test_clip_grad_norm_leaves_a_shorter_gradient_as_it_is():
    free, clipped = run_job(make_job()), run_job(make_job(clip_grad_norm=1e6))
    np.testing.assert_array_equal(clipped.state.theta, free.state.theta)


def test_dropout_is_off_in_evaluation():
    dense = [Dense(5, Tanh())]
    plain = make_job(dense, *CLASSIFIER)
    trained = run_job(make_job([*dense, Dropout(0.5)], *CLASSIFIER, epochs=3))
    for report, theta in zip(trained.reports, trained.thetas, strict=True):
        assert report.loss == run_job(replace(plain), start_at(plain, theta)).reports[0].loss


def start_at(job, theta):
    """A starting state with this theta."""
    state = job.start()
    state.theta[:] = theta
    return state


def test_dropout_is_on_in_training():
    with_it, without = run_job(make_job([Dense(5), Dropout(0.5)])), run_job(make_job([Dense(5)]))
    assert not np.array_equal(with_it.thetas[1], without.thetas[1])


def test_batch_norm_moves_its_running_statistics_towards_the_batch():
    job = make_job([BatchNorm(momentum=0.9)], epochs=2)
    trained = run_job(job)
    mean, variance = job.train.x.mean(axis=0), job.train.x.var(axis=0)
    state = job.network.layout.views(trained.state.theta)
    # from 0 and 1, twice: 0.9 * 0.9 = 0.81 of the start is left, 0.19 is the batch's
    np.testing.assert_allclose(state["hidden_1/moving_mean"], 0.19 * mean, rtol=1e-12)
    np.testing.assert_allclose(
        state["hidden_1/moving_variance"], 0.81 + 0.19 * variance, rtol=1e-12
    )


def test_batch_norm_is_evaluated_with_its_running_statistics():
    output = Dense(1, Identity(), kernel_initializer=Ones())
    job = make_job([BatchNorm(epsilon=1e-5)], output, HalfMse())
    x, t = job.train.x, job.train.targets  # running mean 0 and variance 1 at the start
    a = x.sum(axis=1, keepdims=True) / np.sqrt(1.0 + 1e-5)
    assert run_job(job).reports[0].loss == pytest.approx(0.5 * np.square(a - t).mean(), rel=1e-12)


def test_float32_stays_float32():
    trained = run_job(make_job([Dense(5)], dtype="float32", optimizer=Adam(0.01)))
    assert trained.state.theta.dtype == np.float32
    assert {slot.dtype.name for slot in trained.state.slots.values()} == {"float32"}
