"""Duration: estimates how long a job will train, from a few steps whose result is discarded."""

import time
from contextlib import suppress

from nncli.engine.job import Job
from nncli.engine.stop import Stop
from nncli.engine.threads import limited
from nncli.engine.trainer import train
from nncli.errors import Diverged
from nncli.frozen import frozen

PROBE = 0.25  # seconds
STEPS = 32  # steps between two looks at the clock
PATIENCES = 4  # patiences after which early stopping has ended most runs


class StopAfter(Stop):
    """Requests a stop some seconds after `requested` was first read, which is when steps begin.

    What a stepper does before its first step, such as compiling, is not counted.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.began: float | None = None

    @property
    def requested(self) -> bool:
        if self.began is None:
            self.began = time.perf_counter()
        return self.passed >= self.seconds

    @requested.setter
    def requested(self, value: bool) -> None: ...

    @property
    def passed(self) -> float:
        """Seconds since steps began."""
        return 0.0 if self.began is None else time.perf_counter() - self.began

    def allowed(self, steps: int) -> int:
        return min(steps, STEPS)


@frozen
class Duration:
    """Estimated seconds of a run: the likely number, and if it trains for all its epochs."""

    likely: float
    most: float


def duration(job: Job) -> Duration:
    """Estimate the duration from a few measured steps; the job is not changed."""
    training, state, stop = job.training, job.start(), StopAfter(PROBE)
    began = time.perf_counter()
    with limited(training), suppress(Diverged):  # training reports it
        for _ in train(job, state, stop):
            pass
    passed = stop.passed
    before = time.perf_counter() - began - passed  # the time before the first step
    each = passed / max(state.step, 1) * training.steps_per_epoch
    stopping = training.early_stopping
    likely = min(training.epochs, PATIENCES * stopping.patience) if stopping else training.epochs
    return Duration(before + each * likely, before + each * training.epochs)
