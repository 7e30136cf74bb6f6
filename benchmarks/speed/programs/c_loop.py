"""Plain C loops, compiled with `cc` for each network: what is left when every call is gone."""

import ctypes
import shutil
import subprocess
import time
from ctypes import c_float, c_long
from pathlib import Path

import numpy as np

from benchmarks.speed.data import batches
from benchmarks.speed.programs import Missing, Program, Ran, Task
from benchmarks.speed.rows import Row

SOURCE = Path(__file__).with_suffix(".c")
FLAGS = ("-O3", "-march=native", "-ffast-math", "-shared", "-fPIC")
WIDEST = 128  # beyond that, loops without blocking are no match for a BLAS


class Rule(ctypes.Structure):
    """The struct of the same name."""

    _fields_ = [(name, c_float) for name in ("rate", "momentum", "beta1", "beta2", "epsilon")]


def make(task: Task) -> Program:
    row, data = task.row, task.data
    if max(row.widths) > WIDEST:
        raise Missing(f"plain loops are for widths up to {WIDEST}")
    library = compiled(row, task.folder)
    orders = batches(row, row.checked_epochs)
    rule = Rule(row.rule.learning_rate, row.rule.momentum, *row.rule.betas, row.rule.epsilon)

    def run(epochs: int) -> Ran:
        theta = np.concatenate([tensor.ravel() for tensor in data.theta])
        flat = np.concatenate([theta, *[np.zeros_like(theta)] * 3])
        work = [np.zeros(2 * sum(row.widths), np.float32) for _ in range(2)]
        dealt = None if row.is_full_batch else _address(orders)
        counts = map(c_long, (len(orders), epochs, row.steps_per_epoch))
        began = time.perf_counter()
        library.train(
            ctypes.byref(rule),
            _address(data.x),
            _address(data.targets),
            dealt,
            *counts,
            *map(_address, (flat, *work)),
        )
        seconds = time.perf_counter() - began
        ends = np.cumsum([tensor.size for tensor in data.theta])
        pieces = zip(np.split(flat, ends), data.theta, strict=False)
        return Ran(seconds, epochs, [piece.reshape(tensor.shape) for piece, tensor in pieces])

    return run


def compiled(row: Row, folder: Path) -> ctypes.CDLL:
    """The library for a row's network. Raises Missing without a compiler."""
    if shutil.which("cc") is None:
        raise Missing("cc is not installed")
    rule = "momentum" if row.rule.momentum else row.rule.type
    names = {
        "LAYERS": len(row.layers),
        "WIDTHS": ",".join(map(str, row.widths)),
        "BATCH": row.batch,
        "OUTPUT": row.output.upper(),
        "RULE": rule.upper(),
    }
    library = folder / f"{row.name}.so"
    defined = [f"-D{name}={value}" for name, value in names.items()]
    command = ["cc", *FLAGS, *defined, str(SOURCE), "-o", str(library), "-lm"]
    subprocess.run(command, check=True, capture_output=True)
    return ctypes.CDLL(str(library))


def _address(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
