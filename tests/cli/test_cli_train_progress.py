"""`nncli train`: what it says, and to whom."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

import pytest
from waiting import PATIENCE


def on_a_terminal(spawn, *arguments):
    """What a command draws on stderr, if that is a terminal 120 columns wide."""
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
    environment = {**os.environ, "TERM": "xterm"}
    process = spawn(*arguments, stdout=subprocess.DEVNULL, stderr=end, env=environment)
    os.close(end)
    drawn = bytearray()
    try:
        while piece := os.read(terminal, 65536):
            drawn += piece
    except OSError:
        pass  # the other end was closed
    finally:
        os.close(terminal)
    assert process.wait(PATIENCE) == 0
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", drawn.decode())


def test_json_is_one_object_on_stdout_with_the_contract_s_keys(iris_outcome, iris):
    result = iris_outcome.json
    assert list(result) == ["run", "epochs", "stopped", "best_epoch", "metrics"]
    assert (result["epochs"], result["stopped"], result["best_epoch"]) == (20, "epochs", 20)
    assert list(result["metrics"]) == ["train", "val"]
    assert result["metrics"] == iris.json("metrics.json")["metrics"]
    assert iris_outcome.out.count("\n") == 1


def test_progress_off_a_terminal_is_about_ten_plain_lines_on_stderr(iris_outcome):
    assert "\r" not in iris_outcome.err
    assert "\x1b" not in iris_outcome.err
    lines = [line for line in iris_outcome.err.splitlines() if line.startswith("epoch ")]
    assert 10 <= len(lines) <= 12
    assert re.fullmatch(r"epoch  0/20  loss \S+  val_loss \S+  lr 0.05", lines[0])
    assert lines[-1].startswith("epoch 20/20 ")


def test_summary_before_training_names_layers_parameters_loss_optimizer_and_rows(iris_outcome):
    summary = iris_outcome.err.partition("epoch ")[0]
    for fact in (
        "dense, sigmoid",
        "4 -> 8",
        "67 trained",
        "cross_entropy: -sum t ln a",
        "sgd (learning_rate 0.05, momentum 0.8",
        "150 rows (train 105, val 23, test 22)",
    ):
        assert fact in summary


def test_result_ends_with_where_the_run_is(nncli, gate):
    lines = nncli("train", gate).out.splitlines()
    assert lines[-1] == "run: runs/gate-001"
    assert "stopped after epoch 4" in lines
    assert any(line.startswith("accuracy ") for line in lines)


@pytest.mark.parametrize("option", ["--quiet", "-q"])
def test_quiet_leaves_stderr_empty_and_the_result_on_stdout(nncli, gate, option):
    done = nncli("train", gate, option)
    assert done.err == ""
    assert "runs/gate-001" in done.out


def test_run_without_validation_rows_shows_no_val_loss(nncli, gate):
    assert "val_loss" not in nncli("train", gate).err


def test_terminal_shows_a_bar_with_losses_and_learning_rate(spawn, configs):
    arguments = ("--set", "training.epochs=20", "--set", "output.plots=[]")
    drawn = on_a_terminal(spawn, "train", configs / "iris.yaml", *arguments)
    last = drawn.split("\r")[-1] if drawn.rstrip().endswith("\r") else drawn
    assert re.search(r"20/20 .*━.* loss \S+  val_loss \S+  lr 0.05", last)


def test_quiet_draws_nothing_on_a_terminal(spawn, gate):
    assert on_a_terminal(spawn, "train", gate, "--quiet") == ""


def test_numbers_that_json_lacks_become_null(nncli, write):
    config = write(
        "constant.yaml",
        "data: {dataset: {type: inline, x: [[1], [2]], y: [3, 3]}, split: none}",
        "network: {hidden: []}",
        "training: {epochs: 1}",
        "evaluation: {metrics: [r2]}",
    )
    text = nncli("train", config, "--quiet", "--json").out
    assert "NaN" not in text
    assert "Infinity" not in text
