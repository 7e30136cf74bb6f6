"""Engine and stepper: what makes the steps of training, and what it is to the trainer.

A package offers an engine of its own in the entry-point group `nncli.engines`, under the name that
configs give it in `training.engine`: docs/plugins.md.
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
    """Moves a state from epoch to epoch; `epochs` is all that an engine has to bring.

    The state's arrays are NumPy's, and are read and evaluated between two calls: an engine that
    has its own elsewhere writes theta, slots and counters back before a call returns. Nobody else
    writes to them meanwhile, but for `state.plateau`.

    is_at_minimum: whether no later epoch would change the parameters.
    spare: memory that holds nothing between two calls, for evaluations; None: there is none.
    """

    is_at_minimum: bool = False
    spare: Arena | None = None

    @abstractmethod
    def epochs(self, last: int, stop: Stop, seconds: float) -> bool:
        """Epochs up to `last`, one at least; fewer once so many seconds are over.

        Returns whether they went by before a stop was requested. The state counts the epochs and
        steps made, and is where the next call goes on: another stepper, made then for the same
        state, would go on with the same bits. `stop.requested` is looked at between steps.
        """

    def located(self, error: Diverged) -> Diverged:
        """The error, with the step and the array that first left the finite numbers, if an engine
        can tell. The state is back at a finite moment, and may be moved.
        """
        return error

    def close(self) -> None:
        """Let go of what Python doesn't free by itself, such as threads."""
        return


class Engine(Protocol):
    """Makes steppers, one for each training."""

    def refusal(self, job: Job) -> str:
        """Why it can't make the steps of a job; empty if it can. Nothing is trained here."""
        return ""

    @abstractmethod
    def stepper(self, job: Job, state: TrainState, ranks: Ranks) -> Stepper:
        """What moves this state. Its job has gradient steps, and wasn't refused."""
