"""The compiled engine trains as NumPy does, whatever the network is made of."""

from dataclasses import replace

import numpy as np
import pytest
from engine_jobs import OnDisk, StopAfter, make_job, on_disk, run_job

pytest.importorskip("llvmlite")

from nncli.engine.batches import Batches
from nncli.engine.steppers.compiled import stepper as compiled_stepper
from nncli.engine.steppers.compiled.machine_code import machine_code
from nncli.engine.stop import Stop
from nncli.engine.training_settings import EarlyStopping
from nncli.errors import Diverged
from nncli.parts.activations import Identity, Relu, Sigmoid, Softmax, Tanh
from nncli.parts.layers import ActivationLayer, BatchNorm, Dense, Dropout, Trained
from nncli.parts.losses import BinaryCrossEntropy, CrossEntropy, Mse
from nncli.parts.optimizers import Adam, AdamW, Lbfgs, Sgd
from nncli.parts.regularizers import L1L2
from nncli.parts.schedules import Cosine, Exponential, ReduceOnPlateau
from nncli.registry import members

# Arithmetic is the same instruction by instruction; products and sums may add in another order.
CLOSE = {"float64": 1e-12, "float32": 1e-4}


def compiled(job):
    return replace(job, training=replace(job.training, engine="compiled"))


def assert_trains_alike(job):
    """Both engines end at the same weights, slots and losses, up to rounding."""
    expected, found = run_job(job), run_job(compiled(job))
    close = CLOSE[job.training.dtype]
    assert not np.array_equal(expected.thetas[0], expected.thetas[-1])
    np.testing.assert_allclose(found.state.theta, expected.state.theta, close, close)
    for name, slot in expected.state.slots.items():
        np.testing.assert_allclose(found.state.slots[name], slot, close, close)
    losses = [[report.loss for report in trained.reports] for trained in (found, expected)]
    np.testing.assert_allclose(*losses, close)


def parts(kind):
    return pytest.mark.parametrize(kind, members(kind).values(), ids=lambda cls: cls.name)


@parts("activation")
def test_every_activation(activation):
    hidden = [Dense(5, activation()), ActivationLayer(activation())]
    assert_trains_alike(make_job(hidden, dtype="float32"))


@parts("loss")
def test_every_loss(loss):
    activations = members("activation").values()
    fitting = [each for each in activations if not loss().misfit(each(), 3)]
    for activation in {fitting[0], loss.matched or fitting[-1]}:
        assert_trains_alike(make_job([], Dense(3, activation()), loss()))


@parts("optimizer")
def test_every_optimizer(optimizer):
    if optimizer is not Lbfgs:
        assert_trains_alike(make_job(optimizer=optimizer(), clip_grad_norm=0.1))


@parts("regularizer")
def test_every_regularizer(regularizer):
    assert_trains_alike(make_job([Dense(3, Tanh(), kernel_regularizer=regularizer())]))


WIDE = [Dense(40, Sigmoid()), BatchNorm(), Dropout(0.2), Dense(33, Relu()), Dropout(0.4)]
ROWS = {"rows": 100, "batch_size": 32, "inputs": 30, "epochs": 4}
JOBS = {
    "wide": make_job(WIDE, Dense(70, Softmax()), CrossEntropy(), optimizer=Adam(), **ROWS),
    "wide, float32": make_job(
        WIDE, Dense(70, Softmax()), CrossEntropy(), optimizer=AdamW(), dtype="float32", **ROWS
    ),
    "matched, one unit, no bias": make_job(
        [], Dense(1, Sigmoid(), bias=False), BinaryCrossEntropy(), optimizer=Sgd(0.1, 0.9), **ROWS
    ),
    "frozen tensors": make_job(
        [Dense(9, trainable=Trained(b=False)), Dense(3, trainable=Trained(W=False))], **ROWS
    ),
    "frozen": make_job([Dense(9, trainable=False), BatchNorm(trainable=False), Dense(3)], **ROWS),
    "long sums": make_job(rows=5000, epochs=2, clip_grad_norm=0.01),
    "rates by epoch": make_job(schedule=Exponential(warmup=2), batch_size=6, steps_per_epoch=2),
    "rates by step": make_job(schedule=Cosine(interval="step"), batch_size=6, optimizer=Adam()),
    "plateau": make_job(schedule=ReduceOnPlateau("loss", patience=1, min_delta=9.0), epochs=6),
    "with replacement": make_job(sampling="with_replacement", batch_size=6),
    "without replacement": make_job(sampling="without_replacement", batch_size=6),
    "several passes": make_job(batch_size=6, steps_per_epoch=8),
    "more than a pass": make_job(batch_size=6, steps_per_epoch=7),
    "many epochs between reports": make_job(epochs=200, log_every=70),
}


@pytest.mark.parametrize("name", JOBS)
def test_every_way_to_train(name):
    assert_trains_alike(JOBS[name])


def test_row_weights_count():
    job = make_job(batch_size=6)
    weights = np.linspace(0.5, 1.5, len(job.train))
    assert_trains_alike(replace(job, train=replace(job.train, weights=weights)))


def resumable(**settings):
    hidden = [Dense(6, kernel_regularizer=L1L2()), BatchNorm(), Dropout(0.3)]
    settings = {"batch_size": 6, "epochs": 4, "optimizer": Adam(0.01), **settings}
    return compiled(make_job(hidden, Dense(3, Softmax()), CrossEntropy(), **settings))


RESUMABLE = {  # 20 rows by 6: 4 steps an epoch, the last of 2 rows
    "shuffled": resumable(),
    "float32": resumable(dtype="float32"),
    "drawn": resumable(sampling="with_replacement", schedule=Cosine(interval="step")),
    "long epochs": resumable(steps_per_epoch=7, epochs=2),
    "stopping early": resumable(val_rows=8, early_stopping=EarlyStopping("val_loss", patience=2)),
}


@pytest.mark.parametrize("name", RESUMABLE)
def test_a_resumed_run_is_the_uninterrupted_one(name):
    job = RESUMABLE[name]
    whole, state, stops = run_job(job), job.start(), 0
    while state.epoch < whole.last.epoch:
        run_job(job, state, StopAfter(2 + stops % 2))  # after slices of 1, 2 (and 4) steps
        stops += 1
    assert stops > 3
    np.testing.assert_array_equal(state.theta, whole.state.theta)
    np.testing.assert_array_equal(state.weights, whole.state.weights)


def test_orders_are_the_bits_of_as_many_permutations():
    one_by_one, at_once = (Batches(37, 5, "shuffle", np.random.default_rng(3)) for _ in range(2))
    found = np.empty((6, 37), np.intp)
    at_once.orders(found)
    np.testing.assert_array_equal(found, [one_by_one.order() for _ in range(6)])
    assert at_once.random.bit_generator.state == one_by_one.random.bit_generator.state


def test_slices_change_no_bit(monkeypatch):
    job = RESUMABLE["shuffled"]
    expected = run_job(job).state.theta
    monkeypatch.setattr(compiled_stepper, "SHORT", -1.0)  # no slice is ever longer than a step
    np.testing.assert_array_equal(run_job(job).state.theta, expected)


def test_a_divergence_is_named_as_numpy_names_it():
    job = make_job([Dense(4)], Dense(1, Identity()), Mse(), optimizer=Sgd(1e9), epochs=50)
    with pytest.raises(Diverged) as expected:
        run_job(job)
    with pytest.raises(Diverged) as found:
        run_job(compiled(job))
    assert str(found.value) == str(expected.value)


class Failing(OnDisk):
    """Rows that can't be read from the third read on."""

    def take(self, *arguments):
        if len(self.reads) == 2:
            raise OSError("the disk is gone")
        return super().take(*arguments)


@pytest.mark.parametrize("shards", [1, 2])
@pytest.mark.parametrize("sampling", ["shuffle", "with_replacement"])
def test_rows_on_disk_give_the_bits_of_those_in_memory(sampling, shards):
    job = make_job([Dense(5), Dropout(0.2)], sampling=sampling, batch_size=6, shards=shards)
    expected = run_job(compiled(job))
    stored = on_disk(job)
    train = replace(stored.train, targets=OnDisk(job.train.targets))
    found = run_job(compiled(replace(stored, train=train)))
    np.testing.assert_array_equal(found.thetas, expected.thetas)


def test_a_read_that_fails_ends_the_run_with_its_error():
    job = make_job(batch_size=6)
    train = replace(job.train, inputs={"x": Failing(job.train.x)})
    with pytest.raises(OSError, match="the disk is gone"):
        run_job(compiled(replace(job, train=train)))


def test_networks_that_are_alike_are_compiled_once_and_train_their_own_weights():
    jobs = [compiled(make_job([Dense(4)], optimizer=Sgd(rate), rows=20)) for rate in (0.1, 0.2)]
    alone = []
    for job in jobs:
        machine_code.cache_clear()
        alone.append(run_job(job).state.theta)
    assert not np.array_equal(*alone)
    machine_code.cache_clear()
    states = [job.start() for job in jobs]
    steppers = [
        compiled_stepper.CompiledStepper(job, state)
        for job, state in zip(jobs, states, strict=True)
    ]
    while states[0].epoch < jobs[0].training.epochs:  # in turns
        for state, stepper in zip(states, steppers, strict=True):
            stepper.epochs(state.epoch + 1, Stop())
    assert machine_code.cache_info().misses == 1
    np.testing.assert_array_equal([state.theta for state in states], alone)
    compiled_stepper.CompiledStepper(other := compiled(make_job([Dense(5)])), other.start())
    assert machine_code.cache_info().misses == 2
