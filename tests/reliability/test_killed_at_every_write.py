"""Killed as it opens, writes, flushes, renames or removes a file: at each, or at some of them."""

import random
import signal

import pytest
from fork_server import NO_TIME_BETWEEN_WRITES
from injection import Injector, Stretches, require_strace
from whole_runs import goes_on, has_checkpoint

QUICK = {"chance": 5, "rules": 5, "compiled": 4}


@pytest.mark.parametrize("training", QUICK, indirect=True)
def test_run_killed_at_any_system_call_goes_on_bit_identical(
    fork_server, training, folder, run_at, amount, tried, request
):
    require_strace()
    few = QUICK[request.node.callspec.params["training"]]
    config = training(3)
    injector = Injector(fork_server, NO_TIME_BETWEEN_WRITES)
    stretches = Stretches(injector.points, config, folder)
    points, whole = stretches.points, run_at(folder / "whole" / "it-001")

    some = random.Random(request.node.name).sample(points, amount(few, len(points)))
    begun = 0
    for arguments, point in some:
        stretches.prepare(arguments)
        end = injector.at(point, "signal=KILL", folder, *arguments)
        assert (end.code, end.err) == (-signal.SIGKILL, ""), point
        run = run_at(folder / "runs" / "it-001")
        if not has_checkpoint(run.path):
            assert arguments is stretches.train, point
            continue
        begun += 1
        goes_on(fork_server.call(folder, *stretches.resume), run, whole, point)
    tried(len(some), f"{begun} went on, all equal; {len(some) - begun} had no checkpoint yet")
