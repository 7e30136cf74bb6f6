"""Stop requests: a file in the study's folder asks its workers on any machine to stop."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nncli.engine.stop import Stop

STOP_FILE = "stop"
POLL_SECONDS = 0.2


def request_stop(study: Path) -> None:
    """Ask a study's workers to save their runs and end."""
    with suppress(OSError):
        (study / STOP_FILE).touch()


def withdraw_request(study: Path) -> None:
    """Withdraw the request."""
    with suppress(OSError):
        (study / STOP_FILE).unlink()


@contextmanager
def watched_stop(study: Path) -> Iterator[Stop]:
    """A Stop that becomes requested when the study's stop file appears."""
    stop, is_over = Stop(), threading.Event()

    def watch() -> None:
        while not is_over.wait(POLL_SECONDS):
            if (study / STOP_FILE).exists():
                stop.requested = True
                return

    stop.requested = (study / STOP_FILE).exists()
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        is_over.set()
        thread.join()
