"""Header: what stands above a script's first chapter: what it is, imports and threads."""

import re
import textwrap

from nncli.artifacts.run_reader import RunReader
from nncli.export.numpy_script.formatting import WIDTH, comment, docstring, listed
from nncli.parts.layers import Dense

THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
STANDARD = ("base64", "math", "zlib")
OTHERS = ("scipy.optimize", "scipy.special")


def header(reader: RunReader, file_name: str, body: str) -> list[str]:
    """The lines above `body`."""
    threads = reader.built.job.training.threads
    modules = [name for name in STANDARD if re.search(rf"\b{name}\.", body)]
    records = ["from dataclasses import dataclass"] if "@dataclass" in body else []
    return [
        *docstring(_words(reader, file_name)),
        "",
        *(f"import {name}" for name in sorted([*modules, "os"])),
        *records,
        "",
        *comment("another number of threads may round otherwise; NumPy looks when it is imported"),
        *listed("os.environ.update(", [f'{name}="{threads}"' for name in THREADS], ")"),
        "",
        "import numpy as np",
        *(f"import {name}" for name in OTHERS if f"{name}." in body),
    ]


def _words(reader: RunReader, file_name: str) -> str:
    """What the script is, how to run it, and how to read it."""
    built = reader.built
    name, run, job = built.experiment.name, reader.run.path.resolve().name, built.job
    table = "epoch and loss" if job.val is None else "epoch, loss and val_loss"
    last = len(job.network.nodes)
    then = "" if last == 1 else ", layer 2 takes a1, and so on"
    use = (
        f"Run it with `python {file_name}`: it prints {table} of every epoch in the run's "
        f"metrics.csv, {_how_exactly(reader)}."
    )
    notation = (
        "Notation: x are inputs and t targets, a row each. Layer 1 computes z1 = x W1 + b1 and "
        f"a1 = f(z1){then}; where f is the identity there is only a. dz1 is d(loss)/d(z1), and so "
        "with every d. np.dot(ones, dz1) adds up the rows of dz1."
    )
    return "\n".join(
        [
            f"{name}: a network written out in NumPy, as nncli trained it in the run {run}.",
            "",
            *textwrap.wrap(
                _drawn(reader), WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 8
            ),
            "",
            *textwrap.wrap(use, WIDTH),
            "",
            *textwrap.wrap(notation, WIDTH),
        ]
    )


def _drawn(reader: RunReader) -> str:
    """The network in one line."""
    network = reader.built.network
    steps = [f"x ({network.inputs})"]
    for layer in (node.layer for node in network.nodes):
        step = layer.name
        if isinstance(layer, Dense):
            step = f"{layer.units} {layer.activation.name}"
        steps.append(step)
    return " -> ".join([*steps, network.loss.name])


def _how_exactly(reader: RunReader) -> str:
    if reader.built.job.training.engine == "compiled":
        return (
            "up to rounding, for its steps were compiled; trained with training.engine=numpy it "
            "would be to the last bit"
        )
    return f"the same to the last bit on the same machine with {_versions(reader)}"


def _versions(reader: RunReader) -> str:
    found, threads = reader.environment(), reader.built.job.training.threads
    libraries = [f" of {pool['internal_api']} {pool['architecture']}" for pool in found["blas"][:1]]
    plural = "s" if threads != 1 else ""
    on = "".join(libraries)
    return f"Python {found['python']}, NumPy {found['numpy']} and {threads} thread{plural}{on}"
