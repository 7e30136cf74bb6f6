"""Signals: the first one that asks to end asks for a stop, a second one ends the process at once.

Ctrl-C sends SIGINT, `kill` and batch systems SIGTERM, a terminal that is closed SIGHUP. Those that
the process was started to ignore stay ignored, as `nohup` and a script's `&` have it.
"""

import os
import select
import signal
import threading
import time
from types import FrameType

from nncli.cli.presses import Presses
from nncli.engine.stop import Stop

SHOW_CURSOR = b"\x1b[?25h"  # which a progress bar has hidden


class StopOnSignal:
    """While entered, signals set `stop.requested`; `received` is the signal, if one came.

    Python runs a handler only between two of its own instructions, and a product of large matrices
    is one: so it is a thread that waits for the second signal, told by the interpreter's C handler
    of each. After a stop the process has only its exit code left to give, and ignores signals.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        self.received: int | None = None

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.received is None:
            self.received = number
        self.stop.requested = True

    def __enter__(self) -> "StopOnSignal":
        self.told, self.teller = os.pipe()
        os.set_blocking(self.teller, False)
        self.teller_before = signal.set_wakeup_fd(self.teller, warn_on_full_buffer=False)
        self.thread = threading.Thread(target=self._wait_for_second, daemon=True)
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
        signal.set_wakeup_fd(self.teller_before)
        os.close(self.teller)
        self.thread.join()
        os.close(self.told)

    def _wait_for_second(self) -> None:
        """The thread: read the number of each signal until the pipe is closed."""
        presses, number = Presses(), 0
        while True:
            left = None if presses.deadline is None else presses.deadline - time.monotonic()
            if left is not None and not select.select([self.told], [], [], max(left, 0))[0]:
                if presses.is_second():
                    _leave(128 + number)
            elif content := os.read(self.told, 1):
                number = content[0]
                if number in self.SIGNALS:
                    presses.take(time.monotonic())
            else:
                return

    @property
    def exit_code(self) -> int:
        """128 plus the signal's number, as shells count; 0 if none came."""
        return 0 if self.received is None else 128 + self.received


def _leave(code: int) -> None:
    """End the process now, whatever its other threads are doing."""
    if os.isatty(2):
        os.write(2, SHOW_CURSOR)
    os._exit(code)
