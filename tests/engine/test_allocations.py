"""A training step allocates nothing that grows with the batch or the parameters, and a training
leaves nothing behind."""

import tracemalloc
from collections import deque
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from engine_jobs import make_job, on_disk
from memory import kept_by

from nncli.engine.steppers.gradient import GradientStepper
from nncli.engine.trainer import train
from nncli.errors import Diverged
from nncli.parts.activations import Identity, Softmax, Tanh
from nncli.parts.layers import BatchNorm, Dense, Dropout, Residual
from nncli.parts.losses import CrossEntropy, Huber
from nncli.parts.optimizers import Adagrad, AdamW, Lbfgs, RmsProp, Sgd
from nncli.parts.regularizers import L1L2

BATCH = UNITS = 512  # a buffer, or a layer's W, holds 512 * 512 * 8 bytes = 2 MiB
ALLOWED = 2**18  # a quarter of a MiB: what NumPy needs to convert between types, at any size


def most_allocated(job) -> int:
    """The most bytes in use above the start's, over some steps after the first."""
    state = job.start()
    stepper = GradientStepper(job, state)
    assert stepper.plan.gather
    tape = stepper.tapes[job.batch_rows]
    with np.errstate(all="ignore"):
        tape()
        tracemalloc.start()
        try:
            for _ in range(3):
                tape()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize(
    "optimizer",
    [Sgd(0.01, momentum=0.9, nesterov=True), Adagrad(), RmsProp(), AdamW()],
    ids=lambda optimizer: optimizer.name,
)
def test_steps_of_every_optimizer_allocate_nothing(optimizer):
    job = make_job(
        [Dense(UNITS, kernel_regularizer=L1L2()), Dense(UNITS, Tanh())],
        Dense(3, Softmax()),
        CrossEntropy(),
        rows=600,
        inputs=UNITS,
        batch_size=BATCH,
        optimizer=optimizer,
        clip_grad_norm=1.0,
    )
    assert most_allocated(job) < ALLOWED


def test_steps_of_random_and_normalizing_layers_allocate_nothing():
    hidden = [Dense(UNITS), BatchNorm(), Dropout(0.5)]
    job = make_job(
        hidden, Dense(UNITS, Identity()), Huber(), rows=600, inputs=UNITS, batch_size=BATCH
    )
    assert most_allocated(job) < ALLOWED


@pytest.mark.parametrize(
    ("activation", "loss"), [(Softmax(), CrossEntropy()), (Identity(), Huber())]
)
def test_weighted_steps_allocate_nothing(activation, loss):
    output = Dense(UNITS, activation)
    job = make_job([], output, loss, rows=600, inputs=UNITS, batch_size=BATCH)
    weighted = replace(job, train=replace(job.train, weights=np.linspace(0.5, 1.5, 600)))
    assert most_allocated(weighted) < ALLOWED


@pytest.mark.parametrize("place", [lambda job: job, on_disk], ids=["in memory", "on disk"])
@pytest.mark.parametrize(
    "case", ["numpy", "compiled", "lbfgs", "shards", "compiled shards", "validated"]
)
def test_nothing_of_a_training_is_kept_once_it_is_over(case, place):
    """A worker or a notebook trains one network after the other."""
    others = {
        "lbfgs": {"optimizer": Lbfgs(), "batch_size": "full"},
        "shards": {"shards": 2},
        "compiled shards": {"shards": 2},
        "validated": {"val_rows": 300},
    }
    hidden = [Residual([Dense(UNITS, Tanh())]), BatchNorm(), Dropout(0.5)]
    hidden = [Dense(UNITS, Tanh()) if case in ("lbfgs", "shards") else each for each in hidden]
    if case == "compiled shards":
        hidden = [Dense(UNITS, Tanh()), Dropout(0.5)]
    job = make_job(
        hidden,
        Dense(UNITS, Identity()),
        Huber(),
        rows=600,
        inputs=UNITS,
        epochs=2,
        engine="compiled" if "compiled" in case else "numpy",
        **{"batch_size": 300, **others.get(case, {})},
    )
    job = place(job)
    assert kept_by(lambda: deque(train(job), 0)) < ALLOWED


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("log_every", [1, 9], ids=["in the loss", "between two reports"])
def test_nothing_of_a_training_is_kept_once_it_has_diverged(engine, log_every):
    """As many a trial of a sweep does."""
    if engine == "compiled":
        pytest.importorskip("llvmlite")
    job = make_job(
        [Dense(UNITS, Identity())],
        Dense(UNITS, Identity()),
        Huber(),
        rows=600,
        inputs=UNITS,
        engine=engine,
        epochs=18,
        log_every=log_every,
        optimizer=Sgd(1e200),
    )

    def diverge():
        with suppress(Diverged):
            deque(train(job), 0)
            pytest.fail("it did not diverge")

    assert kept_by(diverge) < ALLOWED
