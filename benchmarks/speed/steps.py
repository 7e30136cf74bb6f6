"""Steps: what one training step costs in each program, measured in turns.

The runs of all programs take about as long as one another. They take turns, each time in another
order, and a ratio is the median of the turns' own ratios: what else the machine does then hits both
sides of it.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.speed.data import final_loss, load
from benchmarks.speed.default import built, compiled_from, default
from benchmarks.speed.programs import DEFAULT, PROGRAMS, Missing, Program, Task
from benchmarks.speed.rows import ROWS, Row

TOLERANCE = 5e-3  # of the losses, relative
MIN_EPOCHS = 3  # epochs of a run
REFERENCE = "nncli numpy"  # whose loss the others have to reach


@dataclass
class Steps:
    """What was measured of a row.

    seconds: a step's, by program, one a turn.  loss: after the row's checked epochs, by program.
    missing: why a program isn't there.  default: which of them `nncli` is.
    compiled_from: updates from which compiling is expected to pay; None: however long, it isn't.
    """

    row: str
    threads: int
    seconds: dict[str, list[float]] = field(default_factory=dict)
    loss: dict[str, float] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    default: str = ""
    compiled_from: int | None = None

    def median(self, program: str) -> float:
        """Seconds a step."""
        return statistics.median(self.seconds[program])

    def spread(self, program: str) -> tuple[float, float]:
        """The quartiles."""
        lower, _, upper = statistics.quantiles(self.seconds[program], n=4)
        return lower, upper

    def ratio(self, program: str, to: str) -> float | None:
        """How many times longer `program` takes than `to`; None if one of them is missing."""
        if program not in self.seconds or to not in self.seconds:
            return None
        pairs = zip(self.seconds[program], self.seconds[to], strict=True)
        return statistics.median(one / other for one, other in pairs)


@dataclass
class Clock:
    """One program of a row, and how many epochs to run it."""

    run: Program
    steps_per_epoch: int
    epochs: int = MIN_EPOCHS

    def calibrate(self, least: float) -> None:
        """Make a run last for about so many seconds."""
        while (ran := self.run(self.epochs)).seconds < least / 4:
            self.epochs *= 4
        self.epochs = max(MIN_EPOCHS, round(ran.epochs * least / ran.seconds))

    def seconds_a_step(self) -> float:
        ran = self.run(self.epochs)
        return ran.seconds / (ran.epochs * self.steps_per_epoch)


def measure(row: Row, threads: int, names: Iterable[str], repetitions: int, least: float) -> Steps:
    """Check that all end at the same loss, then time them in turns."""
    found = Steps(row.name, threads)
    with tempfile.TemporaryDirectory() as folder:
        data = load(row)
        task = Task(row, data, Path(folder), threads)
        clocks: dict[str, Clock] = {}
        for name in names:
            try:
                run = PROGRAMS[name](task)
            except Missing as reason:
                found.missing[name] = str(reason)
                continue
            if (weights := run(row.checked_epochs).weights) is not None:
                found.loss[name] = final_loss(row, weights, data)
            clocks[name] = Clock(run, row.steps_per_epoch)
        check(found)
        for clock in clocks.values():
            clock.calibrate(least)
        take_turns(found, clocks, repetitions)
        if row.updates:
            job = built(row, Path(folder))
            found.default, found.compiled_from = default(job), compiled_from(job)
    if found.default in found.seconds:
        found.seconds = {DEFAULT: found.seconds[found.default], **found.seconds}
    return found


def check(found: Steps) -> None:
    """Raises SystemExit if a program ended at another loss than nncli's numpy engine."""
    own = found.loss[REFERENCE]
    for name, loss in found.loss.items():
        if not abs(loss - own) <= TOLERANCE * abs(own):
            sys.exit(f"{found.row}: {name} ended at loss {loss}, {REFERENCE} at {own}")


def take_turns(found: Steps, clocks: dict[str, Clock], repetitions: int) -> None:
    order = list(clocks)
    random = np.random.default_rng(0)
    for _ in range(repetitions):
        random.shuffle(order)
        for name in order:
            found.seconds.setdefault(name, []).append(clocks[name].seconds_a_step())


def keep_to(threads: int) -> None:
    """Leave this process so many cores: some programs size their pools by the cores they see."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def main() -> None:
    """Measure the rows named, with as many threads as the environment was made for; print JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", nargs="+", default=list(ROWS))
    parser.add_argument("--programs", nargs="+", default=list(PROGRAMS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--least", type=float, default=0.15)
    given = parser.parse_args()
    keep_to(given.threads)
    for name in given.rows:
        steps = measure(ROWS[name], given.threads, given.programs, given.repetitions, given.least)
        print(json.dumps(asdict(steps)), flush=True)


if __name__ == "__main__":
    main()
