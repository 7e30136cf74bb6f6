"""Interrupt: Ctrl-C ends a command that has nothing to save, whatever it is doing."""

import os
import signal
import threading
from contextlib import suppress

GRACE = 0.5  # seconds that a command has to put away what it was about to write
SHOW_CURSOR = b"\x1b[?25h"  # which a progress bar has hidden


def end_now(number: int, words: str) -> None:
    """End the process, whatever its threads are doing: with the exit code that shells count."""
    if os.isatty(2):
        os.write(2, SHOW_CURSOR)
    with suppress(OSError):
        os.write(2, f"{words}\n".encode() if words else b"")
    os._exit(128 + number)


class EndOnInterrupt:
    """While entered, Ctrl-C ends the process at once, be it in the middle of a product of matrices.

    Python raises KeyboardInterrupt only between two of its own instructions. A thread waits a
    moment for it to do its work, and then for nothing.
    """

    def __enter__(self) -> None:
        self.read_end, self.write_end = os.pipe()
        if hasattr(os, "set_blocking"):  # which Python asks for, but on Windows
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
        """The thread, until the pipe is closed."""
        while content := os.read(self.read_end, 1):
            if content[0] == signal.SIGINT:
                if self.left.wait(GRACE):
                    return
                end_now(signal.SIGINT, "stopped")
