"""Ctrl-C while there is nothing to save: at once, even inside a call that Python can't leave."""

import signal
import subprocess
import sys

import pytest
from waiting import PATIENCE

# The mutex is never unlocked: who locks it a second time doesn't come back, signal or no signal.
BUSY = """
import ctypes, importlib, sys

library, mutex = ctypes.CDLL(None), ctypes.create_string_buffer(64)
library.pthread_mutex_init(mutex, None)

def busy(*arguments, **keys):
    print("busy", file=sys.stderr, flush=True)
    while True:
        try:
            library.pthread_mutex_lock(mutex)
        except KeyboardInterrupt:  # as a library's callback swallows it
            pass

module, name = sys.argv.pop(1).rsplit(".", 1)
setattr(importlib.import_module(module), name, busy)
from nncli.cli.main import main
main()
"""
CASES = {
    "a table is read": ("nncli.assembly.split_table._load", ["train", "it.yaml"]),
    "a network is prepared": ("nncli.assembly.build.build", ["train", "it.yaml"]),
    "folds are prepared": ("nncli.assembly.build.assemble", ["train", "it.yaml", "--folds", "2"]),
    "it is validated": ("nncli.assembly.build.build", ["validate", "it.yaml"]),
    "a run is read": ("nncli.artifacts.run_reader.build", ["train", "--resume", "runs/it-001"]),
    "an evaluation": ("nncli.evaluation.scoring.evaluate", ["evaluate", "runs/it-001"]),
    "predictions": (
        "nncli.artifacts.predictions._columns",
        ["predict", "runs/it-001", "t.csv"],
    ),
    "a gradient check": (
        "nncli.gradcheck.gradient_check.check_gradients",
        ["gradcheck", "it.yaml"],
    ),
    "a replay is prepared": ("nncli.artifacts.run_reader.build", ["verify", "runs/it-001"]),
}


@pytest.fixture
def place(folder, train, write):
    write("t.csv", "x,y", *(f"{i % 7},{i % 2}" for i in range(40)))
    lines = ("data: {path: t.csv, target: y, split: none}", "training: {epochs: 2}")
    train(write("it.yaml", *lines, "output: {plots: []}"))
    return folder


@pytest.mark.parametrize("case", CASES)
def test_ctrl_c_ends_what_has_nothing_to_save_at_once(case, place):
    target, arguments = CASES[case]
    before = sorted(path for path in place.rglob("*"))
    process = subprocess.Popen(
        [sys.executable, "-c", BUSY, target, *arguments],
        cwd=place,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        while process.stderr.readline() != "busy\n":
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == 130
    assert said.splitlines()[-1].startswith("stopped")
    assert sorted(path for path in place.rglob("*")) == before
