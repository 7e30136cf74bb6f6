"""Bookkeeping: the share of a run that goes into anything but its steps, at default settings.

By the row's default engine, two runs of the same number of epochs, in turns: as `nncli train`
makes it, with metrics, log, progress and checkpoints, in which every scoring is timed; and without
any of it. What making the engine takes, which is compiling, is timed by itself.
"""

import argparse
import contextlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.speed import configs, default
from benchmarks.speed.data import load
from benchmarks.speed.programs import Program, trainer
from benchmarks.speed.rows import ROWS, Row
from nncli.artifacts.background_plotter import BackgroundPlotter
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_recorder import RunRecorder
from nncli.artifacts.run_training import train_to_end
from nncli.assembly.build import Built, build
from nncli.cli.progress import Progress
from nncli.cli.signals import StopOnSignal
from nncli.config.load import Source
from nncli.config.load import load as load_config
from nncli.engine.epoch_monitor import EpochReport
from nncli.engine.epoch_scorer import EpochScorer
from nncli.engine.steppers.choice import stepper
from nncli.engine.stop import Stop

MIN_EPOCHS, SHORTER = 2, 3  # epochs of a run; bare steps are timed over a third of them
WHOLE = 50  # epochs from which scoring can be spared: there are ten scored ones at least


@dataclass
class Bookkeeping:
    """Of a row: the engine, the epochs run, the rows of metrics.csv, and what isn't steps.

    seconds: without compiling, which took `compiling` more.
    scoring: the share of the loss and the metrics of all rows, at logged epochs' final weights.
    keeping: the share of what is neither that nor steps: log, progress and checkpoints.
    """

    row: str
    engine: str
    epochs: int
    seconds: float
    compiling: float
    logged: int
    scoring: float
    keeping: float


def measure(row: Row, least: float, repetitions: int) -> Bookkeeping:
    """The run that the row is about, or a shorter one whose steps take about `least` seconds."""
    with tempfile.TemporaryDirectory() as folder:
        path = configs.write(row, load(row), Path(folder))
        engine = default.built(row, Path(folder)).training.engine
        bare = trainer.program(trainer.job(path, engine))
        epochs = _epochs(row, bare, least)
        given = [f"training.epochs={epochs}", f"training.engine={engine}"]
        whole, compiling, scoring, keeping = [], [], [], []
        for _ in range(repetitions):
            making = _making(path, given)
            seconds, scored, logged = _whole(path, given, Path(folder))
            seconds -= making
            steps = epochs * _epoch(bare, max(MIN_EPOCHS, epochs // SHORTER))
            whole.append(seconds)
            compiling.append(making)
            scoring.append(scored / seconds)
            keeping.append((seconds - scored - steps) / seconds)
    took, made, *shares = map(statistics.median, (whole, compiling, scoring, keeping))
    return Bookkeeping(row.name, engine, epochs, took, made, logged, *shares)


def _epochs(row: Row, bare: Program, least: float) -> int:
    """The row's own, or as many of them as its steps take so long for; WHOLE at least."""
    epochs = MIN_EPOCHS
    while (seconds := epochs * _epoch(bare, epochs)) < least / 4 and epochs < row.epochs:
        epochs *= 2
    return min(row.epochs, max(WHOLE, round(epochs * least / seconds)))


def _epoch(bare: Program, epochs: int) -> float:
    """Seconds of one, from a run of several."""
    ran = bare(epochs)
    return ran.seconds / ran.epochs


def _built(path: Path, given: list[str]) -> tuple[Built, Source]:
    experiment, source = load_config(path, given)
    return build(experiment, source), source


def _making(path: Path, given: list[str]) -> float:
    """Seconds until the engine is there."""
    job = _built(path, given)[0].job
    state = job.start()
    began = time.perf_counter()
    stepper(job, state).close()
    return time.perf_counter() - began


def _whole(path: Path, given: list[str], folder: Path) -> tuple[float, float, int]:
    """Seconds of a run in its directory, those of its scoring, and the rows it logged."""
    built, source = _built(path, given)
    epochs = built.job.training.epochs
    run = RunDirectory.create(folder / "runs", "row")
    recorder = RunRecorder(run, built, built.job.start())
    recorder.begin(source.text, path, [])
    with (
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stderr(nowhere),
        StopOnSignal(Stop()) as signals,
        BackgroundPlotter() as plotter,
        _timed_scoring() as scored,
    ):
        began = time.perf_counter()
        progress = Progress(epochs, quiet=False)
        train_to_end(recorder, plotter, signals.stop, progress.show)
        progress.close()
        seconds = time.perf_counter() - began
    run.unlock()
    return seconds, sum(scored), len(recorder.log.lines) - 1


@contextlib.contextmanager
def _timed_scoring() -> Iterator[list[float]]:
    """Seconds of each scoring of an epoch, those of the end included."""
    own, spent = EpochScorer.scored, list[float]()

    def scored(self: EpochScorer, report: EpochReport, splits: Collection[str]) -> EpochReport:
        began = time.perf_counter()
        try:
            return own(self, report, splits)
        finally:
            spent.append(time.perf_counter() - began)

    EpochScorer.scored = scored  # type: ignore[method-assign]
    try:
        yield spent
    finally:
        EpochScorer.scored = own  # type: ignore[method-assign]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", nargs="+", default=list(ROWS))
    parser.add_argument("--least", type=float, default=3.0)
    parser.add_argument("--repetitions", type=int, default=2)
    given = parser.parse_args()
    for name in given.rows:
        found = measure(ROWS[name], given.least, given.repetitions)
        print(json.dumps(asdict(found)), flush=True)


if __name__ == "__main__":
    main()
