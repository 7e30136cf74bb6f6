"""Breakdown: what a step of the numpy engine goes into.

A step's calls are of four sorts. Steps with and without the calls of one sort take turns, and the
difference is its share: measured where it happens, with the caches as the other calls leave them.
The learning rate is 0 meanwhile, so that leaving calls out moves no weights.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.speed import configs
from benchmarks.speed.data import load
from benchmarks.speed.programs.trainer import job
from benchmarks.speed.rows import ROWS, Row
from nncli.engine.operations import Gather, Operation, Product
from nncli.engine.steppers.gradient import GradientStepper
from nncli.engine.tape import Tape
from nncli.engine.threads import limited

SORTS = ("products", "update", "gather", "rest")
TURNS = 7


@dataclass
class Breakdown:
    """Of a row: seconds a step; of each sort the number of its calls, and its share of the step."""

    row: str
    seconds: float
    calls: dict[str, int]
    shares: dict[str, float]


def measure(row: Row, least: float) -> Breakdown:
    """The shares of a full step; each turn takes about `least` seconds."""
    with tempfile.TemporaryDirectory() as folder:
        given = job(configs.write(row, load(row), Path(folder)), "numpy")
        state = given.start()
    with limited(given.training), np.errstate(all="ignore"):
        stepper = GradientStepper(given, state)
        for scalar in stepper.scalars.values():
            scalar[()] = 0.0
        sorted_operations = list(_sorted(stepper))
        tapes = {
            left_out: Tape(each for sort, each in sorted_operations if sort != left_out)
            for left_out in ("nothing", *SORTS)
        }
        seconds = _in_turns(tapes, least)
    whole = seconds.pop("nothing")
    shares = {
        sort: statistics.median(1 - b / a for a, b in zip(whole, without, strict=True))
        for sort, without in seconds.items()
    }
    calls = {sort: sum(sort == own for own, _ in sorted_operations) for sort in SORTS}
    return Breakdown(row.name, statistics.median(whole), calls, shares)


def _sorted(stepper: GradientStepper) -> Iterator[tuple[str, Operation]]:
    """The operations of a step, each with its sort."""
    if stepper.ordered_rows is not None:
        stepper.ordered_rows.draw()
        operations = stepper.ordered_rows.steps[0].operations
    else:
        operations = stepper.tapes[stepper.batches.batch].operations
    update = len(operations) - len(stepper.peephole.optimized(stepper.update_tape).operations)
    for place, operation in enumerate(operations):
        if place >= update:
            yield "update", operation
        elif isinstance(operation, Gather):
            yield "gather", operation
        elif isinstance(operation, Product) and not _spreads(operation):
            yield "products", operation
        else:
            yield "rest", operation


def _spreads(product: Product) -> bool:
    """Whether a factor is constant: such a product only sums, or spreads a row."""
    return not (product.left.flags.writeable and product.right.flags.writeable)


def _in_turns(tapes: dict[str, Tape], least: float) -> dict[str, list[float]]:
    """Seconds of one replay of each tape, a list of turns."""
    repeats = max(1, round(least / _time(tapes["nothing"], 10)))
    found: dict[str, list[float]] = {name: [] for name in tapes}
    for _ in range(TURNS):
        for name, tape in tapes.items():
            found[name].append(_time(tape, repeats))
    return found


def _time(tape: Tape, repeats: int) -> float:
    began = time.perf_counter()
    for _ in range(repeats):
        tape()
    return (time.perf_counter() - began) / repeats


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", nargs="+", default=list(ROWS))
    parser.add_argument("--least", type=float, default=0.05)
    given = parser.parse_args()
    for name in given.rows:
        print(json.dumps(asdict(measure(ROWS[name], given.least))), flush=True)


if __name__ == "__main__":
    main()
