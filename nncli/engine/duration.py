"""Duration: how long training a job will take, by a few steps of it that nothing is kept of."""

import time
from contextlib import suppress

from nncli.engine.job import Job
from nncli.engine.stop import Stop
from nncli.engine.threads import limited
from nncli.engine.trainer import train
from nncli.errors import Diverged
from nncli.frozen import frozen

PROBE = 0.25  # seconds
STEPS = 32  # between two looks at the clock
PATIENCES = 4  # after so many, early stopping has ended most runs


class StopAfter(Stop):
    """Stops by itself some seconds after steps began: when it was first looked at.

    What a stepper does before, such as making machine code, is no part of any step.
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
        """Seconds."""
        return 0.0 if self.began is None else time.perf_counter() - self.began

    def allowed(self, steps: int) -> int:
        return min(steps, STEPS)


@frozen
class Duration:
    """Seconds of one run: what is likely, and if it makes all its epochs."""

    likely: float
    most: float


def duration(job: Job) -> Duration:
    """Measure a few steps, and count how many there may be; the job is left as it is."""
    training, state, stop = job.training, job.start(), StopAfter(PROBE)
    began = time.perf_counter()
    with limited(training), suppress(Diverged):  # which training itself tells of
        for _ in train(job, state, stop):
            pass
    passed = stop.passed
    before = time.perf_counter() - began - passed  # any step: once, however many there are
    each = passed / max(state.step, 1) * training.steps_per_epoch
    stopping = training.early_stopping
    likely = min(training.epochs, PATIENCES * stopping.patience) if stopping else training.epochs
    return Duration(before + each * likely, before + each * training.epochs)
