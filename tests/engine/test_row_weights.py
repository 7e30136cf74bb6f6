"""Rows that don't count alike: the loss is sum_i w_i l_i times its factor, and so its gradient."""

from dataclasses import replace

import numpy as np
import pytest
from engine_jobs import draw_rows, make_job, run_job

from nncli.engine import cost, passes
from nncli.engine.batches import Batches
from nncli.engine.evaluator import EvaluationSet, Evaluator
from nncli.engine.plan import Plan
from nncli.engine.state import stream
from nncli.engine.workspace import Workspace
from nncli.parts.activations import Identity, Sigmoid, Softmax, Softplus, Tanh
from nncli.parts.layers import Dense
from nncli.parts.losses import CrossEntropy, HalfMse, Loss, Mse, Rss
from nncli.parts.metrics import Accuracy
from nncli.parts.optimizers import Lbfgs, Sgd
from nncli.parts.regularizers import L2
from nncli.registry import members

OUTPUTS = {(0.0, np.inf): Softplus(), (0.0, 1.0): Sigmoid(), (-np.inf, np.inf): Identity()}
PAIRS = {
    **{
        name: ((cls.matched or type(OUTPUTS[cls.targets]))(), cls())
        for name, cls in members("loss").items()
        if issubclass(cls, Loss)
    },
    "softmax, mse": (Softmax(), Mse()),
    "sigmoid, cross_entropy": (Sigmoid(), CrossEntropy()),
}
every_pair = pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
every_dtype = pytest.mark.parametrize("dtype", ["float64", "float32"])


def make_weighted(weights, pair, train_rows=None, **settings):
    """A tanh layer and the pair, on rows of which so many have these weights."""
    activation, loss = pair
    dtype = settings.get("dtype", "float64")
    rows = train_rows or draw_rows(len(weights), 4, 2, loss, dtype, seed=1)
    rows = replace(rows, weights=None if weights is None else np.asarray(weights, dtype))
    return make_job([Dense(3, Tanh())], Dense(2, activation), loss, train_rows=rows, **settings)


def chosen(rows: EvaluationSet, index) -> EvaluationSet:
    """Some rows of a set, unweighted."""
    return EvaluationSet({"x": rows.x[index]}, rows.targets[index], truth=rows.truth[index])


def loss_and_gradient(job):
    """Of all rows at the job's start, before the loss's reduction."""
    train, theta = job.train, job.start().theta
    plan = Plan(
        job.network,
        theta,
        train,
        len(train),
        gather=False,
    )
    plan.record_gradient(len(train))()
    factor = job.network.loss.factor(*train.targets.shape)
    return np.array([plan.loss(len(train)), *plan.gradient]) / factor


@every_pair
def test_integer_weights_repeat_rows(pair):
    weights = np.array([1, 3, 2, 1, 5])
    weighted = make_weighted(weights, pair)
    repeated = chosen(weighted.train, np.repeat(np.arange(5), weights))
    expected = loss_and_gradient(make_weighted(None, pair, repeated))
    np.testing.assert_allclose(loss_and_gradient(weighted), expected, rtol=1e-12, atol=1e-13)


@every_pair
def test_weight_0_leaves_a_row_out(pair):
    weighted = make_weighted([1, 0, 1, 1, 0], pair)
    kept = chosen(weighted.train, [0, 2, 3])
    expected = loss_and_gradient(make_weighted(None, pair, kept))
    np.testing.assert_allclose(loss_and_gradient(weighted), expected, rtol=1e-12, atol=1e-13)


@every_pair
def test_weights_of_1_leave_the_gradient_as_it_is(pair):
    weighted, plain = (
        make_weighted(w, pair, draw_rows(5, 4, 2, pair[1], "float64", 1))
        for w in (np.ones(5), None)
    )
    found, expected = loss_and_gradient(weighted), loss_and_gradient(plain)
    np.testing.assert_array_equal(found[1:], expected[1:])
    assert found[0] == pytest.approx(expected[0], rel=1e-14)


# ---- tapes


def plan_of(job, *, gather=True):
    return Plan(
        job.network,
        job.start().theta,
        job.train,
        8,
        gather=gather,
    )


def calls(tape, apart_from=None):
    """What a tape does, with the shapes and strides of its arrays, except to the array named."""

    def touches(argument):
        return isinstance(argument, np.ndarray) and np.shares_memory(argument, apart_from)

    return [
        (
            getattr(function, "__qualname__", repr(function)),
            [(a.shape, a.strides) if isinstance(a, np.ndarray) else a for a in arguments],
        )
        for function, arguments in tape.calls
        if apart_from is None or not any(map(touches, arguments))
    ]


@every_pair
@pytest.mark.parametrize("gather", [True, False])
def test_weights_add_one_product_to_a_tape_and_one_call_that_gathers_them(pair, gather):
    drawn = draw_rows(8, 4, 2, pair[1], "float64", 1)
    plain = plan_of(make_weighted(None, pair, drawn), gather=gather).record_gradient(8)
    plan = plan_of(make_weighted(np.ones(8), pair, drawn), gather=gather)
    weighted = plan.record_gradient(8)
    assert calls(weighted, apart_from=plan.batch(8).weights) == calls(plain)
    assert len(weighted.calls) == len(plain.calls) + (2 if gather else 1)


@every_pair
@every_dtype
@pytest.mark.parametrize("rows", [8, 3], ids=["full batch", "remainder"])
def test_a_replayed_step_weighs_the_rows_it_gathers(pair, rows, dtype):
    weights = np.random.default_rng(3).uniform(0, 2, 20)
    job = make_weighted(weights, pair, dtype=dtype)
    plan = plan_of(job)
    index = plan.index[:] = np.random.default_rng(4).permutation(20)[:8]
    tape = plan.record_gradient(rows)
    plan.index[:] = index[::-1]
    tape()

    train, own, theta = job.train, index[::-1][:rows], job.start().theta
    gradient = np.zeros_like(theta)
    buffers = Workspace(job.network, rows, theta, gradient).buffers({"x": train.x[own]})
    targets = train.targets[own]
    passes.forward(job.network, buffers)
    passes.backward(job.network, buffers, targets, np.zeros_like(targets), train.weights[own])
    assert plan.gradient.dtype == dtype
    np.testing.assert_array_equal(plan.gradient, gradient)
    total = passes.data_loss(job.network, buffers[-1], targets, train.weights[own])
    factor = job.network.loss.factor(*targets.shape)
    assert plan.loss(rows) == total * factor


def test_float32_weights_give_the_float64_gradient_to_their_precision():
    weights = np.random.default_rng(3).uniform(0, 2, 20)
    wide, narrow = (
        loss_and_gradient(make_weighted(weights, (Softmax(), CrossEntropy()), dtype=dtype))
        for dtype in ("float64", "float32")
    )
    np.testing.assert_allclose(narrow, wide, rtol=1e-4, atol=1e-5)


# ---- training


def weighted_line(weights, **settings):
    """A linear regression of 20 rows."""
    rows = replace(draw_rows(20, 4, 1, HalfMse(), "float64", 1), weights=weights)
    return make_job([], Dense(1, Identity()), HalfMse(), train_rows=rows, **settings)


@pytest.mark.parametrize("batch", [20, 6], ids=["full batch", "batches of 6, 6, 6 and 2"])
def test_an_epoch_is_the_hand_written_one(batch):
    weights = np.random.default_rng(3).uniform(0, 2, 20)
    job = weighted_line(weights, batch_size=batch, epochs=1, optimizer=Sgd(0.1))
    trained = run_job(job)
    theta, x, t = trained.thetas[0].copy(), job.train.x, job.train.targets[:, 0]
    W, b = theta[:4], theta[4:]
    batches = Batches(20, batch, "shuffle", stream("shuffle", job.seeds.shuffle))
    index = np.arange(20)
    for step in range(batches.per_pass):
        own = index[: batches.draw(step, index)]
        error = weights[own] * (x[own] @ W + b - t[own])
        W -= 0.1 * x[own].T @ error / len(own)
        b -= 0.1 * error.sum() / len(own)
    np.testing.assert_allclose(trained.state.theta, theta, rtol=1e-13)


def test_lbfgs_finds_the_weighted_least_squares():
    weights = np.random.default_rng(3).uniform(0, 2, 20)
    job = weighted_line(weights, optimizer=Lbfgs(), epochs=100)
    trained = run_job(job)
    root = np.sqrt(weights)[:, None]
    columns = np.hstack([job.train.x, np.ones((20, 1))])
    expected = np.linalg.lstsq(root * columns, root * job.train.targets, rcond=None)
    np.testing.assert_allclose(trained.state.theta, expected[0][:, 0], atol=1e-6)
    assert trained.last.loss == pytest.approx(expected[1][0] / 40, rel=1e-9)
    assert trained.last.stopped == "converged"


def test_validation_rows_have_weights_of_their_own():
    job = weighted_line(np.linspace(0, 2, 20), val_rows=10, epochs=2)
    heavier = replace(job, val=replace(job.val, weights=np.full(10, 3.0)))
    plain, weighted = run_job(job), run_job(heavier)
    for one, other in zip(plain.reports, weighted.reports, strict=True):
        assert other.val_loss == pytest.approx(3 * one.val_loss, rel=1e-14)
        assert other.loss == one.loss


# ---- evaluation


@pytest.mark.parametrize("rows_at_once", [1, 7, 50])
@every_pair
def test_chunks_weigh_their_own_rows(pair, rows_at_once, monkeypatch):
    weights = np.random.default_rng(3).uniform(0, 2, 50)
    job = make_weighted(weights, pair)
    monkeypatch.setattr(cost, "CHUNK_NUMBERS", 4 * rows_at_once)  # 4: the widest layer
    theta = job.start().theta
    evaluator = Evaluator(job.network, theta, job.train, job.decode, {})
    assert evaluator.forward.workspace.rows == rows_at_once
    expected = loss_and_gradient(job)[0] * job.network.loss.factor(50, 2)
    assert evaluator.run() == pytest.approx(expected, rel=1e-12)


def test_rss_is_the_weighted_sum_with_the_penalty_unweighted():
    output = Dense(1, Identity(), kernel_regularizer=L2(0.1))
    rows = draw_rows(3, 4, 1, Rss(), "float64", 1)
    job = make_job([], output, Rss(), train_rows=replace(rows, weights=np.array([1.0, 0.0, 2.0])))
    theta = job.start().theta
    evaluator = Evaluator(job.network, theta, job.train, job.decode, {})
    loss = evaluator.run()
    first, _, third = (evaluator.outputs - rows.targets)[:, 0]
    penalty = 0.1 * np.square(theta[:4]).sum()
    assert loss == pytest.approx(first**2 + 2 * third**2 + penalty, rel=1e-14)


def test_metrics_do_not_see_the_weights():
    rows = draw_rows(30, 4, 3, CrossEntropy(), "float64", 1)
    job = make_job([], Dense(3, Softmax()), CrossEntropy(), train_rows=rows)
    weighted = replace(rows, weights=np.arange(30.0))
    plain, other = (
        Evaluator(job.network, job.start().theta, s, job.decode, {"accuracy": Accuracy()}).score()
        for s in (rows, weighted)
    )
    assert plain.metrics == other.metrics
    assert plain.loss != other.loss
