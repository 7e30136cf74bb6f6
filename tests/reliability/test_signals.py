"""SIGINT and SIGTERM: the first one saves within a batch, the second one ends at once."""

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest
from fork_server import NO_TIME_BETWEEN_WRITES
from waiting import until
from whole_runs import has_checkpoint, strays

from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.engine.batches import Batches

# Who locks a mutex a second time doesn't come back, and Python runs no handler meanwhile.
BATCH_WITHOUT_END = """
import ctypes
from nncli.engine.batches import Batches
from nncli.engine.steppers import epoch_order
library, mutex = ctypes.CDLL(None), ctypes.create_string_buffer(64)
library.pthread_mutex_init(mutex, None)
def never_drawn(self, position, place):
    print("batch", flush=True)
    while True:
        library.pthread_mutex_lock(mutex)
Batches.draw = never_drawn
epoch_order.pays = lambda *_: False
"""
# However far apart two signals arrive; test_cli_signals.py has what is one request by the clock.
SAME_REQUEST_SECONDS = "from nncli.cli import signals; signals.SAME_REQUEST_SECONDS = {}\n"
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
def test_second_signal_ends_at_once_even_inside_a_batch_without_end(
    fork_server, config, folder, amount, tried, number
):
    count, before = amount(3, 100), BATCH_WITHOUT_END + SAME_REQUEST_SECONDS.format(-1.0)
    for case in range(1, count + 1):
        child = fork_server.start(folder, "train", config, "--quiet", before=before)
        until(lambda said=child.said: "batch" in said.with_suffix(".out").read_text())
        child.send(number)
        until(lambda pid=child.pid: has_taken_its_signals(pid))
        child.send(number)
        assert child.wait().code == 128 + number
        assert has_checkpoint(folder / "runs" / f"it-{case:03d}")
    tried(count, "all ended with their second signal")


def has_taken_its_signals(pid):
    """Whether none of them is pending, and would be one with the next of its number."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return not any(int(line.split()[1], 16) for line in lines if line[:6] in ("SigPnd", "ShdPnd"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_that_is_delivered_twice_is_saved_as_one(
    fork_server, config, folder, amount, tried, number
):
    """As `timeout` and a shell do, and a key held down."""
    longer = ("--set", "training.epochs=1000000", "--quiet", "--json")
    count, before = amount(3, 20), NO_TIME_BETWEEN_WRITES + SAME_REQUEST_SECONDS.format(3600.0)
    for case in range(1, count + 1):
        child = fork_server.start(folder, "train", config, *longer, before=before)
        until((folder / "runs" / f"it-{case:03d}" / "manifest.json").exists)
        for _ in range(10):
            child.send(number)
            time.sleep(0.005)
        end = child.wait()
        assert (end.code, json.loads(end.out)["stopped"]) == (128 + number, "interrupted")
        assert not strays(folder)
    tried(count, "all saved")
