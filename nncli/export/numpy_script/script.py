"""Script: a run as one NumPy script that anyone can read, run and change, without nncli."""

import re
import shlex
import textwrap
from collections.abc import Mapping

from nncli.artifacts.run_reader import RunReader
from nncli.assembly.build import Built
from nncli.engine.network import Network
from nncli.errors import UserError, counted, escaped, printable
from nncli.export.numpy_script.convolution_calls import convolution_functions_of
from nncli.export.numpy_script.data import data_lines
from nncli.export.numpy_script.decision_code import decide
from nncli.export.numpy_script.expressions import TINY
from nncli.export.numpy_script.formatting import WIDTH, comment, docstring, heading, listed
from nncli.export.numpy_script.functions import ADD_ROWS, Functions, Objective
from nncli.export.numpy_script.job_code import JobCode
from nncli.export.numpy_script.parameters import Parameters, generator
from nncli.export.numpy_script.run_history import RunHistory
from nncli.export.numpy_script.sources import Sources
from nncli.export.numpy_script.target_units import target_units
from nncli.export.numpy_script.training_loop import TrainingLoop
from nncli.parts.layers import Dense

SHORT = 30  # lines of data, up to which they come before the network instead of after it
THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
STANDARD = ("base64", "math", "zlib")
OTHERS = ("scipy.optimize", "scipy.special")


def _versions(reader: RunReader) -> str:
    """The versions, threads and BLAS that the run was trained with."""
    found, threads = reader.environment(), reader.built.job.training.threads
    python, numpy = (printable(str(found.get(name))) for name in ("python", "numpy"))
    return (
        f"Python {python}, NumPy {numpy} and {counted(threads, 'thread')}{_blas(found.get('blas'))}"
    )


def _blas(pools: object) -> str:
    """` of openblas SkylakeX`: the first library that the run has recorded; empty if none."""
    if not isinstance(pools, list) or not pools or not isinstance(pools[0], Mapping):
        return ""
    return printable(f" of {pools[0].get('internal_api')} {pools[0].get('architecture')}")


def _exactness(reader: RunReader) -> str:
    """How exactly the script reproduces the run's losses, and on which machine, in words."""
    if (engine := reader.built.job.training.engine) != "numpy":
        whose = "its steps were compiled" if engine == "compiled" else f"{engine} made its steps"
        return (
            f"up to rounding, for {whose}; trained with training.engine=numpy it "
            "would be to the last bit"
        )
    return f"the same to the last bit on the same machine with {_versions(reader)}"


def _drawing(network: Network) -> str:
    """The network in one line: `x (4) -> 8 tanh -> 3 softmax -> cross_entropy`."""
    steps = [f"x ({network.inputs})"]
    for layer in (node.layer for node in network.nodes):
        step = layer.name
        if isinstance(layer, Dense):
            step = f"{layer.units} {layer.activation.name}"
        steps.append(step)
    return " -> ".join([*steps, network.loss.name])


def _notation(network: Network) -> str:
    then = "" if len(network.nodes) == 1 else ", layer 2 takes a1, and so on"
    x, tables = "x", ""
    if network.embedding:
        x = "a0"
        tables = (
            "The category c1 of a row takes the row e1 of the table E1; a0 is x, then every e. "
        )
    return (
        f"Notation: x are inputs and t targets, a row each. {tables}Layer 1 computes "
        f"z1 = {x} W1 + b1 and a1 = f(z1){then}; where f is the identity there is only a. dz1 is "
        "d(loss)/d(z1), and so with every d. np.dot(ones, dz1) adds up the rows of dz1."
    )


def _introduction(reader: RunReader, file_name: str) -> str:
    """The script's docstring: what it is, and how to run and read it."""
    built = reader.built
    name, run = (escaped(each) for each in (built.experiment.name, reader.run.path.resolve().name))
    file, job = escaped(shlex.quote(file_name)), built.job
    table = "epoch and loss" if job.val is None else "epoch, loss and val_loss"
    use = (
        f"Run it with `python {file}`: it prints {table} of every epoch in the run's "
        f"metrics.csv, {_exactness(reader)}."
    )
    drawing = textwrap.wrap(
        _drawing(job.network), WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 8
    )
    return "\n".join(
        [
            f"{name}: a network written out in NumPy, as nncli trained it in the run {run}.",
            "",
            *drawing,
            "",
            *textwrap.wrap(use, WIDTH),
            "",
            *textwrap.wrap(_notation(job.network), WIDTH),
        ]
    )


def _imports(threads: int | str, body: str) -> list[str]:
    """The imports that `body` needs, with the number of threads set before NumPy's."""
    modules = [name for name in STANDARD if re.search(rf"\b{name}\.", body)]
    records = ["from dataclasses import dataclass"] if "@dataclass" in body else []
    return [
        *(f"import {name}" for name in sorted([*modules, "os"])),
        *records,
        "",
        *comment("another number of threads may round otherwise; NumPy looks when it is imported"),
        *listed("os.environ.update(", [f'{name}="{threads}"' for name in THREADS], ")"),
        "",
        "import numpy as np",
        *(f"import {name}" for name in OTHERS if f"{name}." in body),
    ]


def _apart(function: list[str]) -> list[str]:
    return ["", "", *function]


def _chapter(title: str, functions: list[list[str]]) -> list[str]:
    first, *rest = functions
    return [*heading(title), "", *first, *(line for each in rest for line in _apart(each))]


class _Chapters:
    """The chapters below the imports, each with a heading."""

    def __init__(self, reader: RunReader, built: Built) -> None:
        self.built, self.job = built, built.job
        history, sources, code = RunHistory.of(reader), Sources(), JobCode(built.job)
        self.sources, self.code = sources, code
        self.parameters = Parameters(code, sources)
        self.functions = Functions(code)
        self.objective = Objective(code, sources, has_zero_loss=history.has_zero_loss)
        self.decide = decide(reader, self.objective)
        self.loop = TrainingLoop(history, code, self.objective, sources)

    def in_order(self) -> list[str]:
        """All lines; long data come last."""
        data = data_lines(self.built, self.parameters.given())
        data_chapter = heading("Data") + data
        comes_first = len(data) <= SHORT
        return [
            *(data_chapter if comes_first else []),
            *heading("Parameters"),
            *self.parameters.vectors(),
            *_apart(self.parameters.initialize()),
            *self._network(),
            *self._training(),
            *([] if comes_first else data_chapter),
            "",
            "",
            'if __name__ == "__main__":',
            "    train()",
        ]

    def _network(self) -> list[str]:
        """The chapters of the forward pass, the loss, the backward pass and the update."""
        forward = [self.functions.forward()]
        if self.code.has_training_mode:
            forward.append(self.functions.predict())
        if units := target_units(self.built.preprocessing.target):
            forward.append(units)
        added = [ADD_ROWS] if self.job.network.embedding else []
        passes = [*forward, self.functions.backward()]
        convolution = convolution_functions_of("\n".join(line for each in passes for line in each))
        chapters = [
            *([("Convolution and pooling", convolution)] if convolution else []),
            ("Forward", forward),
            *([("Decision", [self.decide])] if self.decide else []),
            ("Loss", self._with_sources([self.objective.lines()])),
            ("Backward", [*added, self.functions.backward()]),
        ]
        if self.code.update.statements:
            chapters.append(("Update", [self.functions.update()]))
        lines = [line for title, functions in chapters for line in _chapter(title, functions)]
        needs_tiny = re.search(rf"\b{TINY}\b", "\n".join(lines))
        constants = [self.code.literals.tiny_definition] if needs_tiny else []
        if self.job.network.is_random:
            constants.append(generator("dropout", self.job.seeds.dropout))
        return [*(["", ""] if constants else []), *constants, *lines]

    def _training(self) -> list[str]:
        return _chapter("Training", self._with_sources([self.loop.report(), self.loop.train()]))

    def _with_sources(self, functions: list[list[str]]) -> list[list[str]]:
        """The functions, after the functions of parts that they call."""
        needed = list(self.sources.definitions.values())
        self.sources.definitions.clear()
        return [*needed, *functions]


def numpy_script(reader: RunReader, file_name: str) -> str:
    """The script that repeats a run's losses to the bit. file_name: what it will be called.

    Raises UserError for a run whose parts, data or shards can't be written out.
    """
    built = reader.built  # outside of `try`: its errors name their own places
    try:
        if built.job.training.shards > 1:
            raise UserError(
                "its steps take whole batches, and training.shards has cut them: train with "
                "training.shards=1"
            )
        chapters = _Chapters(reader, built)
        body = "\n".join(chapters.in_order())
        lines = [*_imports(built.job.training.threads, body), body]
        return "\n".join([*docstring(_introduction(reader, file_name)), "", *lines]) + "\n"
    except UserError as error:
        raise UserError(f"{reader.run.path}: it can't be written out: {error}") from error
