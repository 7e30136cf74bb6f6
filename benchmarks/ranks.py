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
from itertools import pairwise
from pathlib import Path

HERE = Path(__file__).resolve()
LARGE, MIDDLE, BATCH, STEPS, EPOCHS = (1024, 1024), (256, 128), 2048, 2, 4
# what, who makes the steps, hidden layers, shards, processes
LINES = [
    ("784-256-128-10, whole batches", "nncli", MIDDLE, 1, 1),
    ("784-256-128-10, 8 shards", "nncli", MIDDLE, 8, 1),
    ("784-1024-1024-10, whole batches", "nncli", LARGE, 1, 1),
    ("784-1024-1024-10, 8 shards", "nncli", LARGE, 8, 1),
    ("784-1024-1024-10, 8 shards, 2 ranks", "nncli", LARGE, 8, 2),
    ("784-1024-1024-10, 2 shards", "nncli", LARGE, 2, 1),
    ("784-1024-1024-10, 2 shards, 2 ranks", "nncli", LARGE, 2, 2),
    ("784-1024-1024-10, torch", "torch", LARGE, 1, 1),
    ("784-1024-1024-10, torch DDP, 2 processes", "torch", LARGE, 1, 2),
]


def seconds(epoch, steps):
    """Best wall and processor time of a step, over some epochs."""
    epoch()
    walls, cpus = [], []
    for _ in range(EPOCHS):
        wall, cpu = time.perf_counter(), time.process_time()
        epoch()
        walls.append((time.perf_counter() - wall) / steps)
        cpus.append((time.process_time() - cpu) / steps)
    return min(walls), min(cpus)


def job(hidden, batch, steps, shards):
    """Drawn rows of 784 numbers and 10 classes, float32, gradient descent with momentum."""
    import numpy as np

    from nncli.engine.evaluator import EvaluationSet
    from nncli.engine.job import Job, Seeds
    from nncli.engine.network import Network
    from nncli.engine.settings import Training
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


def run_nncli(hidden, shards, ranks, batch=BATCH, steps=STEPS):
    import threadpoolctl

    from nncli.engine.ranks import ALONE
    from nncli.engine.steppers.choice import stepper
    from nncli.engine.stop import Stop

    together = ALONE
    if ranks > 1:
        from mpi4py import MPI

        from nncli.engine.mpi_ranks import MpiRanks

        together = MpiRanks(MPI.COMM_WORLD)
    made = job(hidden, batch, steps, shards)
    state, stop = made.start(), together.stop(Stop())
    with threadpoolctl.threadpool_limits(1, user_api="blas"):
        engine = stepper(made, state, together)
        found = seconds(lambda: engine.epochs(state.epoch + 1, stop, 1e9), steps)
    return found if together.number == 0 else None


def run_torch(hidden, ranks, number, port):
    import torch
    from torch import nn

    torch.set_num_threads(1)
    sizes = [784, *hidden, 10]
    layers = [part for ends in pairwise(sizes) for part in (nn.Linear(*ends), nn.ReLU())][:-1]
    model = nn.Sequential(*layers)
    if ranks > 1:
        where = f"tcp://127.0.0.1:{port}"
        torch.distributed.init_process_group("gloo", where, rank=number, world_size=ranks)
        model = nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.SGD(model.parameters(), 0.01, 0.9)
    own = BATCH // ranks
    x, t = torch.rand(STEPS * own, 784), torch.randint(10, (STEPS * own,))

    def epoch():
        for rows in torch.randperm(STEPS * own).split(own):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[rows]), t[rows]).backward()
            optimizer.step()

    return seconds(epoch, STEPS)


def be_nice(niceness):
    """Of this process and its session."""
    os.setpriority(os.PRIO_PROCESS, 0, niceness)
    session = Path("/proc/self/autogroup")
    if session.exists():
        session.write_text(str(niceness))


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def measured(line, python, niceness=0):
    """The line's times, in processes of its own."""
    port = free_port()
    more = ["--line", str(line), "--nice", str(niceness)]
    _, who, *_, processes = LINES[line]
    if who == "torch":
        command = [python, str(HERE), *more, "--port", str(port), "--number"]
        started = [
            subprocess.Popen([*command, str(number)], stdout=subprocess.PIPE, text=True)
            for number in range(processes)
        ]
        said = [each.communicate()[0] for each in started]
        return json.loads(said[0])
    command = [sys.executable, str(HERE), *more]
    if processes > 1:
        mpiexec = Path(sys.executable).parent / "mpiexec"
        command = [str(mpiexec), "-n", str(processes), *command]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout)


def main():
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
        _, who, hidden, shards, processes = LINES[given.line]
        if who == "torch":
            found = run_torch(hidden, processes, given.number, given.port)
        else:
            found = run_nncli(hidden, shards, processes)
        if found is not None:
            print(json.dumps(found))
        return
    best = {}
    for _ in range(given.rounds):
        for line, (what, *_) in enumerate(LINES):
            found = measured(line, given.torch, given.nice)
            best.setdefault(what, []).append(found)
    print(f"load {os.getloadavg()[0]:.1f}, best of {given.rounds} rounds")
    print("| 2,048 rows a step, float32, momentum | ms a step | ms of processor a rank |")
    print("|---|---|---|")
    for what, found in best.items():
        wall, cpu = (1e3 * min(each[place] for each in found) for place in (0, 1))
        print(f"| {what} | {wall:.0f} | {cpu:.0f} |")


if __name__ == "__main__":
    main()
