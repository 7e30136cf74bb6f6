"""Signals: the first one that asks to end asks for a stop, a second one ends the process at once.

Ctrl-C sends SIGINT, `kill` and batch systems SIGTERM, a terminal that is closed SIGHUP; on Windows,
Ctrl-Break and a console that is closed SIGBREAK. Those that
the process was started to ignore stay ignored, as `nohup` and a script's `&` have it.

One request may arrive as several signals: `timeout` signals a process and then its group, shells
and `make` pass on what the terminal has sent to all of them already, and a key held down repeats,
after a pause of up to 0.7 s, ten to sixty times a second.
"""

import os
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from itertools import pairwise
from types import FrameType

from nncli.cli.interrupt import end_now
from nncli.engine.stop import Stop

SAME_REQUEST = 1.0  # seconds from one signal to the next, at the most


def second_request(signals: Iterable[tuple[float, int]]) -> int | None:
    """The number of the first signal that is a request of its own; None if none is.

    signals: when each arrived and its number.
    """
    for (before, _), (now, number) in pairwise(signals):
        if now - before > SAME_REQUEST:
            return number
    return None


class StopOnSignal:
    """While entered, signals set `stop.requested`; `received` is the signal, if one came.

    As long as it `is_preparing` there is nothing to save, and the first signal ends the process.

    Python runs a handler only between two of its own instructions, and a product of large matrices
    is one: so it is a thread that waits for the second request, woken by the interpreter's own
    handler, in C. After a stop the process has only its exit code left to give: it ignores signals.
    """

    NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    SIGNALS = tuple(getattr(signal, name) for name in NAMES if hasattr(signal, name))

    def __init__(self, stop: Stop, *, is_preparing: bool = False) -> None:
        self.stop, self.is_preparing = stop, is_preparing
        self.received: int | None = None

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.received is None:
            self.received = number
        self.stop.requested = True

    def __enter__(self) -> "StopOnSignal":
        self.read_end, self.write_end = os.pipe()
        if hasattr(os, "set_blocking"):  # which Python asks for, but on Windows
            os.set_blocking(self.write_end, False)
        self.wakeup_before = signal.set_wakeup_fd(self.write_end, warn_on_full_buffer=False)
        self.thread = threading.Thread(target=self._end_at_second_request, daemon=True)
        self.thread.start()
        self.before = {
            number: signal.signal(number, self._handle)
            for number in self.SIGNALS
            if signal.getsignal(number) is not signal.SIG_IGN
        }
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler if self.received is None else signal.SIG_IGN)
        signal.set_wakeup_fd(self.wakeup_before)
        os.close(self.write_end)
        self.thread.join()
        os.close(self.read_end)

    def _end_at_second_request(self) -> None:
        """The thread, until the pipe is closed."""
        if number := second_request(self._arrivals()):
            end_now(number, "")

    def _arrivals(self) -> Iterator[tuple[float, int]]:
        """Each signal as it arrives, until the pipe is closed."""
        while content := os.read(self.read_end, 1):
            if content[0] in self.SIGNALS:
                if self.is_preparing:
                    end_now(content[0], "stopped before training: nothing was written")
                yield time.monotonic(), content[0]

    @property
    def exit_code(self) -> int:
        """128 plus the signal's number, as shells count; 0 if none came."""
        return 0 if self.received is None else 128 + self.received
