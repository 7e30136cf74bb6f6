"""Waiting: for what another process is about to do, however slow it is today."""

import time
from collections.abc import Callable

PATIENCE = 300.0  # seconds, after which it counts as hanging


def until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)
