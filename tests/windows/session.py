"""A learner's hour on Windows, in a process of its own: what each command came to, as JSON.

The commands come on standard input, a line each; one that begins with ! is stopped by Ctrl-C, as
its run is committed for the first time.
"""

import contextlib
import io
import json
import os
import signal
import sys

import as_windows

as_windows.install()

from nncli.cli import main as command  # noqa: E402


def run(line):
    """A command's exit code and what it said."""
    if line.startswith("!"):
        _interrupt_at_commit()
    sys.argv = ["nncli", *line.lstrip("!").split()]
    said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            command.main()
        except SystemExit as ending:
            code = ending.code
    for number in (signal.SIGINT, signal.SIGTERM):  # which a stopped command leaves ignored
        signal.signal(number, signal.default_int_handler)
    return {"asked": line, "code": code, "said": said.buffer.getvalue().decode()}


def _interrupt_at_commit():
    from nncli import operating_system

    replace, seen = os.replace, operating_system.os

    def replacing(source, target):
        replace(source, target)
        if os.path.basename(target) == "manifest.json":
            seen.replace = os.replace = replace
            signal.raise_signal(signal.SIGINT)

    seen.replace = os.replace = replacing


if __name__ == "__main__":  # and not in a worker of a study, which begins with this file too
    done = [run(line) for line in sys.stdin.read().splitlines()]
    json.dump(done, sys.__stdout__)
