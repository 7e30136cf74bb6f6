"""Jobs cut into shards; as a program, what the ranks that mpiexec has started make of each."""

import json
import sys
import zlib
from dataclasses import replace
from importlib.util import find_spec
from unittest.mock import patch

import numpy as np
from engine_jobs import make_job

from nncli.engine import cost
from nncli.engine.evaluator import EvaluationSet
from nncli.engine.ranks import ALONE
from nncli.engine.stop import Stop
from nncli.engine.trainer import train
from nncli.engine.training_settings import EarlyStopping
from nncli.errors import Diverged
from nncli.parts.activations import Softmax, Tanh
from nncli.parts.layers import BatchNorm, Dense, Dropout
from nncli.parts.losses import CrossEntropy, Rss
from nncli.parts.metrics import Accuracy, RootMeanSquaredError
from nncli.parts.optimizers import Adam, Sgd
from nncli.parts.regularizers import L1L2
from nncli.parts.schedules import Cosine, ReduceOnPlateau

SHARDS = 4
ENGINES = ("numpy", "compiled") if find_spec("llvmlite") else ("numpy",)
WIDE = (Dense(40, Tanh()), Dense(70))  # a message of more numbers than are exchanged whole


def _classes(rows=50, dtype="float64"):
    random = np.random.default_rng(5)
    truth = random.integers(3, size=rows)
    x = random.normal(size=(rows, 4)) + truth[:, None]
    weights = random.uniform(0.5, 1.5, rows)
    return EvaluationSet(
        {"x": x.astype(dtype)},
        np.eye(3, dtype=dtype)[truth],
        (weights / weights.mean()).astype(dtype),
        truth=truth,
    )


def _job(hidden, **keys):
    return make_job(hidden, **{"rows": 50, "epochs": 4, "shards": SHARDS, **keys})


def jobs():
    """By name, one of each kind; the last batch of 16 among 50 rows has 2 rows."""
    mixed = (Dense(8, Tanh()), BatchNorm(), Dropout(0.3))
    weighted = {
        "train_rows": _classes(),
        "output": Dense(3, Softmax()),
        "loss": CrossEntropy(),
        "metrics": {"accuracy": Accuracy()},
    }
    plateau = ReduceOnPlateau(patience=1, monitor="loss")
    stopping = EarlyStopping("val_loss", patience=2)
    return {
        "small": _job((Dense(8),), batch_size=16),
        "all rows in place": _job((Dense(8),), optimizer=Sgd(0.1, momentum=0.9)),
        "dropout and statistics": _job(mixed, batch_size=16, optimizer=Adam(0.01)),
        "all kinds": _job((*WIDE, *mixed), batch_size=16, optimizer=Adam(0.01)),
        "wide": _job(WIDE, batch_size=16, optimizer=Adam(0.01), schedule=Cosine()),
        "float32, clipped": _job(WIDE, batch_size=16, clip_grad_norm=0.1, dtype="float32"),
        "penalties": _job(
            (Dense(8, kernel_regularizer=L1L2(0.01, 0.02)),), loss=Rss(), optimizer=Sgd(1e-3)
        ),
        "weights and metrics": _job((Dense(8),), batch_size=24, **weighted),
        "drawn rows": _job(mixed, batch_size=24, sampling="with_replacement", steps_per_epoch=5),
        "stopped early": _job(
            (Dense(30),),
            batch_size=10,
            epochs=30,
            val_rows=40,
            early_stopping=stopping,
            metrics={"rmse": RootMeanSquaredError()},
        ),
        "lower rates": _job((Dense(8),), batch_size=16, epochs=6, schedule=plateau),
        "diverging": _job((Dense(8),), batch_size=16, optimizer=Sgd(1e200)),
    }


def outcome(job, ranks=None, engine="numpy"):
    """What a training comes to: epochs, losses and the sum of its parameters' bits."""
    job = replace(job, training=replace(job.training, engine=engine))
    state, ranks = job.start(), ranks or ALONE
    reports, ended = [], ""
    try:
        for report in train(job, state, Stop(), ranks):
            reports.append((report.epoch, report.loss, report.val_loss, report.metrics))
            ended = report.stopped
    except Diverged as error:
        ended = str(error)
    theta = np.concatenate([state.theta, state.weights, *state.slots.values()])
    return json.loads(json.dumps([reports, ended, zlib.crc32(theta.tobytes())]))


def of_numpy(ranks=None, names=None):
    """The outcomes of jobs, by default all, each evaluated in chunks of a few rows."""
    with (
        patch.object(cost, "CHUNK_NUMBERS", 512),
        patch.object(cost, "KEPT_OUTPUTS", 2),  # answers are kept instead, where they will do
        patch.object(cost, "KEPT_BYTES", 0),
    ):
        return {name: outcome(jobs()[name], ranks) for name in names or jobs()}


def of_machine_code(ranks=None):
    """The outcome of the job that has most to compile."""
    return outcome(jobs()["all kinds"], ranks, "compiled") if len(ENGINES) > 1 else None


def main():
    """Four ranks train each job in NumPy, then pairs of ranks some: what each of them has."""
    from mpi4py import MPI

    from nncli.engine.mpi_ranks import MpiRanks

    world = MPI.COMM_WORLD
    four, two = MpiRanks(world), MpiRanks(world.Split(world.Get_rank() // 2))
    found = of_numpy(four), of_numpy(two, ["all kinds"]), of_machine_code(two)
    everyone = world.gather(found)
    if everyone is not None:
        json.dump(everyone, sys.stdout)


if __name__ == "__main__":
    main()
