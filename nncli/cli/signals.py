"""Signals: the first termination signal requests a stop, a second one ends the process at once.

Ctrl-C sends SIGINT, `kill` and batch systems SIGTERM, a closed terminal SIGHUP; on Windows,
Ctrl-Break and a closed console send SIGBREAK. Signals that are ignored at the start, as under
`nohup` or a script's `&`, stay ignored.

One request may arrive as several signals: `timeout` signals a process and then its group, shells
and `make` forward what the terminal has already sent, and a held key repeats, after a pause of up
to 0.7 s, ten to sixty times a second.
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

SAME_REQUEST_SECONDS = 1.0  # largest gap between signals of one request


def second_request(signals: Iterable[tuple[float, int]]) -> int | None:
    """The number of the signal that asks to stop for the second time; None if none does yet.

    signals: (arrival time, number).
    """
    for (before, _), (now, number) in pairwise(signals):
        if now - before > SAME_REQUEST_SECONDS:
            return number
    return None


class StopOnSignal:
    """While entered, signals set `stop.requested`; `received` is the first signal, if any.

    While `is_preparing`, there is nothing to save, so the first signal ends the process.

    Python runs a handler only between two bytecode instructions, which a large matrix product
    delays: so a thread waits for the second request, woken by the interpreter's C handler. After
    a stop the process ignores signals, to return its exit code.
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
        if hasattr(os, "set_blocking"):  # not on Windows: Python wants it non-blocking
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
        """The thread's function; it ends when the pipe is closed."""
        if number := second_request(self._arrivals()):
            end_now(number, "")

    def _arrivals(self) -> Iterator[tuple[float, int]]:
        """Yield (time, number) of each signal, until the pipe is closed."""
        while content := os.read(self.read_end, 1):
            if content[0] in self.SIGNALS:
                if self.is_preparing:
                    end_now(content[0], "stopped before training: nothing was written")
                yield time.monotonic(), content[0]

    @property
    def exit_code(self) -> int:
        """128 + the signal's number; 0 if none came."""
        return 0 if self.received is None else 128 + self.received
