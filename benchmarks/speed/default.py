"""Default: the engine that a run at default settings takes (`training.engine: auto`)."""

from dataclasses import replace
from pathlib import Path

from benchmarks.speed.programs import ENGINES
from benchmarks.speed.rows import Row
from nncli.assembly.build import build
from nncli.config.load import load
from nncli.engine.job import Job
from nncli.engine.steppers.choice import pays

MAX_UPDATES = 1 << 30


def built(row: Row, folder: Path) -> Job:
    """The run that a row is about, with its engine chosen; the row's config is in the folder."""
    experiment, source = load(folder / f"{row.name}.yaml", [f"training.epochs={row.epochs}"])
    return build(experiment, source).job


def default(job: Job) -> str:
    """The program that is this run."""
    return next(name for name, engine in ENGINES.items() if engine == job.training.engine)


def compiled_from(job: Job) -> int | None:
    """Updates from which compiling is expected to pay, found by halving; None if it never is."""
    steps = job.steps_per_epoch
    short, long = 0, MAX_UPDATES // steps
    if not _pays(job, long):
        return None
    while long - short > 1:
        middle = (short + long) // 2
        short, long = (short, middle) if _pays(job, middle) else (middle, long)
    return long * steps


def _pays(job: Job, epochs: int) -> bool:
    return pays(replace(job, training=replace(job.training, epochs=epochs)))
