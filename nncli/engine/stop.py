"""Stop: a request to end training, which steppers look at between steps."""

import time
from dataclasses import dataclass

from nncli.engine.state import TrainState


@dataclass
class Stop:
    """A request to stop, looked at before every step; a signal handler sets it."""

    requested: bool = False

    def allowed(self, steps: int) -> int:
        """How many of the next `steps` may be made before looking again."""
        return steps

    def now(self) -> float:
        """Seconds, by the clock that decides how long to go on."""
        return time.perf_counter()


class StopAt(Stop):
    """Stops by itself when a state has made `step` steps; before that, if `asked` is requested."""

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
