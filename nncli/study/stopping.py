"""Stopping: a file in the study's folder asks all its workers, wherever they are, to stop."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nncli.engine.stop import Stop

STOP = "stop"
LOOK_EVERY = 0.2  # seconds


def ask_to_stop(study: Path) -> None:
    """Ask the workers of a study to save their runs and end."""
    with suppress(OSError):
        (study / STOP).touch()


def take_back(study: Path) -> None:
    """Don't ask any more."""
    with suppress(OSError):
        (study / STOP).unlink()


@contextmanager
def watched_stop(study: Path) -> Iterator[Stop]:
    """A Stop that is requested once the study's workers are asked to stop."""
    stop, is_over = Stop(), threading.Event()

    def watch() -> None:
        while not is_over.wait(LOOK_EVERY):
            if (study / STOP).exists():
                stop.requested = True
                return

    stop.requested = (study / STOP).exists()
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        is_over.set()
        thread.join()
