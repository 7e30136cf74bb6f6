"""Streams: what becomes of words where nobody listens, or nobody can."""

import os
import sys
from contextlib import suppress

import click


def open_closed_streams() -> None:
    """Give a process that was started with closed streams empty ones.

    Else the first file that it opens would take the number of one, and be written to as such.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115


def discard_unwritable_output() -> None:
    """Drop what can't be written any more, which the interpreter would try again as it ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def echo_err(text: str) -> None:
    """Lines on stderr, for whoever still reads there: a run goes on without."""
    with suppress(OSError):
        click.echo(text, err=True)
