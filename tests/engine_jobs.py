"""Small jobs, made from parts without a config."""

import math
from dataclasses import dataclass, replace

import numpy as np

from nncli.engine.epoch_monitor import EpochReport
from nncli.engine.evaluator import EvaluationSet
from nncli.engine.job import Job, Seeds
from nncli.engine.network import Network
from nncli.engine.state import TrainState
from nncli.engine.stop import Stop
from nncli.engine.trainer import train
from nncli.engine.training_settings import Training
from nncli.parts.activations import Identity
from nncli.parts.layers import Dense
from nncli.parts.losses import HalfMse
from nncli.parts.optimizers import Sgd
from nncli.parts.schedules import Constant


def draw_rows(rows, inputs, outputs, loss, dtype, seed) -> EvaluationSet:
    """Normal inputs, and targets that the loss allows: one-hot, counts or numbers."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, inputs))
    if loss.targets == (0.0, 1.0):
        truth = random.integers(max(outputs, 2), size=rows)
        targets = np.eye(outputs)[truth] if outputs > 1 else truth[:, None].astype(float)
    elif loss.targets[0] == 0.0:
        truth = targets = random.poisson(2.0, (rows, outputs)).astype(float)
    else:
        truth = targets = random.normal(size=(rows, outputs))
    return EvaluationSet({"x": x.astype(dtype)}, targets.astype(dtype), truth=truth)


def training_of(rows, *, batch_size, **others) -> Training:
    """By one thread; as many steps an epoch as see every row once, unless said otherwise."""
    steps = 1 if batch_size == "full" else -(-rows // min(batch_size, rows))
    return Training(**{"threads": 1, "steps_per_epoch": steps, "batch_size": batch_size, **others})


def make_job(
    hidden=(),
    output=None,
    loss=None,
    *,
    rows=20,
    inputs=4,
    val_rows=0,
    train_rows=None,
    optimizer=None,
    schedule=None,
    metrics=None,
    seeds=None,
    log_every=1,
    embedding=None,
    shape=None,
    **training,
) -> Job:
    """20 drawn rows of 4 inputs, or of a shape; 5 epochs of full-batch sgd; or as it is said."""
    output, loss = output or Dense(1, Identity()), loss or HalfMse()
    inputs = math.prod(shape) if shape else inputs
    drawn = (inputs, output.units, loss, training.get("dtype", "float64"))
    train_rows = train_rows or draw_rows(rows, *drawn, seed=1)
    settings = training_of(len(train_rows), **{"epochs": 5, "batch_size": "full", **training})
    return Job(
        Network(shape or (inputs,), hidden, output, loss, embedding),
        optimizer or Sgd(0.1),
        schedule or Constant(),
        settings,
        train_rows,
        draw_rows(val_rows, *drawn, seed=2) if val_rows else None,
        lambda outputs: outputs,
        metrics or {},
        seeds or Seeds(split=1, init=2, shuffle=3, dropout=4),
        log_every,
    )


@dataclass(frozen=True)
class Trained:
    """A run to its end: theta after every report, beside the reports."""

    state: TrainState
    reports: list[EpochReport]
    thetas: list[np.ndarray]

    @property
    def last(self) -> EpochReport:
        return self.reports[-1]


def run_job(job: Job, state: TrainState | None = None, stop: Stop | None = None) -> Trained:
    """Train to the end, keeping theta after every report."""
    state = state or job.start()
    reports, thetas = [], []
    for report in train(job, state, stop):
        reports.append(report)
        thetas.append(state.theta.copy())
    return Trained(state, reports, thetas)


class StopAfter(Stop):
    """A stop that is requested when so many steps are done."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    @property
    def requested(self) -> bool:
        self.left -= 1
        return self.left < 0


class OnDisk:
    """Rows that can't be used but by the few operations of rows on disk; notes how many it read."""

    def __init__(self, array):
        self._rows, self.shape, self.dtype = array, array.shape, array.dtype
        self.reads = []

    def __len__(self):
        return len(self._rows)

    def __getitem__(self, rows):
        assert isinstance(rows, slice)
        self.reads.append(len(self._rows[rows]))
        return self._rows[rows].copy()

    def take(self, index, axis, out, mode):
        assert (axis, mode) == (0, "clip")
        self.reads.append(len(index))
        return self._rows.take(index, axis, out, mode)

    def __array__(self, *_, **__):
        raise AssertionError("all rows were asked for at once")


def on_disk(job: Job) -> Job:
    """The same job, its inputs on disk."""
    train, val = (
        rows and replace(rows, inputs={name: OnDisk(x) for name, x in rows.inputs.items()})
        for rows in (job.train, job.val)
    )
    return replace(job, train=train, val=val)
