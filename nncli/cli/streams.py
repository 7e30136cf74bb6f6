"""Streams: what becomes of words where nobody listens, or nobody can."""

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
    """A descriptor of which every write writes all, or raises OSError.

    The system may take only the beginning of what it is given: as much as the disk still has room
    for, or a pipe that doesn't block. Python's own unbuffered streams (PYTHONUNBUFFERED, usual in
    containers) leave it at that without a word.
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
            except BlockingIOError:  # a full pipe: until its reader has made room
                select.select([], [self.descriptor], [])
            except OSError as error:
                if os.name == "nt" and error.errno == errno.EINVAL:  # a pipe without a reader
                    raise BrokenPipeError from error
                raise
        return size


def write_all_or_fail() -> None:
    """Make stdout and stderr write all that they are given, or raise OSError."""
    if sys.stdout is sys.__stdout__:  # and not what a test listens to
        sys.stdout = _whole(sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _whole(sys.stderr)


def _as_escapes(error: UnicodeError) -> tuple[str, int]:
    """Signs that an encoding lacks, as escapes that are JSON's too."""
    assert isinstance(error, UnicodeEncodeError)
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error("nncli.escapes", _as_escapes)


def _whole(stream: Any) -> TextIO:
    """Signs that the stream's encoding lacks, as those of Windows' code pages do, are escapes."""
    stream.flush()
    if os.name == "nt" and stream.isatty():  # a console takes letters, and Python's stream does
        stream.reconfigure(line_buffering=True)
        return cast(TextIO, stream)
    return io.TextIOWrapper(
        io.BufferedWriter(WholeWrites(stream.fileno())),
        encoding=stream.encoding,
        errors="nncli.escapes" if stream.errors == "strict" else stream.errors,
        line_buffering=True,
    )


def open_closed_streams() -> None:
    """Give a process that was started with closed streams empty ones.

    Else the first file that it opens would take the number of one, and be written to as such.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def discard_unwritable_output() -> None:
    """Drop what can't be written any more, which the interpreter would try again as it ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def echo(text: object = "", *, err: bool = False) -> None:
    """Lines for people: what a terminal would obey in them, in a column's name say, as escapes."""
    lines = [escaped(line) for line in str(text).split("\n")]
    click.echo("\n".join(lines), err=err)  # noqa: TID251


def echo_line(text: object, *, err: bool = False) -> None:
    """One line, ends of lines in it as escapes too: no name can make it look like two."""
    echo(escaped(str(text)), err=err)


def echo_err(text: str) -> None:
    """Lines on stderr, for whoever still reads there: a run goes on without."""
    with suppress(OSError):
        echo(text, err=True)


def warn(text: object) -> None:
    """One line on stderr that begins with `warning: `."""
    echo_err(escaped(f"warning: {text}"))


def write_out(text: str) -> None:
    """A file for programs or one that is safe to look at, on stdout."""
    click.echo(text, nl=False)  # noqa: TID251
