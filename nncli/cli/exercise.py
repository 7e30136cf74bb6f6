"""Exercise: the trace behind a worksheet, and the command line stored in its answers."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

import click

from nncli.artifacts.loaded_network import LoadedNetwork, digest, load_network
from nncli.cli.exercise_options import parsed
from nncli.errors import UserError
from nncli.frozen import frozen
from nncli.operating_system import relative_path
from nncli.trace.grading import Answers
from nncli.trace.traced_steps import trace
from nncli.trace.variant import vary
from nncli.trace.worksheet import Worksheet

UNREADABLE = "can't tell what it is a worksheet of"


@frozen
class Exercise:
    """A trace with blank cells. variant: of the initial weights; None: those of the config."""

    path: Path
    assignments: tuple[str, ...] = ()
    rows: tuple[int, ...] | None = None
    steps: int = 1
    blanks: tuple[str, ...] = ()
    variant: int | None = None

    def loaded(self) -> LoadedNetwork:
        found = load_network(self.path, self.assignments)
        if self.variant is not None:
            vary(found, self.variant)
        return found

    def worksheet(self, loaded: LoadedNetwork | None = None) -> Worksheet:
        return Worksheet(trace(loaded or self.loaded(), self.steps, self.rows), self.blanks)

    def made_by(self, folder: Path) -> str:
        """The command line that recreates the exercise from an answer table in a folder."""
        sets = [part for each in self.assignments for part in ("--set", each)]
        rows = [] if self.rows is None else ["--rows", ",".join(map(str, self.rows))]
        steps = [] if self.steps == 1 else ["--steps", str(self.steps)]
        variant = [] if self.variant is None else ["--variant", str(self.variant)]
        blanks = [part for each in self.blanks for part in ("--blank", each)]
        relative = relative_path(self.path, folder)  # stays valid if both are moved
        return shlex.join(
            ["nncli", "trace", *sets, *rows, *steps, *variant, *blanks, "--", relative]
        )

    def table(self, worksheet: Worksheet, folder: Path) -> str:
        """The empty answer table, for a folder."""
        return worksheet.answers(self.made_by(folder), digest(self.path))

    @classmethod
    def of_answers(cls, answers: Answers, given: Path | None = None) -> "Exercise":
        """The exercise of the answers' command line. given: the config's or run's present path."""
        try:
            program, name, *arguments = shlex.split(answers.made_by)
            asked = parsed(arguments)
            if (program, name) != ("nncli", "trace"):
                raise ValueError(name)
        except (ValueError, click.ClickException):
            raise UserError(f"{answers.path}: {UNREADABLE}: '{answers.made_by}'") from None
        path = _found(answers, [given] if given else _places(answers, asked["path"]))
        keys = ("assignments", "rows", "steps", "blanks", "variant")
        return cls(path, *(asked[key] for key in keys))


def _places(answers: Answers, relative: Path) -> list[Path]:
    """Candidate paths: as recorded, in the working folder, beside the answers."""
    folder = answers.path.parent
    places = [
        folder / relative,
        *(each / relative.name for each in (Path(), folder, folder / "..")),
    ]
    return [Path(os.path.normpath(place)) for place in places]


def _found(answers: Answers, places: Sequence[Path]) -> Path:
    """The first candidate that is unchanged since the worksheet was made. Raises UserError."""
    there = [place for place in places if place.exists()]
    if not there:
        raise UserError(
            f"{answers.path}: {places[0]}, which it was made from, isn't there: use --of"
        )
    for path in there:
        if digest(path) == answers.digest:
            return path
    raise UserError(f"{answers.path}: {there[0]} has changed since the worksheet was made from it")
