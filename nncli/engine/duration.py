"""Duration: how long training a job will take, by a few steps of it that nothing is kept of."""

import time
from contextlib import suppress
from dataclasses import dataclass

from nncli.engine.job import Job
from nncli.engine.stop import Stop
from nncli.engine.threads import limited
from nncli.engine.trainer import train
from nncli.errors import Diverged

PROBE = 0.25  # seconds
STEPS = 32  # between two looks at the clock
PATIENCES = 4  # after so many, early stopping has ended most runs


class StopAfter(Stop):
    """Stops by itself when some seconds have passed since it was last wound up."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.wind_up()

    def wind_up(self) -> None:
        """Begin to count anew."""
        self.began = time.perf_counter()

    @property
    def requested(self) -> bool:
        return self.passed >= self.seconds

    @requested.setter
    def requested(self, value: bool) -> None: ...

    @property
    def passed(self) -> float:
        """Seconds."""
        return time.perf_counter() - self.began

    def allowed(self, steps: int) -> int:
        return min(steps, STEPS)


@dataclass(frozen=True)
class Duration:
    """Seconds of one run: what is likely, and if it makes all its epochs."""

    likely: float
    most: float


def duration(job: Job) -> Duration:
    """Measure a few steps, and count how many there may be; the job is left as it is."""
    training, state = job.training, job.start()
    per_epoch = training.steps_per_epoch
    with limited(training), suppress(Diverged):  # which training itself tells of
        stop = StopAfter(PROBE)
        for report in train(job, state, stop):
            if report.epoch == 0:
                stop.wind_up()
    seconds = stop.passed
    each = seconds / max(state.step, 1) * per_epoch
    stopping = training.early_stopping
    likely = min(training.epochs, PATIENCES * stopping.patience) if stopping else training.epochs
    return Duration(each * likely, each * training.epochs)
