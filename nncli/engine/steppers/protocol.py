"""Stepper: what an engine of training is to the trainer."""

from abc import abstractmethod
from typing import Protocol

from nncli.engine.stop import Stop
from nncli.errors import Diverged


class Stepper(Protocol):
    """Moves a state from epoch to epoch; `epochs` is all that an engine has to bring.

    is_at_minimum: whether no later epoch would change the parameters.
    """

    is_at_minimum: bool = False

    @abstractmethod
    def epochs(self, last: int, stop: Stop, seconds: float) -> bool:
        """Epochs up to `last`, one at least; fewer once so many seconds are over.

        Returns whether they went by before a stop was requested. The state counts the epochs and
        steps made, and is where the next call goes on.
        """

    def located(self, error: Diverged) -> Diverged:
        """The error, with the step and the array that first left the finite numbers, if an engine
        can tell. The state is back at a finite moment, and may be moved.
        """
        return error

    def close(self) -> None:
        """Let go of what Python doesn't free by itself, such as threads."""
        return
