"""Interrupt: Ctrl-C ends a command without state to save at once."""

import os
import signal
import threading
from contextlib import suppress

GRACE_SECONDS = 0.5  # for a command to remove partial output
SHOW_CURSOR = b"\x1b[?25h"  # a progress bar hides it


def end_now(number: int, words: str) -> None:
    """End the process at once, with the exit code of signal `number`."""
    if os.isatty(2):
        os.write(2, SHOW_CURSOR)
    with suppress(OSError):
        os.write(2, f"{words}\n".encode() if words else b"")
    os._exit(128 + number)


class EndOnInterrupt:
    """While entered, Ctrl-C ends the process at once, even during a matrix product.

    Python raises KeyboardInterrupt only between two bytecode instructions. A thread waits
    GRACE_SECONDS for it, then ends the process.
    """

    def __enter__(self) -> None:
        self.read_end, self.write_end = os.pipe()
        if hasattr(os, "set_blocking"):  # not on Windows: Python wants it non-blocking
            os.set_blocking(self.write_end, False)
        self.left = threading.Event()
        self.wakeup_before = signal.set_wakeup_fd(self.write_end, warn_on_full_buffer=False)
        self.thread = threading.Thread(target=self._end, daemon=True)
        self.thread.start()

    def __exit__(self, *error: object) -> None:
        signal.set_wakeup_fd(self.wakeup_before)
        self.left.set()
        os.close(self.write_end)
        self.thread.join()
        os.close(self.read_end)

    def _end(self) -> None:
        """The thread's function; it ends when the pipe is closed."""
        while content := os.read(self.read_end, 1):
            if content[0] == signal.SIGINT:
                if self.left.wait(GRACE_SECONDS):
                    return
                end_now(signal.SIGINT, "stopped")
