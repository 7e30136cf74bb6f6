"""Killed as it opens, writes, flushes, renames or removes a file: at each, or at some of them."""

import random
import shutil
import signal

import pytest
from injection import Injector, require_strace
from nursery import NO_TIME_BETWEEN_CHECKPOINTS
from whole_runs import has_checkpoint, strays

QUICK = {"chance": 7, "rules": 7, "compiled": 6}


@pytest.mark.parametrize("training", QUICK, indirect=True)
def test_run_killed_at_any_system_call_goes_on_bit_identical(
    nursery, training, folder, run_at, amount, tried, request
):
    require_strace()
    few = QUICK[request.node.callspec.params["training"]]
    config = training(3)
    injector = Injector(nursery, NO_TIME_BETWEEN_CHECKPOINTS)
    place, quiet = folder / "runs", "--quiet"
    train = ("train", config, "--runs-dir", place, quiet, "--set", "training.epochs=2")
    resume = ("train", "--resume", place / "it-001", quiet, "--set", "training.epochs=3")
    points = [(train, point) for point in injector.points(folder, *train)]
    shutil.copytree(folder / "runs", folder / "after 2")
    points += [(resume, point) for point in injector.points(folder, *resume)]
    whole = run_at((folder / "runs").rename(folder / "whole") / "it-001")

    some = random.Random(request.node.name).sample(points, amount(few, len(points)))
    begun = 0
    for arguments, point in some:
        shutil.rmtree(folder / "runs", ignore_errors=True)
        if arguments is resume:
            shutil.copytree(folder / "after 2", folder / "runs")
        end = injector.at(point, "signal=KILL", folder, *arguments)
        assert (end.code, end.err) == (-signal.SIGKILL, ""), point
        run = run_at(folder / "runs" / "it-001")
        if not has_checkpoint(run.path):
            assert arguments is train, point
            continue
        begun += 1
        end = nursery.call(folder, *resume)
        if end.code == 2:  # it was killed when all was done
            assert "3 epochs are done" in end.err, point
        else:
            assert (end.code, end.err) == (0, ""), point
            assert not strays(run.path), point
        assert run.result == whole.result, point
    tried(len(some), f"{begun} went on, all equal; {len(some) - begun} had no checkpoint yet")
