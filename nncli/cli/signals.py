"""Signals: the first SIGINT or SIGTERM asks for a stop, a second one ends the process at once."""

import os
import signal
import time
from types import FrameType, TracebackType

from nncli.engine.stepper import Stop

PATIENCE = 1.0  # seconds in which a second signal is the same one: keys repeat


class StopOnSignal:
    """While entered, signals set `stop.requested`; `received` is the signal, if one came."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        self.received: int | None = None
        self.since = 0.0

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.received is not None and time.monotonic() - self.since > PATIENCE:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        if self.received is None:
            self.received, self.since = number, time.monotonic()
        self.stop.requested = True

    def __enter__(self) -> "StopOnSignal":
        self.before = {number: signal.signal(number, self._handle) for number in self.SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    @property
    def exit_code(self) -> int:
        """128 plus the signal's number, as shells count; 0 if none came."""
        return 0 if self.received is None else 128 + self.received
