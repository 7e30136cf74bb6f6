"""Runs the commands of exercises in a folder, and compares what they show."""

import io
import json
import re
import shlex
import shutil
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import stand_ins
from exercises import Claim, Command, Exercise, exercises
from readings import Ended, read

from nncli.cli.main import run as cli

ROOT = Path(__file__).parents[2]
QUIET = {"train": ["--json", "--set", "output.plots=[]"], "evaluate": ["--json"]}


class Laboratory:
    """An empty folder that gets configs/, in which the same command runs once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.done: dict[str, Ended] = {}
        self.configs = {name: text for it in exercises() for name, text in it.configs.items()}
        shutil.copytree(ROOT / "configs", folder / "configs")

    def run(self, command: Command) -> Ended:
        """The command in the laboratory's folder, unless it ran before."""
        if command.text not in self.done:
            program, verb, *arguments = shlex.split(command.text)
            assert program == "nncli"
            self._prepare(arguments)
            out, err = io.StringIO(), io.StringIO()
            with chdir(self.folder), redirect_stdout(out), redirect_stderr(err):
                code = cli([verb, *arguments, *QUIET.get(verb, [])])
            assert code == command.exit_code, f"{command.text}: exit code {code}\n{err.getvalue()}"
            run = self._run_left(verb, arguments, out.getvalue())
            self.done[command.text] = Ended(out.getvalue(), err.getvalue(), run)
        return self.done[command.text]

    def _prepare(self, arguments: list[str]) -> None:
        """The config that a command names, with the table that it reads, wherever they are from."""
        for name in [each for each in arguments if each in self.configs]:
            text = self.configs[name]
            (self.folder / name).write_text(text, encoding="utf-8")
            if tables := stand_ins.read_by(text):
                stand_ins.main(tables, self.folder)

    def _run_left(self, verb: str, arguments: list[str], out: str) -> Path | None:
        if verb == "train" and out.startswith("{"):
            return self.folder / json.loads(out).get("run", "")
        named = [self.folder / each for each in arguments if (self.folder / each).is_dir()]
        return named[0] if named else None

    def seen(self, exercise: Exercise) -> list[tuple[Claim, list[Any]]]:
        """Every claim of an exercise, and what was seen."""
        found = []
        for command in exercise.commands:
            ended = self.run(command)
            with chdir(self.folder):
                found += [(claim, read(claim, ended)) for claim in command.claims]
        return found


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
