"""`nncli grade`."""

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nncli.cli.options import json_option, print_json
from nncli.cli.streams import echo, echo_line
from nncli.cli.text_table import table
from nncli.errors import NncliError, UserError
from nncli.trace.answer_numbers import TOLERANCE

if TYPE_CHECKING:
    from nncli.trace.grading import Answers, GradedAnswer
    from nncli.trace.worksheet import Worksheet

UNREADABLE = "can't tell what it is a worksheet of"


@click.command(name="grade")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--of",
    "config_or_run",
    type=click.Path(path_type=Path),
    metavar="CONFIG|RUN",
    help="What the worksheet was made from, if it is no longer where it was.",
)
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    help="The unfilled table that trace wrote: its exercise counts, whatever the files say.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0.0),
    default=TOLERANCE,
    show_default=True,
    help="The share of the right number by which an answer may differ; a correct rounding may.",
)
@click.option("--solutions/--no-solutions", default=True, help="Show what is right [yes].")
@json_option
def command(
    files: tuple[Path, ...],
    config_or_run: Path | None,
    key: Path | None,
    tolerance: float,
    solutions: bool,
    as_json: bool,
) -> int:
    """Mark the answers of worksheets that nncli trace --worksheet made.

    Answers may be numbers or fractions, as 0.25, 1/4 or 2.5e-1. What follows correctly from an
    earlier slip is right, and what a wrong answer was likely meant to be is said. Each file says
    which exercise it answers; keep the table that trace wrote as a --key where that might be
    changed. The exit code is 1 if any answer is wrong or empty.
    """
    from nncli.trace.grading import grade, read_answers

    marks, unread = dict[Path, list["GradedAnswer"]](), list[str]()
    exercise = _worksheet(read_answers(key), config_or_run) if key else None
    for file in files:
        try:
            answers = read_answers(file)
            marks[file] = grade(answers, exercise or _worksheet(answers, config_or_run), tolerance)
        except NncliError as error:
            unread += error.lines()
    if as_json:
        print_json({"files": [_to_json(file, each) for file, each in marks.items()]})
    else:
        _print_marks(marks, solutions=solutions)
    for line in unread:
        echo_line(line, err=True)
    is_right = all(mark.verdict == "right" for each in marks.values() for mark in each)
    return 2 if unread else int(not is_right)


def _worksheet(answers: "Answers", given: Path | None) -> "Worksheet":
    """The trace made again, by the command line that the answers carry."""
    from nncli.artifacts.loaded_network import digest, load_network
    from nncli.cli.commands import trace as trace_command
    from nncli.trace.traced_steps import trace
    from nncli.trace.worksheet import Worksheet

    try:
        program, name, *arguments = shlex.split(answers.made_by)
        context = trace_command.command.make_context(name, arguments, help_option_names=[])
        asked = context.params
        if (program, name) != ("nncli", "trace"):
            raise ValueError(name)
    except (ValueError, click.ClickException):
        raise UserError(f"{answers.path}: {UNREADABLE}: '{answers.made_by}'") from None
    path = given or Path(os.path.normpath(answers.path.parent / asked["path"]))
    if not path.exists():
        raise UserError(f"{answers.path}: {path}, which it was made from, isn't there: use --of")
    if digest(path) != answers.digest:
        raise UserError(f"{answers.path}: {path} has changed since the worksheet was made from it")
    shown = trace(load_network(path, asked["assignments"]), asked["steps"], asked["rows"])
    return Worksheet(shown, asked["blanks"])


def _print_marks(marks: "dict[Path, list[GradedAnswer]]", *, solutions: bool) -> None:
    """Each file's marks; of several files, the scores once more together."""
    for file, each in marks.items():
        _print_marks_of(file, each, solutions=solutions)
    if len(marks) > 1:
        rows = [
            [os.fspath(file), str(_right(each)), str(len(each))] for file, each in marks.items()
        ]
        echo(table([["", "right", "of"], *rows]))


def _right(marks: "list[GradedAnswer]") -> int:
    return sum(mark.verdict == "right" for mark in marks)


def _print_marks_of(file: Path, marks: "list[GradedAnswer]", *, solutions: bool) -> None:
    """The score, and every answer that isn't right."""
    from nncli.engine.notation import written

    carried = sum(mark.is_carried for mark in marks)
    how = f" ({carried} as what follows from an earlier slip)" if carried else ""
    echo_line(f"{file}: {_right(marks)} of {len(marks)} right{how}")
    rows = [
        [
            f"#{mark.blank.number} {mark.blank.cell}",
            *([f"step {mark.blank.step}"] if mark.blank.step > 1 else [""]),
            mark.answer or "-",
            *([written(mark.blank.value)] if solutions else []),
            mark.verdict + (f": {mark.slip}" if mark.slip else ""),
        ]
        for mark in marks
        if mark.verdict != "right"
    ]
    if rows:
        echo(table([["blank", "", "answer", *(["right is"] if solutions else []), ""], *rows]))
    echo()


def _to_json(file: Path, marks: "list[GradedAnswer]") -> dict[str, Any]:
    return {
        "file": os.fspath(file),
        "right": _right(marks),
        "blanks": len(marks),
        "marks": [
            {
                "number": mark.blank.number,
                "step": mark.blank.step,
                "cell": mark.blank.cell,
                "answer": mark.answer,
                "solution": mark.blank.value,
                "verdict": mark.verdict,
                "carried": mark.is_carried,
                "slip": mark.slip,
            }
            for mark in marks
        ],
    }
