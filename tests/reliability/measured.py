"""A command in a forked child: how it ends, and how much memory it took on the way."""

import json
import os
import select
import signal
import warnings
from pathlib import Path

import pytest
from hostile import Outcome, nncli
from waiting import PATIENCE

RESET_PEAK = "5"  # what /proc/self/clear_refs takes it by


def measured(*arguments: object) -> tuple[Outcome, int]:
    """(how it ended, bytes it grew by at the most). A child that hangs is killed, and fails."""
    if not os.access("/proc/self/clear_refs", os.W_OK):
        pytest.skip("the peak of memory can't be reset: /proc/self/clear_refs is missing")
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads, which the child doesn't use
        child = os.fork()
    if child == 0:
        _work(arguments, writing)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as answer:
            has_ended = select.select([answer], [], [], PATIENCE + 10)[0]
            assert has_ended, f"nncli {arguments} hangs"
            content = answer.read()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert content, f"nncli {arguments}: the child was killed"
    ended = json.loads(content)
    return Outcome(ended["code"], ended["out"].encode(), ended["err"]), ended["grown"]


def _work(arguments: tuple[object, ...], writing: int) -> None:
    """The child's side; never returns."""
    try:
        Path("/proc/self/clear_refs").write_text(RESET_PEAK)
        before = _memory("VmRSS")
        ended = nncli(*arguments)
        grown = _memory("VmHWM") - before
        said = {"code": ended.code, "out": ended.out.decode(), "err": ended.err, "grown": grown}
        with os.fdopen(writing, "w") as answer:
            json.dump(said, answer)
    finally:
        os._exit(0)


def _memory(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))
