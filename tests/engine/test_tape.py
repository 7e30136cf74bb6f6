"""A recorded tape computes what the layers compute one after the other, bit for bit."""

import numpy as np
import pytest
from engine_jobs import make_job
from numpy.lib.stride_tricks import sliding_window_view

from nncli.engine import passes
from nncli.engine.plan import Plan
from nncli.engine.steppers.peephole import Peephole
from nncli.engine.tape import Tape
from nncli.engine.workspace import Workspace
from nncli.errors import NncliError
from nncli.parts.activations import (
    Elu,
    Gelu,
    Identity,
    LeakyRelu,
    Relu,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Tanh,
)
from nncli.parts.layers import ActivationLayer, BatchNorm, Dense, Dropout, Trained
from nncli.parts.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    HalfMse,
    HalfSse,
    Hinge,
    Huber,
    Mae,
    Mse,
    MulticlassHinge,
    Poisson,
    Rss,
)
from nncli.parts.regularizers import L1, L1L2, L2

HIDDEN = {
    "none": [],
    **{
        activation.name: [Dense(5, activation())]
        for activation in (Relu, LeakyRelu, Elu, Softplus, Sigmoid, Tanh, Silu, Gelu, Softmax)
    },
    "no bias": [Dense(5, bias=False)],
    "frozen first": [Dense(5, trainable=False), Dense(3)],
    "frozen in the middle": [Dense(5), Dense(4, trainable=False), Dense(3)],
    "frozen tensors": [Dense(5, trainable=Trained(W=False)), Dense(4, trainable=Trained(b=False))],
    "penalties": [Dense(5, kernel_regularizer=L2(0.1)), Dense(4, kernel_regularizer=L1(0.1))],
    "dropout": [Dropout(0.2), Dense(5), Dropout(0.5)],
    "batch_norm": [BatchNorm(), Dense(5, Identity()), BatchNorm(), ActivationLayer(Tanh())],
    "frozen batch_norm": [Dense(5), BatchNorm(trainable=False)],
}
PAIRS = {
    "identity, rss": (Identity(), Rss()),
    "identity, half_mse": (Identity(), HalfMse()),
    "identity, hinge": (Identity(), Hinge()),
    "identity, multiclass_hinge": (Identity(), MulticlassHinge()),
    "identity, half_sse": (Identity(), HalfSse()),
    "identity, mae": (Identity(), Mae()),
    "identity, huber": (Identity(), Huber(0.5)),
    "softplus, poisson": (Softplus(), Poisson()),
    "sigmoid, binary_cross_entropy": (Sigmoid(), BinaryCrossEntropy()),
    "sigmoid, mse": (Sigmoid(), Mse()),
    "softmax, cross_entropy": (Softmax(), CrossEntropy()),
    "softmax, mse": (Softmax(), Mse()),
}


def compute_directly(job, theta, rows):
    """Outputs and gradient of the first rows, layer by layer on plain arrays."""
    network, x, targets = job.network, job.train.x[:rows], job.train.targets[:rows]
    gradient = np.zeros_like(theta[: network.layout.trainable])
    workspace = Workspace(network, rows, theta, gradient, np.random.default_rng(5))
    buffers = workspace.buffers({"x": x})
    passes.forward(network, buffers)
    passes.backward(network, buffers, targets, np.zeros_like(targets))
    passes.penalty_backward(network, buffers)
    return buffers[-1].y, gradient


def replay(job, theta, rows, *, gather, rewrite):
    """The same by a tape, of a plan whose batches have up to 8 rows."""
    plan = Plan(
        job.network,
        theta,
        job.train,
        8,
        gather=gather,
        random=np.random.default_rng(5),
    )
    plan.index[:] = range(8)
    rewrite(plan.record_gradient(rows))()
    return plan.buffers(rows)[-1].y, plan.gradient


def as_recorded(tape):
    return tape


def assert_replay_is_exact(job, rows, *, gather=True):
    """As recorded, and as training replays it."""
    direct_theta = job.start().theta
    direct = (*compute_directly(job, direct_theta, rows), direct_theta)
    assert np.any(direct[1])
    for rewrite in (as_recorded, Peephole().optimized):
        theta = job.start().theta
        replayed = (*replay(job, theta, rows, gather=gather, rewrite=rewrite), theta)
        for expected, found in zip(direct, replayed, strict=True):
            assert expected.dtype == found.dtype == job.training.dtype
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("rows", [8, 3], ids=["full batch", "remainder"])
@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN)
def test_a_replayed_layer_is_the_direct_one(hidden, rows, dtype):
    job = make_job(hidden, Dense(3, Softmax()), CrossEntropy(), dtype=dtype)
    assert_replay_is_exact(job, rows)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("rows", [8, 1], ids=["full batch", "one row"])
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_a_replayed_loss_is_the_direct_one(pair, rows, dtype):
    activation, loss = pair
    output = Dense(2, activation, kernel_regularizer=L1L2(0.1, 0.2))
    assert_replay_is_exact(make_job([Dense(4)], output, loss, dtype=dtype), rows)


def test_a_replay_on_rows_in_place_is_the_direct_one():
    assert_replay_is_exact(make_job([Dense(5)], rows=8), 8, gather=False)


def test_a_replay_reads_the_rows_and_the_theta_of_its_moment():
    job = make_job([Dense(5, Tanh())])
    theta = job.start().theta
    plan = Plan(job.network, theta, job.train, 4, gather=True)
    tape = plan.record_gradient(4)
    tape()
    theta *= 2.0
    plan.index[:] = [9, 7, 5, 3]
    tape()
    workspace = Workspace(job.network, 4, theta)
    buffers = workspace.buffers({"x": job.train.x[[9, 7, 5, 3]]})
    passes.forward(job.network, buffers)
    np.testing.assert_array_equal(plan.buffers(4)[-1].y, buffers[-1].y)


@pytest.mark.parametrize(
    "kernel",
    [
        lambda x: np.modf(x, out=(x, x)),
        lambda x: float(x[0]),
        lambda x: x.item(0),
        lambda x: x.argmax(),
        lambda x: x.tolist(),
        lambda x: bool(x[0]),
        lambda x: x.searchsorted(0.5),
        lambda x: x[[2, 0]],
        lambda x: x[np.ones(3, bool)],
        lambda x: x[::2].ravel(),
        lambda x: np.broadcast_to(x, (2, 3)).reshape(-1),
        lambda x: np.reshape(x[::2], (1, 2), order="F", copy=True),
        lambda x: np.take(x, np.arange(3), axis=0, out=x, mode="wrap"),
        lambda x: np.take(x, [0, 1, 2], axis=0, out=x),
        lambda x: np.add.at(x, np.ones(3, bool), 1.0),
        lambda x: np.add.at(x, (np.arange(3),), 1.0),
        lambda x: np.add(x, 1.0, out=np.broadcast_to(x, (2, 3))),
        lambda x: np.negative(sliding_window_view(x, 2), out=sliding_window_view(x, 2)),
        lambda x: np.copyto(sliding_window_view(x, 2, writeable=True), 1.0),
    ],
)
def test_what_a_replay_would_leave_out_or_make_otherwise_is_refused(kernel):
    tape = Tape()
    with pytest.raises(NncliError, match="can't be recorded"):
        kernel(tape.wrap(np.ones(3)))


@pytest.mark.parametrize("key", [[], np.zeros(3, bool), slice(0, 0)], ids=["list", "mask", "slice"])
def test_a_view_of_nothing_is_no_copy_to_refuse(key):
    tape = Tape()
    assert tape.wrap(np.ones(3))[key].shape == (0,)


def test_recording_computes_nothing():
    tape, out = Tape(), np.zeros(3)
    np.add(tape.wrap(np.ones(3)), 1.0, out=tape.wrap(out))
    assert out.tolist() == [0.0, 0.0, 0.0]
    tape()
    assert out.tolist() == [2.0, 2.0, 2.0]


def no_out(z, a):
    np.copyto(a, np.tanh(z))


def operator(z, a):
    np.multiply(z, z > 0.0, out=a)


def product_without_out(z, a):
    np.copyto(a, np.dot(z, np.ones((3, 3))))


def unrecordable_function(z, a):
    np.clip(z, 0.0, 1.0, out=a)


def reduction_method(z, a):
    np.subtract(z, z.max(), out=a)


def item_assignment(z, a):
    a[...] = z


def product_method(z, a):
    z.dot(np.ones((3, 3)), a)


def copy_method(z, a):
    np.copyto(a, z.copy())


def reduction_of_some(z, a):
    np.add.reduce(z, axis=0, out=a[0], where=np.arange(3) > 0)


@pytest.mark.parametrize(
    "kernel",
    [
        no_out,
        operator,
        product_without_out,
        unrecordable_function,
        reduction_method,
        item_assignment,
        product_method,
        copy_method,
        reduction_of_some,
    ],
)
def test_a_kernel_that_cannot_be_replayed_is_refused(kernel):
    class Unrecordable(Identity):
        def forward(self, z, a, saved):
            kernel(z, a)

    job = make_job([ActivationLayer(Unrecordable())], inputs=3)
    plan = Plan(job.network, job.start().theta, job.train, 4, gather=True)
    with pytest.raises(NncliError, match="a kernel"):
        plan.record_gradient(4)
