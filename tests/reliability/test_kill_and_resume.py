"""Killed at random moments, again and again: a run ends as the one that nobody disturbed."""

import random
import signal
import time

import pytest
from fork_server import NO_TIME_BETWEEN_WRITES
from whole_runs import has_checkpoint, strays

KILLS = {"chance": (8, 200), "rules": (8, 200), "compiled": (4, 100)}  # quick, soak
EPOCHS = {"chance": 15, "rules": 15, "compiled": 150}  # which take as long as compiling


def has_ended(end):
    """Whether a command came to its end, or found that the one killed before it had.

    Killed just before its end, it may have said so already."""
    assert end.err == "" or " epochs are done" in end.err
    return end.code == 0


@pytest.mark.parametrize("training", KILLS, indirect=True)
def test_killed_run_resumes_bit_identical(
    fork_server, training, folder, run_at, amount, tried, request
):
    kind = request.node.callspec.params["training"]
    config, kills = training(EPOCHS[kind]), 0
    often = {"before": NO_TIME_BETWEEN_WRITES}
    for runs in ("first", "whole"):  # the first one warms the caches
        began = time.monotonic()
        end = fork_server.call(folder, "train", config, "--quiet", "--runs-dir", runs, **often)
        assert (end.code, end.err) == (0, "")
    seconds = time.monotonic() - began
    whole = run_at(folder / "whole" / "it-001")

    number, begun_anew, ended = 1, 0, 0
    arguments = ("train", config, "--quiet")
    most = amount(*KILLS[kind])
    moments = random.Random(request.node.name)
    while kills < most:
        child = fork_server.start(folder, *arguments, **often)
        time.sleep(waited := moments.uniform(0, seconds))
        child.send(signal.SIGKILL)
        end = child.wait()
        run = run_at(folder / "runs" / f"it-{number:03d}")
        if is_over := has_ended(end):  # it was quicker
            assert run.result == whole.result
            ended += 1
            seconds = waited  # whatever it took when it was measured
        else:
            assert end.code == -signal.SIGKILL
            kills += 1
        if is_over or not has_checkpoint(run.path):
            begun_anew += not is_over
            number += run.path.exists()
            arguments = ("train", config, "--quiet")
        else:
            arguments = ("train", "--resume", run.path, "--quiet")
    last = fork_server.call(folder, *arguments)
    assert has_ended(last)
    assert run_at(folder / "runs" / f"it-{number:03d}").result == whole.result
    assert not strays(folder) or begun_anew
    tried(kills, f"{ended + 1} runs to their end, all equal; {begun_anew} killed before epoch 0")
