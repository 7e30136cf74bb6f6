"""Streams: write text safely to terminals, closed streams, full disks and any encoding."""

import codecs
import errno
import io
import json
import os
import select
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

import click

from nncli.errors import escaped

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class WholeWrites(io.RawIOBase):
    """A raw stream whose writes are complete, or raise OSError.

    The system may write only a part, on a nearly full disk or a non-blocking pipe. Python's
    unbuffered streams (PYTHONUNBUFFERED, usual in containers) silently drop the rest.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def fileno(self) -> int:
        return self.descriptor

    def isatty(self) -> bool:
        return os.isatty(self.descriptor)

    def writable(self) -> bool:
        return True

    def write(self, content: "ReadableBuffer", /) -> int:
        left = memoryview(content).cast("B")
        size = len(left)
        while left:
            try:
                left = left[os.write(self.descriptor, left) :]
            except BlockingIOError:  # a full pipe: wait for its reader
                select.select([], [self.descriptor], [])
            except OSError as error:
                if os.name == "nt" and error.errno == errno.EINVAL:  # a pipe without a reader
                    raise BrokenPipeError from error
                raise
        return size


def write_all_or_fail() -> None:
    """Replace stdout and stderr by streams that write completely, or raise OSError."""
    if sys.stdout is sys.__stdout__:  # not a test's capture
        sys.stdout = _whole(sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _whole(sys.stderr)


def _as_escapes(error: UnicodeError) -> tuple[str, int]:
    """An encoding error handler: JSON escapes for characters that the encoding lacks."""
    assert isinstance(error, UnicodeEncodeError)
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error("nncli.escapes", _as_escapes)


def _whole(stream: Any) -> TextIO:
    """A complete-writing stream that escapes characters its encoding lacks, as on Windows."""
    stream.flush()
    if os.name == "nt" and stream.isatty():  # a console needs Python's own stream
        stream.reconfigure(line_buffering=True)
        return cast(TextIO, stream)
    return io.TextIOWrapper(
        io.BufferedWriter(WholeWrites(stream.fileno())),
        encoding=stream.encoding,
        errors="nncli.escapes" if stream.errors == "strict" else stream.errors,
        line_buffering=True,
    )


def open_closed_streams() -> None:
    """Open streams that were closed at the start of the process.

    Otherwise the first opened file would get descriptor 1 or 2, and receive output.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def discard_unwritable_output() -> None:
    """Drop the output that couldn't be written, else the interpreter would try again at exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def echo(text: object = "", *, err: bool = False) -> None:
    """Print lines, with terminal control characters, as in a column's name, escaped."""
    lines = [escaped(line) for line in str(text).split("\n")]
    click.echo("\n".join(lines), err=err)  # noqa: TID251


def echo_line(text: object, *, err: bool = False) -> None:
    """Print one line, with newlines in it escaped too."""
    echo(escaped(str(text)), err=err)


def echo_err(text: str) -> None:
    """Print lines on stderr; a closed stderr is ignored, so that a run continues."""
    with suppress(OSError):
        echo(text, err=True)


def warn(text: object) -> None:
    """Print `warning: ` and one line on stderr."""
    echo_err(escaped(f"warning: {text}"))


def write_out(text: str) -> None:
    """Write a machine-readable or already escaped text to stdout."""
    click.echo(text, nl=False)  # noqa: TID251
