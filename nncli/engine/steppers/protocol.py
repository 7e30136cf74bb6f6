"""The protocols of engines and steppers, through which the trainer makes steps.

A package offers an engine in the entry-point group `nncli.engines`, under the name that configs use
in `training.engine`: see docs/plugins.md.
"""

from abc import abstractmethod
from typing import Protocol

from nncli.engine.arena import Arena
from nncli.engine.job import Job
from nncli.engine.ranks import Ranks
from nncli.engine.state import TrainState
from nncli.engine.stop import Stop
from nncli.errors import Diverged


class Stepper(Protocol):
    """Trains a state epoch by epoch; only `epochs` has to be defined.

    The state has NumPy arrays, which are read and evaluated between two calls: an engine with
    arrays elsewhere writes theta, slots and counters back before a call returns. Meanwhile nobody
    else writes to the state, except to `state.plateau`.

    is_at_minimum: whether no later epoch would change the parameters.
    spare: memory that holds nothing between two calls, for evaluations; None if there is none.
    """

    is_at_minimum: bool = False
    spare: Arena | None = None

    @abstractmethod
    def epochs(self, last: int, stop: Stop, seconds: float) -> bool:
        """Train at least one epoch, and at most up to epoch `last`; return after about `seconds`.

        Returns whether no stop was requested before. `stop.requested` is checked between steps. The
        state has the counts of completed epochs and steps, where the next call continues; another
        stepper, made for that state, would continue with the same bits.
        """

    def located(self, error: Diverged) -> Diverged:
        """The error, with the step and the array that diverged first, if the engine can tell.

        The state is back at a finite moment, and may be changed.
        """
        return error

    def close(self) -> None:
        """Release what Python doesn't free by itself, such as threads."""
        return


class Engine(Protocol):
    """Makes a stepper for each training."""

    def refusal(self, job: Job) -> str:
        """Why the engine can't train a job; empty if it can. Nothing is trained here."""
        return ""

    @abstractmethod
    def stepper(self, job: Job, state: TrainState, ranks: Ranks) -> Stepper:
        """The stepper for a state. Its job has gradient steps, and wasn't refused."""
