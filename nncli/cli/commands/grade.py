"""`nncli grade`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nncli.cli.options import (
    FILE_OR_STDOUT,
    FiniteRange,
    is_stdout,
    json_option,
    print_json,
    refuse_input,
)
from nncli.cli.streams import echo, echo_line, write_out
from nncli.cli.text_table import table
from nncli.trace.answer_numbers import TOLERANCE

if TYPE_CHECKING:
    from nncli.cli.grading import Graded
    from nncli.trace.grading import GradedAnswer


@click.command(name="grade")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--of",
    "config_or_run",
    type=click.Path(path_type=Path),
    metavar="CONFIG|RUN",
    help="What the worksheet was made from, if it has been moved.",
)
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    metavar="TABLE|FOLDER",
    help="The unfilled table that trace wrote, or the folder of a class's: its exercise counts, "
    "whatever the files say.",
)
@click.option(
    "--tolerance",
    type=FiniteRange(0.0),
    default=TOLERANCE,
    show_default=True,
    help="The share of the right number by which an answer may differ; a correct rounding may.",
)
@click.option("--solutions/--no-solutions", default=True, help="Show what is right [yes].")
@click.option(
    "--details/--no-details",
    default=None,
    help="Show every answer that isn't right [of files; of a folder the class's table].",
)
@click.option(
    "-o", "--output", type=FILE_OR_STDOUT, help="Write the table as CSV: a row a student."
)
@json_option
def command(
    files: tuple[Path, ...],
    config_or_run: Path | None,
    key: Path | None,
    tolerance: float,
    solutions: bool,
    details: bool | None,
    output: Path | None,
    as_json: bool,
) -> int:
    """Mark the answers of worksheets.

    FILES are tables of answers that nncli trace --worksheet made, or folders of them: of a class,
    the marks are shown question by question, and the most frequent mistakes.

    Answers may be numbers or fractions, as 0.25, 1/4 or 2.5e-1. What follows correctly from an
    earlier mistake is right, and the likely cause of a wrong answer is named. Each file says which
    exercise it answers; give the table that trace wrote as a --key where that might be changed. The
    exit code is 1 if any answer is wrong or empty, 2 if a file can't be read.
    """
    if as_json and output and is_stdout(output):
        raise click.UsageError("--json and -o - would both go to stdout")
    from nncli.cli.grading import grade_all, tables_in

    found = tables_in(files)
    refuse_input(output, *found.values(), config_or_run, key)
    graded = grade_all(found, config_or_run, key, tolerance)
    is_class = len(found) > 1 or any(file.is_dir() for file in files)
    if as_json:
        print_json(_to_json(graded, is_class=is_class))
    elif not (output and is_stdout(output)):
        is_detailed = not any(file.is_dir() for file in files) if details is None else details
        _print(graded, solutions=solutions, is_detailed=is_detailed, is_class=is_class)
    if output:
        _write(graded, output)
    for line in (*graded.notes, *(line for each in graded.unread.values() for line in each)):
        echo_line(line, err=True)
    all_right = all(mark.verdict == "right" for each in graded.marks.values() for mark in each)
    return 2 if graded.unread else int(not all_right)


def _write(graded: "Graded", output: Path) -> None:
    """Write the class's table."""
    from nncli.artifacts.files import output_file

    problems = {student: "; ".join(lines) for student, lines in graded.unread.items()}
    files = {student: os.fspath(file) for student, file in graded.files.items()}
    text = graded.class_marks.csv(files, problems)
    if is_stdout(output):
        write_out(text)
        return
    with output_file(output) as file:
        file.write(text.encode())
    echo_line(output, err=True)


def _print(graded: "Graded", *, solutions: bool, is_detailed: bool, is_class: bool) -> None:
    """Print each file's marks, then a table of all."""
    from nncli.cli.marks_table import class_lines

    if is_detailed:
        for student, each in graded.marks.items():
            _print_marks_of(graded.files[student], each, solutions=solutions)
    if is_class and graded.marks:
        for line in class_lines(graded.class_marks):
            echo(line)


def _right(marks: "list[GradedAnswer]") -> int:
    return sum(mark.verdict == "right" for mark in marks)


def _print_marks_of(file: Path, marks: "list[GradedAnswer]", *, solutions: bool) -> None:
    """Print the score and the wrong answers."""
    from nncli.engine.notation import written

    carried = sum(mark.is_carried for mark in marks)
    how = f" ({carried} right except for an earlier mistake)" if carried else ""
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


def _to_json(graded: "Graded", *, is_class: bool) -> dict[str, Any]:
    files = [
        _file_to_json(student, graded.files[student], each)
        for student, each in graded.marks.items()
    ]
    found: dict[str, Any] = {"files": files}
    if is_class:
        found["unread"] = [
            {"file": os.fspath(graded.files[student]), "problems": lines}
            for student, lines in graded.unread.items()
        ]
        found["went_wrong"] = [vars(each) for each in graded.class_marks.went_wrong()]
    return found


def _file_to_json(student: str, file: Path, marks: "list[GradedAnswer]") -> dict[str, Any]:
    return {
        "file": os.fspath(file),
        "student": student,
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
