"""Whole output: what a command prints is all there, or the exit code says that it isn't."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from fork_server import ForkServer
from waiting import PATIENCE

UNBUFFERED = {"PYTHONUNBUFFERED": "1"}  # usual in containers
COMMANDS = {  # whose stdout is their product
    "schema": ["schema"],
    "list": ["list"],
    "config": ["config", "it.yaml"],
    "explain": ["explain", "it.yaml"],
    "init": ["init", "--dataset", "iris", "-o", "-"],
    "trace": ["trace", "it.yaml"],
    "trace html": ["trace", "it.yaml", "--format", "html"],
    "trace json": ["trace", "it.yaml", "--format", "json"],
    "export": ["export", "runs/it-001", "--to", "numpy"],
    "predict": ["predict", "runs/it-001", "t.csv"],
    "evaluate": ["evaluate", "runs/it-001", "--json", "--no-plots"],
    "help": ["train", "--help"],
}


def command_line(*arguments):
    return [sys.executable, "-m", "nncli", *arguments]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a config, its run and a table."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "t.csv").write_text("a,b,y\n" + "".join(f"{i},{i % 7},{i % 2}\n" for i in range(30)))
    (folder / "it.yaml").write_text(
        "data: {path: t.csv, target: y}\nnetwork: {hidden: [2]}\n"
        "training: {epochs: 1}\noutput: {plots: []}\n"
    )
    subprocess.run(command_line("train", "it.yaml", "-q"), cwd=folder, check=True)
    return folder


def ended(arguments, place, stdout, more):
    """(exit code, stderr) of a command that writes to a descriptor."""
    done = subprocess.run(
        command_line(*arguments),
        cwd=place,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, **more},
        text=True,
        timeout=PATIENCE,
    )
    return done.returncode, done.stderr


# A file of the process may have 100 bytes: what is over isn't written, nor is it an error.
SHORT_FILES = """
import resource
import signal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
"""


@pytest.fixture(scope="module")
def unbuffered():
    """Starts processes whose streams Python doesn't buffer, and that leave no compiled modules."""
    with ForkServer(**UNBUFFERED, PYTHONDONTWRITEBYTECODE="1") as made:
        yield made


@pytest.mark.parametrize("name", COMMANDS)
def test_output_that_is_cut_short_is_no_success(name, place, tmp_path, unbuffered):
    arguments = COMMANDS[name]
    if name != "predict":  # which writes a file of its own first, and would fail at that
        out = tmp_path / "out"
        ended = unbuffered.call(place, *arguments, before=SHORT_FILES, stdout=out)
        assert (ended.code, ended.err.splitlines()[-1]) == (74, "nncli: output: File too large")
        assert out.stat().st_size == 100  # a write that took only a part
    ended = unbuffered.call(place, *arguments, stdout=Path("/dev/full"))
    assert (ended.code, ended.err.splitlines()[-1]) == (
        74,
        "nncli: output: No space left on device",
    )


@pytest.mark.parametrize("more", [{}, UNBUFFERED], ids=["buffered", "unbuffered"])
def test_a_slow_reader_of_a_pipe_that_does_not_block_gets_all(more, place):
    arguments = ["trace", "it.yaml", "--format", "html"]
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    found = bytearray()

    def read():
        time.sleep(0.5)
        while part := os.read(read_end, 1000):
            found.extend(part)

    reader = threading.Thread(target=read)
    reader.start()
    code, err = ended(arguments, place, write_end, more)
    os.close(write_end)
    reader.join()
    os.close(read_end)
    assert (code, err) == (0, "")
    assert found.endswith(b"</html>\n")
    assert len(found) > 66_000  # more than a pipe holds
