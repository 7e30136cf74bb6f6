"""The power fails after any system call: what the disk was told to keep is enough to go on."""

import random
import shutil

import pytest
from fork_server import NO_TIME_BETWEEN_WRITES
from injection import Injector, Stretches, require_strace
from power import Disk
from whole_runs import goes_on, has_checkpoint

CUTS = {"chance": (12, 1000), "rules": (12, 1000), "compiled": (5, 500)}  # quick, soak


@pytest.mark.parametrize("training", CUTS, indirect=True)
def test_run_goes_on_bit_identical_after_a_power_cut(
    fork_server, training, folder, run_at, amount, tried, request
):
    require_strace()
    count = amount(*CUTS[request.node.callspec.params["training"]])
    injector = Injector(fork_server, NO_TIME_BETWEEN_WRITES)
    stretches = Stretches(injector.calls, training(3), folder)
    whole, chance, begun = run_at(folder / "whole" / "it-001"), random.Random(4), 0
    for _ in range(count):
        arguments = chance.choice([stretches.train, stretches.resume])
        calls = [call for of, call in stretches.points if of is arguments]
        before = stretches.after_two if arguments is stretches.resume else None
        disk = Disk(folder, before)
        last = chance.randrange(len(calls))
        for call in calls[: last + 1]:
            disk.play(call)
        shutil.rmtree(folder / "runs", ignore_errors=True)
        disk.root.leave(folder, chance)

        run, case = run_at(folder / "runs" / "it-001"), (last, str(calls[last]))
        is_begun = has_checkpoint(run.path)
        if disk.find(run.path / "manifest.json", is_certain=True) is not None:
            assert is_begun, case
        if is_begun:
            begun += 1
            goes_on(fork_server.call(folder, *stretches.resume), run, whole, case)
    tried(count, f"{begun} went on, all equal; {count - begun} had no checkpoint yet")
