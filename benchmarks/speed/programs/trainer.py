"""nncli, through its real trainer: a config, built and trained, on either engine."""

import dataclasses
import math
import time
from pathlib import Path

import numpy as np

from benchmarks.speed import configs
from benchmarks.speed.programs import Missing, Program, Ran, Task
from nncli.assembly.build import build
from nncli.config.load import load
from nncli.engine import trainer
from nncli.engine.job import Job
from nncli.engine.threads import limited
from nncli.errors import ConfigError


def make(task: Task, engine: str) -> Program:
    config = configs.write(task.row, task.data, task.folder, task.threads)
    return program(job(config, engine))


def job(config: Path, engine: str) -> Job:
    """The job that a config declares. Raises Missing where this engine can't be had."""
    experiment, source = load(config, [f"training.engine={engine}"])
    try:
        built = build(experiment, source)
    except ConfigError as error:
        if engine == "numpy":
            raise
        raise Missing(error.problems[0].message) from None
    if built.experiment.training.engine != engine:
        raise Missing(", ".join(built.warnings))
    return built.job


def program(given: Job, *, keeps_weights: bool = True) -> Program:
    """Its steps without its reports.

    keeps_weights: whether the weights of before the last epoch are copied, to be compared.

    A report each n epochs and one after the last of 2n + 1: the first n warm up, and from the time
    of the second n that of the single epoch is taken off, and with it the report.
    """
    trainer.MAX_SILENCE_SECONDS = math.inf  # no report by the clock in between

    def run(epochs: int) -> Ran:
        training = dataclasses.replace(given.training, epochs=2 * epochs + 1)
        own = dataclasses.replace(given, training=training, log_every=epochs)
        state = own.start()
        with limited(training):
            reports = trainer.train(own, state)
            next(reports)
            next(reports)
            kept = state.theta.copy() if keeps_weights else state.theta
            tensors = own.network.layout.views(kept)
            moments = [time.perf_counter()]
            moments += [time.perf_counter() for _ in reports]
        many, one = np.diff(moments)
        names = [f"{node.name}/{name}" for node in own.network.nodes for name in "Wb"]
        return Ran(many - one, epochs - 1, [tensors[name] for name in names])

    return run
