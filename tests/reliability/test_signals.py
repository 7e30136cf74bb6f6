"""SIGINT and SIGTERM: the first one saves within a batch, the second one ends at once."""

import json
import os
import random
import signal
import time

import pytest
from fork_server import NO_TIME_BETWEEN_CHECKPOINTS
from whole_runs import has_checkpoint, strays

from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.cli.signals import SAME_REQUEST_SECONDS
from nncli.engine.batches import Batches

# Products of these two take a second, in which Python runs no handler: many are a batch here.
LONG_BATCHES = """
import numpy as np
from nncli.engine.batches import Batches
draw, large = Batches.draw, np.ones((3000, 3000))
def draw_slowly(self, position, place):
    print("batch", flush=True)
    for _ in range(200):
        large @ large
    return draw(self, position, place)
Batches.draw = draw_slowly
from nncli.engine.steppers import epoch_order
epoch_order.pays = lambda *_: False
"""
CONFIG = (
    "data: {dataset: iris}",
    "network: {hidden: [{type: dense, units: 4}, {type: dropout, rate: 0.1}]}",
    "optimizer: {type: adam}",
    "training: {epochs: 6, batch_size: 8, engine: numpy, threads: 1}",
    "output: {plots: [], log_every: 1}",
)


@pytest.fixture
def config(write):
    return write("it.yaml", *CONFIG)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_first_signal_saves_within_one_batch_and_the_run_goes_on_bit_identical(
    nncli, config, folder, run_at, monkeypatch, amount, tried, number
):
    monkeypatch.setattr("nncli.engine.steppers.epoch_order.pays", lambda *_: False)
    whole = nncli("train", config, "--quiet", "--runs-dir", "whole")
    assert whole.code == 0
    draw, at, drawn = Batches.draw, 0, 0

    def draw_and_send(self, position, place):
        nonlocal drawn
        drawn += 1
        if drawn == at:
            os.kill(os.getpid(), number)
        return draw(self, position, place)

    monkeypatch.setattr(Batches, "draw", draw_and_send)
    steps = 6 * -(-105 // 8)
    count = amount(5, 100)
    for case in range(1, count + 1):
        at, drawn = random.Random(case).randrange(1, steps), 0
        done = nncli("train", config, "--json", "--quiet")
        assert (done.code, done.json["stopped"], done.err) == (128 + number, "interrupted", "")
        run = run_at(folder / done.json["run"])
        state, _ = RunReader(RunDirectory.open(run.path)).checkpoint()
        assert state.step == at  # the batch under way was finished, and no other begun
        at = 0
        assert nncli("train", "--resume", run.path, "--quiet").code == 0
        assert run.result == run_at(folder / "whole" / "it-001").result
    tried(count, "all saved at the end of the batch under way, all resumed bit-identical")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_second_signal_ends_at_once_even_inside_a_batch_of_minutes(
    fork_server, config, folder, amount, tried, number
):
    slowest, count = 0.0, amount(3, 100)
    for case in range(1, count + 1):
        child = fork_server.start(folder, "train", config, "--quiet", before=LONG_BATCHES)
        while "batch" not in child.said.with_suffix(".out").read_text():
            time.sleep(0.01)
        child.send(number)
        time.sleep(SAME_REQUEST_SECONDS + 0.1)
        child.send(number)
        sent = time.monotonic()
        assert child.wait().code == 128 + number
        slowest = max(slowest, time.monotonic() - sent)
        assert has_checkpoint(folder / "runs" / f"it-{case:03d}")
    assert slowest < 5.0
    tried(count, f"the last was gone {slowest:.2f} s after its second signal")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_that_is_delivered_twice_is_saved_as_one(
    fork_server, config, folder, amount, tried, number
):
    """As `timeout` and a shell do, and a key held down."""
    longer = ("--set", "training.epochs=1000000", "--quiet", "--json")
    count = amount(3, 20)
    for case in range(1, count + 1):
        child = fork_server.start(
            folder, "train", config, *longer, before=NO_TIME_BETWEEN_CHECKPOINTS
        )
        while not (folder / "runs" / f"it-{case:03d}" / "manifest.json").exists():
            time.sleep(0.01)
        for _ in range(10):
            child.send(number)
            time.sleep(0.005)
        end = child.wait()
        assert (end.code, json.loads(end.out)["stopped"]) == (128 + number, "interrupted")
        assert not strays(folder)
    tried(count, "all saved")
