"""Runs the commands of exercises in a folder, and compares what they show."""

import contextlib
import io
import json
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from exercises import Claim, Command, Exercise
from readings import Ended, read

from nncli.cli.main import run as cli

ROOT = Path(__file__).parents[2]
QUIET = {"train": ["--json", "--set", "output.plots=[]"], "evaluate": ["--json"]}


class Laboratory:
    """A folder in which configs/ is what it is in the repository; the same command runs once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.done: dict[str, Ended] = {}
        if not (folder / "configs").exists():
            (folder / "configs").symlink_to(ROOT / "configs")

    def run(self, command: Command) -> Ended:
        """The command in the laboratory's folder, unless it ran before."""
        if command.text not in self.done:
            program, verb, *arguments = shlex.split(command.text)
            assert program == "nncli"
            out, err = io.StringIO(), io.StringIO()
            with _inside(self.folder), redirect_stdout(out), redirect_stderr(err):
                code = cli([verb, *arguments, *QUIET.get(verb, [])])
            assert code == command.exit_code, f"{command.text}: exit code {code}\n{err.getvalue()}"
            run = self._run_left(verb, arguments, out.getvalue())
            self.done[command.text] = Ended(out.getvalue(), err.getvalue(), run)
        return self.done[command.text]

    def _run_left(self, verb: str, arguments: list[str], out: str) -> Path | None:
        if verb == "train" and out.startswith("{"):
            return self.folder / json.loads(out)["run"]
        named = [self.folder / each for each in arguments if (self.folder / each).is_dir()]
        return named[0] if named else None

    def seen(self, exercise: Exercise) -> list[tuple[Claim, list[Any]]]:
        """Every claim of an exercise, and what was seen."""
        found = []
        for command in exercise.commands:
            ended = self.run(command)
            with _inside(self.folder):
                found += [(claim, read(claim, ended)) for claim in command.claims]
        return found


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """contextlib.chdir, which Python 3.10 lacks."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


COMPARED = {
    ">=": lambda found, limit: found >= limit,
    "<=": lambda found, limit: found <= limit,
    ">": lambda found, limit: found > limit,
    "<": lambda found, limit: found < limit,
}


def holds(claim: Claim, found: list[Any]) -> bool:
    """Whether what was seen is what was published."""
    if len(claim.published) == 1 and len(found) > 1:  # one text for all
        return all(_is(claim.published[0], each, claim.within) for each in found)
    pairs = zip(claim.published, found, strict=True)
    return all(_is(text, each, claim.within) for text, each in pairs)


def _is(published: str, found: Any, within: float) -> bool:
    if isinstance(found, str):
        return True  # reading it was the claim
    sign, _, limit = published.partition(" ")
    if sign in COMPARED:
        return bool(COMPARED[sign](found, float(limit)))
    if within:
        return abs(found - float(published)) <= within
    return float(shown(published, found)) == float(published)


def shown(published: str, found: Any) -> str:
    """What was seen, to the digits of what was published."""
    if isinstance(found, str):
        return found
    if re.fullmatch(r"-?\d+(\.\d+)?", published):
        return f"{found:.{len(published.partition('.')[2])}f}"
    if re.fullmatch(r"-?\d(\.\d+)?e-?\d+", published):
        return f"{found:.{len(published.partition('e')[0].partition('.')[2])}e}"
    return f"{found:.3g}"
