"""Injection: a system call of a command is made to fail, or the process killed as it makes it.

strace, where it is installed and permitted, attaches to a child before its command begins.
"""

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import pytest
from fork_server import Ended, ForkServer
from power import Call, read_calls
from waiting import until

CALLS = (  # those with a question mark are unknown to some machines
    "openat,write,fsync,?rename,?renameat,?renameat2,?mkdir,?mkdirat,?unlink,?unlinkat,?fallocate"
)
MAX_WRITE = 1 << 24  # bytes that a trace has of one
# A security module may let only a parent trace: 0x59616D61 is PR_SET_PTRACER.
WAIT_UNTIL_TRACED = """
import ctypes, os, time
ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_long(-1))
open({untraced!r}, "x").close()
while os.path.exists({untraced!r}):
    time.sleep(0.001)
"""


@dataclass(frozen=True)
class Point:
    """The n-th call of a name that a command makes, and its line in a trace."""

    name: str
    number: int
    line: str

    def __str__(self) -> str:
        return f"{self.name} {self.number}: {self.line}"


def require_strace() -> None:
    """Skip a test where no process can be traced."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    tried = subprocess.run(["strace", "-qq", "-e", "trace=none", "true"], capture_output=True)
    if tried.returncode != 0:
        pytest.skip("strace is not permitted here")


class Injector:
    """Runs commands of a fork_server under strace. before: Python that each executes first."""

    def __init__(self, fork_server: ForkServer, before: str) -> None:
        self.fork_server, self.before = fork_server, before

    def points(self, folder: Path, *arguments: object) -> list[Point]:
        """The calls of a command that reach a file in its folder, in their order."""
        counts: Counter[str] = Counter()
        points = []
        for line in self._trace(folder, arguments, "-s", "0").splitlines():
            if found := re.match(r"(\d+ +)?(\w+)\(", line):
                counts[found[2]] += 1
                line = re.sub(r"AT_FDCWD<.*?>", "AT_FDCWD", line)
                if str(folder) in line and "EEXIST" not in line:
                    points.append(Point(found[2], counts[found[2]], line.replace(str(folder), "")))
        return points

    def calls(self, folder: Path, *arguments: object) -> list[Call]:
        """All calls of a command that did what they were asked, with what they wrote."""
        return read_calls(self._trace(folder, arguments, "-xx", "-s", str(MAX_WRITE)))

    def _trace(self, folder: Path, arguments: tuple[object, ...], *options: str) -> str:
        trace = folder.parent / "trace"
        ended = self._run(folder, arguments, ["-y", *options, "-o", str(trace)])
        assert (ended.code, ended.err) == (0, "")
        return trace.read_text()

    def at(self, point: Point, what: str, folder: Path, *arguments: object) -> Ended:
        """Run the command with `what` happening at a point: signal=KILL, error=EIO."""
        inject = f"inject={point.name}:{what}:when={point.number}"
        return self._run(folder, arguments, ["-o", os.devnull, "-e", inject])

    def _run(self, folder: Path, arguments: tuple[object, ...], options: list[str]) -> Ended:
        untraced = folder.parent / "untraced"
        before = self.before + WAIT_UNTIL_TRACED.format(untraced=str(untraced))
        child = self.fork_server.start(folder, *arguments, before=before)
        until(untraced.exists)
        command = ["strace", "-p", str(child.pid), "-e", f"trace={CALLS}", *options]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as strace:
            said = strace.stderr.readline()
            assert b"attached" in said, said
            untraced.unlink()
            return child.wait()


P = TypeVar("P")


class Stretches(Generic[P]):
    """A training of two epochs and a resumption to three, with the points at which each may fail.

    watch: runs a command, and returns its points: `points` or `calls` of an Injector.
    points: (the command's arguments, a point of it).  The whole run lies in `folder / "whole"`.
    """

    def __init__(self, watch: Callable[..., list[P]], config: Path, folder: Path) -> None:
        self.runs, self.after_two = folder / "runs", folder / "after 2"  # which has a `runs`
        run, quiet = self.runs / "it-001", "--quiet"
        to_two, to_three = (("--set", f"training.epochs={epochs}") for epochs in (2, 3))
        self.train = ("train", config, "--runs-dir", self.runs, quiet, *to_two)
        self.resume = ("train", "--resume", run, quiet, *to_three)
        self.points = [(self.train, point) for point in watch(folder, *self.train)]
        shutil.copytree(self.runs, self.after_two / "runs")
        self.points += [(self.resume, point) for point in watch(folder, *self.resume)]
        self.runs.rename(folder / "whole")

    def prepare(self, arguments: tuple[object, ...]) -> None:
        """Make the folder what it was before that command."""
        shutil.rmtree(self.runs, ignore_errors=True)
        if arguments is self.resume:
            shutil.copytree(self.after_two / "runs", self.runs)
