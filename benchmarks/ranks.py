"""Shards and ranks: what a step costs, and what more processes gain; beside torch's DDP on gloo.

    .venv/bin/python -m benchmarks.ranks [--torch PYTHON] [--rounds 5] [--nice -8]

Every line is measured in each round in turn, in processes of its own, so that all meet the same
load; the best round is told, and the processor time of a rank, which load changes least. `make
bench` measures the same lines for docs/performance.md.
PYTHON: of an environment with torch, by default this one. --nice: on a machine that others use;
Linux weighs sessions, of which mpiexec begins new ones, so each process says it for its own.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nncli.engine.job import Job

HERE = Path(__file__).resolve()
LARGE, MIDDLE, BATCH, STEPS, EPOCHS = (1024, 1024), (256, 128), 2048, 2, 4


class Line(NamedTuple):
    """What is measured: steps of `program`, by so many processes."""

    title: str
    program: str
    hidden: tuple[int, ...]
    shards: int
    processes: int


class StepTime(NamedTuple):
    """Seconds of a step, by the wall clock and of the processor."""

    wall: float
    cpu: float


LINES = [
    Line("784-256-128-10, whole batches", "nncli", MIDDLE, 1, 1),
    Line("784-256-128-10, 8 shards", "nncli", MIDDLE, 8, 1),
    Line("784-1024-1024-10, whole batches", "nncli", LARGE, 1, 1),
    Line("784-1024-1024-10, 8 shards", "nncli", LARGE, 8, 1),
    Line("784-1024-1024-10, 8 shards, 2 ranks", "nncli", LARGE, 8, 2),
    Line("784-1024-1024-10, 2 shards", "nncli", LARGE, 2, 1),
    Line("784-1024-1024-10, 2 shards, 2 ranks", "nncli", LARGE, 2, 2),
    Line("784-1024-1024-10, torch", "torch", LARGE, 1, 1),
    Line("784-1024-1024-10, torch DDP, 2 processes", "torch", LARGE, 1, 2),
]


def step_time(epoch: Callable[[], object], steps: int) -> StepTime:
    """The best of some epochs."""
    epoch()
    walls, cpus = [], []
    for _ in range(EPOCHS):
        wall, cpu = time.perf_counter(), time.process_time()
        epoch()
        walls.append((time.perf_counter() - wall) / steps)
        cpus.append((time.process_time() - cpu) / steps)
    return StepTime(min(walls), min(cpus))


def job(hidden: tuple[int, ...], batch: int, steps: int, shards: int) -> "Job":
    """Drawn rows of 784 numbers and 10 classes, float32, gradient descent with momentum."""
    import numpy as np

    from nncli.engine.evaluator import EvaluationSet
    from nncli.engine.job import Job, Seeds
    from nncli.engine.network import Network
    from nncli.engine.training_settings import Training
    from nncli.parts.activations import Softmax
    from nncli.parts.layers import Dense
    from nncli.parts.losses import CrossEntropy
    from nncli.parts.optimizers import Sgd
    from nncli.parts.schedules import Constant

    random = np.random.default_rng(0)
    rows = batch * steps
    truth = random.integers(10, size=rows)
    x, targets = random.random((rows, 784), np.float32), np.eye(10, dtype=np.float32)[truth]
    training = Training(
        epochs=1000, batch_size=batch, steps_per_epoch=steps, threads=1, shards=shards,
        dtype="float32",
    )  # fmt: skip
    return Job(
        network=Network((784,), [Dense(n) for n in hidden], Dense(10, Softmax()), CrossEntropy()),
        optimizer=Sgd(0.01, momentum=0.9),
        schedule=Constant(),
        training=training,
        train=EvaluationSet({"x": x}, targets, truth=truth),
        val=None,
        decode=lambda outputs: outputs,
        metrics={},
        seeds=Seeds(),
    )


def run_nncli(line: Line, batch: int = BATCH, steps: int = STEPS) -> StepTime | None:
    """Of nncli, by as many MPI ranks as this is started as; None but from the first."""
    import threadpoolctl

    from nncli.engine.ranks import ALONE
    from nncli.engine.steppers.choice import stepper
    from nncli.engine.stop import Stop

    together = ALONE
    if line.processes > 1:
        from mpi4py import MPI

        from nncli.engine.mpi_ranks import MpiRanks

        together = MpiRanks(MPI.COMM_WORLD)
    made = job(line.hidden, batch, steps, line.shards)
    state, stop = made.start(), together.stop(Stop())
    with threadpoolctl.threadpool_limits(1, user_api="blas"):
        engine = stepper(made, state, together)
        found = step_time(lambda: engine.epochs(state.epoch + 1, stop, 1e9), steps)
    return found if together.number == 0 else None


def run_torch(line: Line, number: int, port: int) -> StepTime:
    """Of PyTorch: the process `number` of those that meet at a port."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    ranks, sizes = line.processes, [784, *line.hidden, 10]
    layers = [part for ends in pairwise(sizes) for part in (nn.Linear(*ends), nn.ReLU())][:-1]
    model = nn.Sequential(*layers)
    if ranks > 1:
        where = f"tcp://127.0.0.1:{port}"
        torch.distributed.init_process_group("gloo", where, rank=number, world_size=ranks)
        model = nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.SGD(model.parameters(), 0.01, 0.9)
    own = BATCH // ranks
    x, t = torch.rand(STEPS * own, 784), torch.randint(10, (STEPS * own,))

    def epoch() -> None:
        for rows in torch.randperm(STEPS * own).split(own):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[rows]), t[rows]).backward()
            optimizer.step()

    return step_time(epoch, STEPS)


def be_nice(niceness: int) -> None:
    """Of this process and its session."""
    os.setpriority(os.PRIO_PROCESS, 0, niceness)
    session = Path("/proc/self/autogroup")
    if session.exists():
        session.write_text(str(niceness))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def measured(number: int, python: str, niceness: int = 0) -> StepTime:
    """Of a line, in processes of its own."""
    port = free_port()
    line, more = LINES[number], ["--line", str(number), "--nice", str(niceness)]
    if line.program == "torch":
        command = [python, str(HERE), *more, "--port", str(port), "--number"]
        started = [
            subprocess.Popen([*command, str(process)], stdout=subprocess.PIPE, text=True)
            for process in range(line.processes)
        ]
        said = [each.communicate()[0] for each in started]
        return StepTime(*json.loads(said[0]))
    command = [sys.executable, str(HERE), *more]
    if line.processes > 1:
        mpiexec = Path(sys.executable).parent / "mpiexec"
        command = [str(mpiexec), "-n", str(line.processes), *command]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    return StepTime(*json.loads(done.stdout))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--torch", default=sys.executable)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--line", type=int)
    options.add_argument("--number", type=int, default=0)
    options.add_argument("--nice", type=int, default=0)
    options.add_argument("--port", type=int)
    given = options.parse_args()
    if given.nice:
        be_nice(given.nice)
    if given.line is not None:
        line = LINES[given.line]
        is_torch = line.program == "torch"
        found = run_torch(line, given.number, given.port) if is_torch else run_nncli(line)
        if found is not None:
            print(json.dumps(found))
        return
    rounds: list[list[StepTime]] = [
        [measured(number, given.torch, given.nice) for number in range(len(LINES))]
        for _ in range(given.rounds)
    ]
    print(f"load {os.getloadavg()[0]:.1f}, best of {given.rounds} rounds")
    print("| 2,048 rows a step, float32, momentum | ms a step | ms of processor a rank |")
    print("|---|---|---|")
    for line, times in zip(LINES, zip(*rounds, strict=True), strict=True):
        wall, cpu = (1e3 * min(parts) for parts in zip(*times, strict=True))
        print(f"| {line.title} | {wall:.0f} | {cpu:.0f} |")


if __name__ == "__main__":
    main()
