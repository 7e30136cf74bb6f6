"""The fork server: a process that has imported nncli and forks a child for each command.

A command in an interpreter of its own takes half a second, most of it imports; a child takes some
hundredths, and can be killed, limited and traced as any other process.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from waiting import PATIENCE

IMPORTED = (
    *("artifacts.run_recorder", "cli.train_repeats", "cli.model_summary"),
    *("cli.commands.train", "cli.commands.evaluate", "cli.main", "cli.progress", "engine.trainer"),
    *(["engine.steppers.compiled.stepper"] if find_spec("llvmlite") else []),
)
# Every epoch is saved, and shown to who watches: what a run writes is no matter of its speed.
NO_TIME_BETWEEN_WRITES = """
from nncli.artifacts import row_listeners, run_recorder
row_listeners.WRITE_SECONDS = run_recorder.CHECKPOINT_SECONDS = -1.0
"""


@dataclass(frozen=True)
class Ended:
    """How a child ended: its exit code, or minus the signal's number; and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Child:
    """A command under way, with files for what it says."""

    fork_server: "ForkServer"
    pid: int
    said: Path

    def send(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self) -> Ended:
        """Wait for its end. One that hangs is killed."""
        timer = threading.Timer(PATIENCE, os.kill, (self.pid, signal.SIGKILL))
        timer.start()
        code = self.fork_server.ask({"wait": self.pid})
        timer.cancel()
        out, err = (self.said.with_suffix(suffix).read_text() for suffix in (".out", ".err"))
        return Ended(code, out, err)


class ForkServer:
    """Starts children; ends with all of them when it is left."""

    def __init__(self, **environment: str) -> None:
        """environment: more variables, which the children have from their start."""
        self.environment = {**os.environ, **environment}

    def __enter__(self) -> "ForkServer":
        self.children, self.folder = 0, tempfile.TemporaryDirectory()
        self.server = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self.environment,
        )
        return self

    def __exit__(self, *error: object) -> None:
        self.server.communicate()
        self.folder.cleanup()

    def ask(self, order: Mapping[str, object]) -> int:
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.write(json.dumps(order).encode() + b"\n")
        self.server.stdin.flush()
        return int(self.server.stdout.readline())

    def start(
        self, folder: Path, *arguments: object, before: str = "", stdout: Path | None = None
    ) -> Child:
        """Run a command in `folder`. before: Python that the child executes first.

        stdout: where it prints to, if not to what its end is asked for.
        """
        self.children += 1
        said = Path(self.folder.name) / str(self.children)
        for suffix in (".out", ".err"):
            said.with_suffix(suffix).touch()
        order = {
            "arguments": list(map(str, arguments)),
            "folder": str(folder),
            "stdout": str(stdout or said.with_suffix(".out")),
            "stderr": str(said.with_suffix(".err")),
            "before": before,
        }
        return Child(self, self.ask(order), said)

    def call(
        self, folder: Path, *arguments: object, before: str = "", stdout: Path | None = None
    ) -> Ended:
        """The same, to its end."""
        return self.start(folder, *arguments, before=before, stdout=stdout).wait()


def serve() -> None:
    """The process's side: fork for each order, and wait for children when told to."""
    for module in IMPORTED:
        importlib.import_module(f"nncli.{module}")
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        elif not (answer := os.fork()):
            run(order)
        print(answer, flush=True)  # noqa: T201


def run(order: Mapping[str, str]) -> NoReturn:
    """The child's side: it ends as any interpreter does."""
    from nncli.cli.main import main

    os.chdir(order["folder"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(order[name], os.O_WRONLY | os.O_CREAT), descriptor)
    exec(order["before"], {})
    sys.argv = ["nncli", *order["arguments"]]
    main()


if __name__ == "__main__":
    serve()
