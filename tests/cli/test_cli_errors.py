"""The error boundary: a line for people, an exit code for scripts, a traceback for neither."""

import os
import re
import subprocess

import pytest

import nncli as package
from nncli.cli.commands import list as list_command
from nncli.errors import (
    ConfigError,
    CorruptRun,
    DataError,
    Diverged,
    FileFailure,
    NncliError,
    Problem,
    RunInUse,
    ShapeError,
    UserError,
)


@pytest.fixture
def failing(nncli, monkeypatch):
    """failing(error, ...): how a command ends in which that error happens."""

    def call(error: BaseException, *arguments: object):
        def fail(kind: object) -> str:
            raise error

        monkeypatch.setattr(list_command, "_singular", fail)
        return nncli("list", "loss", *arguments)

    return call


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NncliError("x"), 1),
        (UserError("x"), 2),
        (DataError("x"), 2),
        (ShapeError("x"), 2),
        (RunInUse("x"), 3),
        (CorruptRun("x"), 4),
        (FileFailure("x"), 74),
    ],
    ids=lambda it: type(it).__name__,
)
def test_error_is_its_line_and_its_code(failing, error, code):
    done = failing(error)
    assert (done.code, done.out, done.err) == (code, "", "x\n")


def test_divergence_names_epoch_step_and_tensor(failing):
    done = failing(Diverged(3, 17, "hidden_1/W"))
    assert done.code == 5
    assert "epoch 3 at step 17: hidden_1/W" in done.err


def test_every_problem_of_a_config_has_its_line(failing):
    error = ConfigError([Problem("a.yaml:1:2", "x.y", "wrong"), Problem("a.yaml", "", "worse")])
    assert failing(error).err == "a.yaml:1:2: x.y: wrong\na.yaml: worse\n"


def test_operating_system_s_refusal_is_an_io_failure(failing):
    done = failing(PermissionError(13, "Permission denied", "a/b"))
    assert (done.code, done.err) == (74, "nncli: a/b: Permission denied\n")


def test_refusal_without_words_still_says_what_happened(failing):
    done = failing(OSError("the disk is on fire"))
    assert done.code == 74
    assert "the disk is on fire" in done.err


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("by zero"), RuntimeError("x"), AssertionError()]
)
def test_bug_says_that_it_is_one_and_how_to_see_where(failing, error):
    done = failing(error)
    assert (done.code, done.out) == (70, "")
    assert done.err.count("\n") == 1
    assert f"internal error: {type(error).__name__}" in done.err
    assert "--traceback" in done.err


def test_bug_with_a_message_of_many_lines_is_still_one_line(failing):
    assert failing(ValueError("a\nb\nc")).err.count("\n") == 1


@pytest.mark.parametrize("error", [ZeroDivisionError("by zero"), UserError("x")])
def test_traceback_option_shows_where_and_keeps_the_code(failing, error):
    plain, shown = failing(error), failing(error, "--traceback")
    assert "Traceback" not in plain.err
    assert "Traceback (most recent call last)" in shown.err
    assert shown.code == plain.code
    assert shown.err.endswith(plain.err)


def test_interrupt_outside_training_is_code_130(failing):
    done = failing(KeyboardInterrupt())
    assert (done.code, done.err.strip()) == (130, "stopped")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["evalute"], "did you mean 'evaluate'?"),
        (["plot"], "no such command 'plot'"),
        (["--bogus"], "--bogus"),
        (["train", "--bogus"], "--bogus"),
        (["train", "--runs-dir"], "--runs-dir"),
        (["train", "a.yaml", "b.yaml"], "b.yaml"),
        (["evaluate"], "RUN"),
        (["evaluate", "x", "--split", "exam"], "train"),
        (["validate"], "CONFIG"),
    ],
    ids=" ".join,
)
def test_usage_error_is_one_line_and_code_2(nncli, arguments, words):
    done = nncli(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert words in done.err


def test_no_command_shows_the_help(nncli):
    done = nncli()
    assert nncli("--help").out.strip() in done.out + done.err


def test_version_is_the_package_s(nncli):
    done = nncli("--version")
    assert (done.code, done.out) == (0, f"nncli {package.__version__}\n")
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", package.__version__)


def test_runs_folder_under_a_file_is_an_io_failure(nncli, gate, folder):
    (folder / "file").touch()
    done = nncli("train", gate, "--runs-dir", "file/runs", "--quiet")
    assert (done.code, done.out) == (74, "")
    assert done.err.startswith("file")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["list", "layer"], ["--help"], ["schema"]], ids=" ".join)
def test_reader_that_went_away_is_no_error(process, arguments):
    end, start = os.pipe()
    os.close(end)
    try:
        done = process(*arguments, capture_output=False, stdout=start, stderr=subprocess.PIPE)
    finally:
        os.close(start)
    assert (done.code, done.err) == (0, "")


def test_terminal_of_few_letters_gets_what_it_can_show(process):
    latin = {**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    done = process("list", env=latin)
    assert (done.code, done.err) == (0, "")


def test_name_the_terminal_can_not_show_is_no_bug(process, gate):
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    gate.write_text(f"{gate.read_text()}name: жизнь\n", encoding="utf-8")
    done = process("train", gate, "--quiet", env=ascii_only)
    assert (done.code, done.err) == (0, "")


def test_module_runs_as_a_program(process):
    assert process("--version").out == f"nncli {package.__version__}\n"
