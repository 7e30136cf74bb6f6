"""Stop: a request to end training, which steppers check between steps."""

import time
from dataclasses import dataclass

from nncli.engine.state import TrainState


@dataclass
class Stop:
    """A request to stop; a signal handler, for example, sets it."""

    requested: bool = False

    def allowed(self, steps: int) -> int:
        """How many of the next `steps` steps may be made before `requested` has to be checked."""
        return steps

    def now(self) -> float:
        """Seconds by the clock that decides how long a stepper goes on."""
        return time.perf_counter()


class StopAt(Stop):
    """Becomes requested when a state has made `step` steps, or when `asked` is requested."""

    def __init__(self, state: TrainState, step: int, asked: Stop) -> None:
        self.state, self.step, self.asked = state, step, asked

    @property
    def requested(self) -> bool:
        return self.asked.requested or self.state.step >= self.step

    @requested.setter
    def requested(self, value: bool) -> None:
        self.asked.requested = value

    def allowed(self, steps: int) -> int:
        return min(steps, self.step - self.state.step)

    def now(self) -> float:
        return self.asked.now()
