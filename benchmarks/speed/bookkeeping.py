"""Bookkeeping: the share of a run that goes into anything but its steps, at default settings.

Three runs of the same number of epochs, in turns: as `nncli train` makes it, with metrics, log,
progress and checkpoints; with the reports alone, which are the loss and the metrics of all rows at
an epoch's final weights; and without either.
"""

import argparse
import contextlib
import json
import os
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.speed import configs
from benchmarks.speed.data import load
from benchmarks.speed.programs import Program, trainer
from benchmarks.speed.rows import ROWS, Row
from nncli.artifacts.learning_curves import BackgroundPlotter
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_recorder import RunRecorder
from nncli.artifacts.run_training import train_to_end
from nncli.assembly.build import Built, build
from nncli.cli.progress import Progress
from nncli.cli.signals import StopOnSignal
from nncli.config.load import Source
from nncli.config.load import load as load_config
from nncli.engine.stop import Stop
from nncli.engine.threads import limited
from nncli.engine.trainer import train


@dataclass
class Bookkeeping:
    """Of a row: the epochs run, the rows of metrics.csv, and what goes beside the steps.

    scoring, keeping: the shares of the reports, and of log, progress and checkpoints.
    """

    row: str
    epochs: int
    seconds: float
    logged: int
    scoring: float
    keeping: float

    @property
    def share(self) -> float:
        """Of all that isn't a step."""
        return self.scoring + self.keeping


def measure(row: Row, least: float, repetitions: int) -> Bookkeeping:
    """A run whose steps take about `least` seconds."""
    with tempfile.TemporaryDirectory() as folder:
        path = configs.write(row, load(row), Path(folder))
        bare = trainer.program(trainer.job(path, "numpy"))
        epochs = _epochs(bare, least)
        whole, scoring, keeping = [], [], []
        for _ in range(repetitions):
            seconds, logged = _whole(path, epochs, Path(folder))
            reported, steps = _reported(path, epochs), epochs * _epoch(bare, epochs)
            whole.append(seconds)
            scoring.append((reported - steps) / seconds)
            keeping.append((seconds - reported) / seconds)
    medians = map(statistics.median, (scoring, keeping))
    return Bookkeeping(row.name, epochs, statistics.median(whole), logged, *medians)


def _epochs(bare: Program, least: float) -> int:
    epochs = 2
    while (seconds := epochs * _epoch(bare, epochs)) < least / 4:
        epochs *= 2
    return max(2, round(epochs * least / seconds))


def _epoch(bare: Program, epochs: int) -> float:
    """Seconds of one, from a run of several."""
    ran = bare(epochs)
    return ran.seconds / ran.epochs


def _built(path: Path, epochs: int) -> tuple[Built, Source]:
    given = [f"training.epochs={epochs}", "training.engine=numpy"]
    experiment, source = load_config(path, given)
    return build(experiment, source), source


def _reported(path: Path, epochs: int) -> float:
    """Seconds of a run whose reports nobody keeps."""
    job = _built(path, epochs)[0].job
    with limited(job.training):
        began = time.perf_counter()
        for _ in train(job):
            pass
        return time.perf_counter() - began


def _whole(path: Path, epochs: int, folder: Path) -> tuple[float, int]:
    """Seconds of a run in its directory, and the rows it logged."""
    built, source = _built(path, epochs)
    run = RunDirectory.create(folder / "runs", "row")
    recorder = RunRecorder(run, built, built.job.start())
    recorder.begin(source.text, path, [])
    with (
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stderr(nowhere),
        StopOnSignal(Stop()) as signals,
        BackgroundPlotter() as plotter,
    ):
        began = time.perf_counter()
        progress = Progress(epochs, quiet=False)
        train_to_end(recorder, plotter, signals.stop, progress.show)
        progress.close()
        seconds = time.perf_counter() - began
    run.unlock()
    return seconds, len(recorder.log.lines) - 1


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", nargs="+", default=list(ROWS))
    parser.add_argument("--least", type=float, default=4.0)
    parser.add_argument("--repetitions", type=int, default=3)
    given = parser.parse_args()
    for name in given.rows:
        found = measure(ROWS[name], given.least, given.repetitions)
        print(json.dumps(asdict(found)), flush=True)


if __name__ == "__main__":
    main()
