"""What the tests of hostile input share: a command in this process, and damage to bytes."""

import contextlib
import io
import random
import resource
import signal
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from waiting import PATIENCE

from nncli.cli.main import run

MORE_MEMORY = 1 << 30  # bytes that it may ask for, beyond what this process has


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it said."""

    code: int
    out: bytes
    err: str

    def assert_one_line_errors(self) -> None:
        """A failure says why in lines that a terminal shows as lines, and in no traceback."""
        lines = self.err.removesuffix("\n").split("\n")
        assert all(line and line.isprintable() and len(line) < 3000 for line in lines), self.err
        assert "Traceback" not in self.err
        assert "not enough memory" not in self.err, self.err  # it was asked for all the same


def nncli(*arguments: object) -> Outcome:
    """A command in this process, with little memory and little time."""
    out, err = io.BytesIO(), io.StringIO()
    stdout = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
    with (
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(err),
        _little_memory(),
        _little_time(),
    ):
        code = run([str(argument) for argument in arguments])
        stdout.flush()
    return Outcome(code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _little_memory() -> Iterator[None]:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + MORE_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


class Hangs(BaseException):
    """No error of the command's own: nothing catches it."""


@contextlib.contextmanager
def _little_time() -> Iterator[None]:
    def stop(number: int, frame: types.FrameType | None) -> None:
        raise Hangs(f"for {PATIENCE} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(int(PATIENCE))
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def damaged(content: bytes, chance: random.Random, other: bytes = b"") -> bytes:
    """The same bytes with something wrong: a bit, a byte, a stretch, an end, or another file's."""
    at = chance.randrange(len(content) + 1)
    to = min(len(content), at + chance.choice([1, 1, 2, 8, 64]))
    match chance.randrange(7):
        case 0 | 1 if at < len(content):
            flipped = content[at] ^ (1 << chance.randrange(8))
            return content[:at] + bytes([flipped]) + content[at + 1 :]
        case 2:
            return content[:at]
        case 3:
            return content[:at] + content[to:]
        case 4:
            return content[:at] + chance.randbytes(to - at + 1) + content[to:]
        case 5:
            return content + content[at:to]
        case _:
            return other or content[::-1]
