"""What the reliability tests share: how many cases to try, and where the count of them goes.

`make test` tries a few of each; `make soak` sets NNCLI_SOAK and tries them all. Where
NNCLI_SOAK_SUMMARY names a file, each test adds a line with what it tried and found to it.
"""

import json
import math
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fork_server import ForkServer

collect_ignore = ["conftest.py"]  # as a module of doctests: names have to be unique


@pytest.fixture(scope="session")
def amount() -> Callable[[Any, Any], Any]:
    """amount(quick, soak): how many cases of a kind to try in this session."""
    is_soak = bool(os.environ.get("NNCLI_SOAK"))
    return lambda quick, soak: soak if is_soak else quick


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> Iterator[Callable[..., None]]:
    """tried(30, found="30 equal"): what this test has tried, for the summary."""
    began, lines = time.monotonic(), list[dict[str, object]]()

    def note(count: int, found: str = "") -> None:
        lines.append({"test": request.node.nodeid, "tried": count, "found": found})

    yield note
    if summary := os.environ.get("NNCLI_SOAK_SUMMARY"):
        seconds = round(time.monotonic() - began, 1)
        with Path(summary).open("a") as file:  # one write each: workers share the file
            file.write("".join(json.dumps({**line, "seconds": seconds}) + "\n" for line in lines))


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    """fork_server.call(folder, "train", config): a command in a process of its own, quickly."""
    with ForkServer() as made:
        yield made


# What can be lost on the way: slots, a step count, streams of random numbers, the position in an
# epoch; best values and weights, patience and rates that follow the loss; batch statistics; rows of
# a file; and all of it in machine code, of batches of one size, to be compiled once.
TRAININGS = {
    "chance": (
        "seed: 3",
        "data: {dataset: iris}",
        "network: {hidden: [{type: dense, units: 8}, {type: dropout, rate: 0.2}]}",
        "optimizer: {type: adam, learning_rate: 0.003}",
        "training: {batch_size: 4, engine: numpy}",
    ),
    "rules": (
        "seed: 5",
        "data: {path: table.csv, target: y, split: {type: random, train: 0.7, val: 0.3, test: 0}}",
        "network: {hidden: [{type: dense, units: 6, activation: relu}, {type: batch_norm}]}",
        "optimizer: {type: sgd, learning_rate: 0.05, momentum: 0.9}",
        "schedule: {type: reduce_on_plateau, patience: 1}",
        "training: {batch_size: 8, sampling: with_replacement, dtype: float32, engine: numpy,"
        " early_stopping: {monitor: val_loss, patience: 500}}",
    ),
    "compiled": (
        "seed: 7",
        "data: {dataset: iris}",
        "network: {hidden: [{type: dense, units: 4}, {type: dropout, rate: 0.1}]}",
        "optimizer: {type: adamw, learning_rate: 0.002}",
        "schedule: {type: cosine, warmup: 1}",
        "training: {batch_size: 15, engine: compiled}",
    ),
}


@pytest.fixture(params=TRAININGS)
def training(request: pytest.FixtureRequest, folder: Path) -> Callable[[int], Path]:
    """training(epochs): a config of one of several kinds, which logs and saves every epoch."""
    lines = TRAININGS[request.param]
    if request.param == "compiled":
        pytest.importorskip("llvmlite", reason="there is no compiler: llvmlite isn't installed")

    def make(epochs: int) -> Path:
        rows = "".join(f"{math.sin(i):.6f},{i % 5},{i % 5 * math.sin(i)}\n" for i in range(80))
        (folder / "table.csv").write_text(f"a,b,y\n{rows}")
        config = folder / "it.yaml"
        text = "\n".join((*lines, "output: {plots: [], log_every: 1}", ""))
        config.write_text(text.replace("training: {", f"training: {{epochs: {epochs}, "))
        return config

    return make
