"""Compiling: how long the compiled engine lets the first step wait, by the network's layers.

In a process of its own: from the config to the end of the first epoch, LLVM's import included;
what the numpy engine takes for the same is taken off.
"""

import argparse
import contextlib
import json
import math
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed import configs, machine
from benchmarks.speed.data import load
from benchmarks.speed.programs import ENGINES, Missing, trainer
from benchmarks.speed.rows import ADAM, ROWS, Row
from nncli.engine.steppers.choice import stepper
from nncli.engine.stop import Stop
from nncli.engine.threads import limited

PROGRAM = "nncli compiled"
NETWORKS = {
    1: ROWS["and"],
    2: ROWS["iris"],
    3: ROWS["digits"],
    7: Row(
        "seven", "64→32→32→32→32→32→32→10, batch 32, Adam", (64, *[32] * 6, 10), "cross_entropy",
        "mnist_sized", 1024, 32, ADAM, checked_epochs=2, updates=0,
    ),
}  # fmt: skip


@dataclass
class Compiling:
    """Seconds until a network of so many layers is compiled, one a turn.

    first: in a new process.  again: once LLVM is there, as for each further run of a study.
    """

    layers: int
    first: list[float]
    again: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.first)


def measure(turns: int) -> list[Compiling]:
    """One for each network, where there is a compiler."""
    found = {layers: Compiling(layers, [], []) for layers in NETWORKS}
    with tempfile.TemporaryDirectory() as folder:
        for row in NETWORKS.values():
            configs.write(row, load(row), Path(folder))
        for turn in range(turns + 1):
            for layers, own in found.items():
                for line in machine.run_child("compiling", str(layers), folder, threads=1):
                    if turn:  # the first warms the caches of files
                        first, again = json.loads(line)
                        own.first.append(first)
                        own.again.append(again)
    return [own for own in found.values() if own.first]


def waits(row: Row, folder: Path) -> tuple[float, float]:
    """Seconds of the first and of the second compilation. Raises Missing."""
    path = folder / f"{row.name}.yaml"
    plain = [_first_epoch(path, "numpy") for _ in range(2)]
    compiled = [_first_epoch(path, ENGINES[PROGRAM]) for _ in range(2)]
    return compiled[0] - plain[1], compiled[1] - plain[1]


def _first_epoch(path: Path, engine: str) -> float:
    """Seconds until it is trained."""
    began = time.perf_counter()
    job = trainer.job(path, engine)
    with limited(job.training):
        stepper(job, job.start()).epochs(1, Stop(), math.inf)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("layers", type=int)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    with contextlib.suppress(Missing):
        print(json.dumps(waits(NETWORKS[given.layers], given.folder)))


if __name__ == "__main__":
    main()
