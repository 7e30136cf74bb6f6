"""Memory: how much a program's peak grows beyond what it holds once it is warm.

Each program has a process of its own. It trains the smallest row first, so that libraries, thread
pools and compilers are loaded; from there on the kernel's own peak of resident memory counts.
"""

import argparse
import ctypes
import gc
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.speed import configs, machine
from benchmarks.speed.data import Data, load
from benchmarks.speed.programs import ENGINES, PROGRAMS, Missing, Program, Task
from benchmarks.speed.rows import ROWS, Row

MEASURED = (*ENGINES, "scikit-learn", "torch eager", "jax scan", "NumPy notebook")
FLOAT = 4  # bytes


@dataclass
class Memory:
    """The growth of one program on one row, in bytes: in all, and while training alone.

    In all there is reading the data as well, and making the program ready.
    """

    row: str
    program: str
    growth: int
    training: int


def data_bytes(row: Row) -> int:
    """Inputs and targets in float32."""
    return FLOAT * row.rows * (row.widths[0] + row.widths[-1])


def training_bound(row: Row) -> int:
    """Parameters x (2 + optimizer slots) + one batch's buffers, in bytes of float32.

    A batch has x and t, and for each layer z, a and the gradients of both.
    """
    buffers = row.batch * (row.widths[0] + row.widths[-1] + 4 * sum(row.widths[1:]))
    return FLOAT * (row.n_parameters * (2 + row.rule.slots) + buffers)


def bound(row: Row) -> int:
    """The same with the data."""
    return training_bound(row) + data_bytes(row)


def measure(rows: list[str], programs: Sequence[str]) -> list[Memory]:
    found = []
    for name in rows:
        with tempfile.TemporaryDirectory() as folder:
            for own in ("and", name):
                configs.write(ROWS[own], load(ROWS[own]), Path(folder))
            for program in programs:
                arguments = (name, program, folder)
                answers = map(json.loads, machine.run_child("memory", *arguments, threads=1))
                found += [Memory(**answer) for answer in answers if answer]
    return found


def grown(name: str, program: str, folder: Path) -> Memory:
    """Train the smallest row, then the one asked for. Raises Missing."""
    _made(ROWS["and"], program, folder)(2)
    start = _begin()
    run = _made(ROWS[name], program, folder)
    reading = _status("VmHWM") - start
    before = _begin()
    run(ROWS[name].checked_epochs)
    peak = _status("VmHWM")
    return Memory(name, program, max(reading, peak - start), peak - before)


def _begin() -> int:
    """Let the peak start anew, from what is held now; what was set free goes back first."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _status("VmRSS")


def _made(row: Row, program: str, folder: Path) -> Program:
    if program in ENGINES:  # which read their files by themselves
        from benchmarks.speed.programs import trainer

        job = trainer.job(folder / f"{row.name}.yaml", ENGINES[program])
        return trainer.program(job, keeps_weights=False)
    return PROGRAMS[program](Task(row, _read(row, folder), folder, 1))


def _read(row: Row, folder: Path) -> Data:
    with np.load(folder / f"{row.name}-data.npz") as table:
        x, truth = table["x"], table["y"]
    with np.load(folder / f"{row.name}-weights.npz") as start:
        theta = list(start.values())
    if row.loss == "cross_entropy":
        return Data(x, np.eye(row.widths[-1], dtype=np.float32)[truth], truth, theta)
    return Data(x, truth.reshape(row.rows, -1).astype(np.float32), truth, theta)


def _status(name: str) -> int:
    """A figure of /proc/self/status, in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(name)


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("row", "program", "folder"):
        parser.add_argument(name)
    given = parser.parse_args()
    try:
        print(json.dumps(asdict(grown(given.row, given.program, Path(given.folder)))))
    except Missing:
        print("null")


if __name__ == "__main__":
    main()
