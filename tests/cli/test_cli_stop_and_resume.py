"""Ctrl-C and `--resume`: a stopped run goes on as if it had never stopped."""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from waiting import PATIENCE, until

from nncli.artifacts.run_recorder import RunRecorder
from nncli.engine import trainer

# Adam has slots and a step count; dropout and shuffling draw from random streams of their own.
WITH_CHANCE = (
    "seed: 3",
    "data: {dataset: iris}",
    "network: {hidden: [{type: dense, units: 8, activation: tanh}, {type: dropout, rate: 0.2}]}",
    "optimizer: {type: adam, learning_rate: 0.003}",
    "training: {epochs: 60, batch_size: 4}",
    "output: {plots: [], log_every: 1}",
)


@pytest.fixture
def config(write):
    return write("chance.yaml", *WITH_CHANCE)


# A training that waits, after epoch 7, until its stdin is closed.
WAITS = """
import sys
from nncli.artifacts.run_recorder import RunRecorder

def record_and_wait(self, report, record=RunRecorder.record):
    record(self, report)
    if report.epoch == 7:
        print("recorded", file=sys.stderr, flush=True)
        sys.stdin.read()

RunRecorder.record = record_and_wait
"""


@pytest.fixture
def interrupted(spawn, config):
    """interrupted(signal): the exit code and output of a training that got it after epoch 7."""

    def call(number: int, *arguments: object) -> tuple[int, str]:
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        process = spawn("train", *(arguments or [config]), before=WAITS, **pipes)
        while (line := process.stderr.readline()) != "recorded\n":
            assert line
        process.send_signal(number)
        out, _ = process.communicate(timeout=PATIENCE)
        return process.returncode, out

    return call


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """What the same training makes of it in one go."""
    from nncli.cli.main import run

    folder = tmp_path_factory.mktemp("uninterrupted")
    config = folder / "chance.yaml"
    config.write_text("\n".join(WITH_CHANCE))
    assert run(["train", str(config), "--runs-dir", str(folder), "--quiet"]) == 0
    return folder / "chance-001"


@pytest.fixture
def finished(gate, train, folder, iris):
    """A copy of a run of four epochs, which no process holds."""
    return type(iris)(Path(shutil.copytree(train(gate).path, folder / "copy")))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_resumed_run_ends_bit_identical_to_an_uninterrupted_one(
    interrupted, nncli, uninterrupted, iris, number
):
    code, out = interrupted(number)
    assert code == 128 + number
    run = type(iris)(Path("runs/chance-001"))
    assert run.json("metrics.json")["stopped"] == "interrupted"
    assert run.json("metrics.json")["epochs"] == 7
    assert f"go on with: nncli train --resume {run.path}" in out

    resumed = nncli("train", "--resume", run.path, "--quiet")
    assert resumed.code == 0, resumed.err
    assert run.json("metrics.json")["stopped"] == "epochs"
    assert run.result == type(iris)(uninterrupted).result


def test_interrupted_run_is_sealed_and_can_be_scored(interrupted, nncli):
    interrupted(signal.SIGINT)
    assert nncli("evaluate", "runs/chance-001", "--no-plots").code == 0
    assert nncli("plot-loss", "runs/chance-001").code == 0


def test_interrupted_run_still_prints_its_json_object(interrupted, config):
    code, out = interrupted(signal.SIGTERM, config, "--json")
    assert (code, json.loads(out)["stopped"]) == (143, "interrupted")


def test_run_killed_outright_goes_on_from_its_last_checkpoint(
    interrupted, nncli, uninterrupted, iris
):
    assert interrupted(signal.SIGKILL)[0] == -signal.SIGKILL
    run = type(iris)(Path("runs/chance-001"))
    assert nncli("plot-loss", run.path).code == 0
    assert nncli("train", "--resume", run.path, "--quiet").code == 0
    assert run.result == type(iris)(uninterrupted).result


def test_resume_with_more_epochs_equals_training_them_at_once(finished, train, nncli, gate):
    more = ("--set", "training.epochs=9")
    assert nncli("train", "--resume", finished.path, *more, "--quiet").code == 0
    assert finished.result == train(gate, *more).result


def test_resume_with_more_epochs_records_them_in_the_resolved_config(finished, train, nncli):
    nncli("train", "--resume", finished.path, "--set", "training.epochs=9", "--quiet")
    again = train(finished.path / "config.resolved.yaml", "--runs-dir", "again")
    assert again.result == finished.result


def test_resumed_run_adds_rows_to_metrics_csv(finished, nncli):
    before = finished.rows
    nncli("train", "--resume", finished.path, "--set", "training.epochs=6", "--quiet")
    assert finished.rows[:5] == before
    assert [row["epoch"] for row in finished.rows] == [str(epoch) for epoch in range(7)]


def test_finished_training_lets_go_of_its_run(train, gate):
    descriptor = os.open(train(gate).path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(descriptor)


def test_run_in_use_can_not_be_resumed_but_scored(nncli, iris_copy):
    descriptor = os.open(iris_copy.path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        resumed = nncli("train", "--resume", iris_copy.path, "--set", "training.epochs=30")
        assert nncli("evaluate", iris_copy.path, "--no-plots").code == 0
    finally:
        os.close(descriptor)
    assert resumed.code == 3
    assert resumed.err.count("\n") == 1
    assert str(iris_copy.path) in resumed.err


def test_resuming_a_finished_run_says_how_to_go_on(nncli, iris_copy):
    done = nncli("train", "--resume", iris_copy.path)
    assert (done.code, done.out) == (0, "")
    assert "nothing left to do: " in done.err
    assert "--set training.epochs=" in done.err


NO_OTHER = (
    "(--resume can change training.epochs and training.early_stopping.patience only, by --set)"
)


def test_resume_refuses_every_other_change_with_the_difference(nncli, finished):
    changed = ["optimizer.learning_rate=1", "training.batch_size=2", "seed=3", "loss=mse"]
    sets = [word for each in changed for word in ("--set", each)]
    before = finished.file("manifest.json")
    done = nncli("train", "--resume", finished.path, *sets, "--set", "training.epochs=9")
    assert done.code == 2
    assert done.err.splitlines() == [
        f"{finished.path}: {key}: recorded {recorded}, asked for {asked} {NO_OTHER}"
        for key, recorded, asked in (
            ("seed", "0", "3"),
            ("loss", "auto", "mse"),
            ("optimizer.learning_rate", "0.01", "1.0"),
            ("training.batch_size", "auto", "2"),
        )
    ]
    assert finished.file("manifest.json") == before


def test_resume_takes_an_assignment_that_changes_nothing(nncli, finished):
    same = ("--set", "optimizer.learning_rate=0.01", "--set", "training.epochs=5")
    assert nncli("train", "--resume", finished.path, *same, "--quiet").code == 0


def test_resume_takes_the_command_that_began_the_run(nncli, train, gate):
    began = (gate, "--set", "optimizer.learning_rate=0.02", "--set=seed=4")
    run = train(*began)
    more = ("--resume", run.path, "--set", "training.epochs=6", "--quiet")
    assert nncli("train", *began, *more).code == 0
    assert nncli("train", gate, *more[:2], "--set", "training.epochs=7", "--quiet").code == 0
    done = nncli("train", gate, *more[:3], "seed=5")
    assert (done.code, done.err) == (
        2,
        f"{run.path}: seed: recorded 4, asked for 5 {NO_OTHER}\n",
    )


@pytest.mark.parametrize("more", [[], ["--set", "training.epochs=5"]])
def test_resuming_where_the_environment_differs_warns_a_line_each(
    nncli, finished, monkeypatch, more
):
    from nncli.artifacts import environment

    machine = environment.machine
    monkeypatch.setattr(
        environment, "machine", lambda training: {**machine(training), "numpy": "9", "cpu": "Z80"}
    )
    done = nncli("train", "--resume", finished.path, *more, "--quiet")
    assert done.code == 0
    numpy, cpu, *_ = done.err.splitlines()
    ending = "this run may give slightly other numbers than there"
    assert numpy == f"warning: numpy: recorded {np.__version__}, here 9: {ending}"
    assert cpu.startswith("warning: cpu: recorded ")
    assert cpu.endswith(f", here Z80: {ending}")


def test_resume_of_what_is_no_run_is_a_user_error(nncli, folder):
    (folder / "empty").mkdir()
    assert nncli("train", "--resume", "empty").code == 2
    assert nncli("train", "--resume", "nowhere").code == 2


def test_resume_needs_an_undamaged_checkpoint(nncli, iris_copy):
    checkpoint = iris_copy.path / "checkpoints" / "last.safetensors"
    checkpoint.write_bytes(checkpoint.read_bytes()[:-1])
    done = nncli("train", "--resume", iris_copy.path, "--set", "training.epochs=30")
    assert done.code == 4
    assert "checkpoints/last.safetensors" in done.err


def test_train_takes_a_config_or_a_run_to_resume_not_both(nncli, gate, iris):
    assert nncli("train").code == 2
    assert nncli("train", gate, "--resume", iris.path).code == 2


def test_resume_refuses_a_runs_dir_instead_of_ignoring_it(nncli, iris_copy):
    arguments = ("--set", "training.epochs=30", "--runs-dir", "elsewhere")
    assert nncli("train", "--resume", iris_copy.path, *arguments).code == 2


EXPLODES = (
    "data: {dataset: {type: inline, x: [[1], [2]], y: [1, 3]}}",
    "network: {hidden: [], output: {kernel_initializer: zeros}}",
    "loss: half_mse",
    "optimizer: {type: gd, learning_rate: 1.0e+155}",
    "training: {epochs: 50}",
    "output: {plots: []}",
)


def test_divergence_ends_with_code_5_and_names_epoch_step_and_tensor(nncli, write):
    done = nncli("train", write("explodes.yaml", *EXPLODES), "--quiet")
    assert done.code == 5
    # step 1: W = lr (1 * 1 + 2 * 3) / 2 = 3.5e155, whose squared error overflows
    assert "epoch 1 at step 1" in done.err
    assert "loss is not finite" in done.err
    assert "learning_rate" in done.err


def test_divergence_is_found_in_the_first_array_that_left_the_finite_numbers(nncli, write):
    config = write("explodes.yaml", *EXPLODES)
    done = nncli("train", config, "--quiet", "--set", "output.log_every=10")
    assert done.code == 5
    # step 2: the gradient is about 3.5e155 (1 + 4) / 2, and lr times that overflows
    assert "epoch 2 at step 2: output/W is not finite" in done.err


def test_diverged_run_is_sealed_with_its_last_finite_weights(nncli, write, iris):
    config = write("explodes.yaml", *EXPLODES)
    slower = ("--set", "optimizer.learning_rate=1e30")
    done = nncli("train", config, "--quiet", "--json", *slower)
    run = type(iris)(Path("runs/explodes-001"))
    assert (done.code, done.json["stopped"]) == (5, "diverged")
    assert run.json("metrics.json")["stopped"] == "diverged"
    assert all(np.isfinite(tensor).all() for tensor in run.weights.values())
    assert nncli("evaluate", run.path, "--no-plots").code == 0

    last = run.rows[-1]["epoch"]
    assert int(last) > 0
    shorter = ("--set", f"training.epochs={last}", *slower)
    assert nncli("train", config, "--quiet", *shorter).code == 0
    assert type(iris)(Path("runs/explodes-002")).result == run.result


def test_network_that_starts_beyond_the_finite_numbers_diverges_at_epoch_0(nncli, write):
    start = "network.output.kernel_initializer={type: constant, value: 1e200}"
    done = nncli("train", write("explodes.yaml", *EXPLODES), "--set", start)
    assert done.code == 5
    assert "epoch 0" in done.err


def test_stop_between_two_logged_epochs_keeps_what_was_learned(gate, nncli, monkeypatch):
    def record_and_stop(self, report, record=RunRecorder.record):
        record(self, report)
        if report.epoch == 7:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(RunRecorder, "record", record_and_stop)
    monkeypatch.setattr(trainer, "MAX_SILENCE_SECONDS", 0.0)  # each epoch reports
    long = ("--set", "training.epochs=1000", "--set", "output.log_every=100")
    assert nncli("train", gate, *long, "--quiet").code == 130
    ended = json.loads(Path("runs/gate-001/metrics.json").read_text())
    assert ended["epochs"] == 7
    assert list(ended["metrics"]["train"]) == [
        "loss",
        "accuracy",
        "f1_macro",
        "log_loss",
        "roc_auc",
    ]


@pytest.mark.parametrize("name", ["metrics.csv", "config.yaml"])
def test_resuming_never_seals_what_was_changed_by_hand(gate, train, nncli, name):
    run = train(gate, "--set", "training.epochs=3")
    (run.path / name).write_bytes(run.file(name) + b"\n")
    done = nncli("train", "--resume", run.path, "--set", "training.epochs=4", "--quiet")
    sealed = json.loads(run.file("manifest.json"))["files"][name]["sha256"]
    is_corrupt = hashlib.sha256(run.file(name)).hexdigest() != sealed
    assert done.code == 4 or is_corrupt


def test_config_given_beside_resume_has_to_say_what_the_run_s_own_says(gate, train, nncli):
    run = train(gate)
    gate.write_text(gate.read_text() + "# a comment changes nothing\n")
    assert nncli("train", gate, "--resume", run.path, "--set", "training.epochs=5", "-q").code == 0
    gate.write_text(gate.read_text().replace("epochs: 4", "epochs: 9") + "seed: 1\n")
    done = nncli("train", gate, "--resume", run.path, "--set", "training.epochs=6")
    assert (done.code, done.err.splitlines()) == (
        2,
        [
            f"{run.path}: seed: recorded 0, asked for 1 {NO_OTHER}",
            f"{run.path}: training.epochs: recorded 4, asked for 9 {NO_OTHER}",
        ],
    )


def test_table_that_was_changed_since_is_refused_beside_resume(write, train, nncli):
    rows = ["a,b", *(f"{row}.5,{row % 7}" for row in range(30))]
    table = write("table.csv", *rows)
    config = write(
        "config.yaml",
        "data: {path: table.csv, target: b, task: regression}",
        "training: {epochs: 2}",
        "output: {plots: []}",
    )
    run = train(config)
    more = ("--resume", run.path, "--quiet", "--set")
    assert nncli("train", config, *more, "training.epochs=3").code == 0
    write("table.csv", *rows, "30.5,1")
    done = nncli("train", config, *more, "training.epochs=4")
    expected = f"{run.path}: data.path: {table} is not the table that was recorded {NO_OTHER}\n"
    assert (done.code, done.err) == (2, expected)
    assert nncli("train", *more, "training.epochs=4").code == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_signal_that_a_process_was_started_to_ignore_stays_ignored(gate, spawn, folder, number):
    """As `nohup` asks for, and a script's `&`."""
    process = spawn(
        *("train", gate, "--quiet", "--json", "--set", "training.epochs=100000000"),
        stdout=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(number, signal.SIG_IGN),
    )
    until((folder / "runs" / "gate-001" / "manifest.json").exists)
    process.send_signal(number)  # of two that wait for Python it handles the lower number first
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, json.loads(out)["stopped"]) == (143, "interrupted")
