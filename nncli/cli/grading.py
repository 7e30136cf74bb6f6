"""Grading: mark a class's answer tables, each against its own exercise."""

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path

from nncli.artifacts.files import translating_os_errors
from nncli.cli.exercise import Exercise
from nncli.errors import NncliError, UserError
from nncli.frozen import frozen
from nncli.trace.class_marks import ClassMarks, is_marks_table
from nncli.trace.grading import Answers, GradedAnswer, grade, read_answers
from nncli.trace.worksheet import Worksheet

SUFFIX = ".csv"


@frozen
class Graded:
    """The grades of a class.

    marks: by student.  unread: by student, why a table can't be marked.
    files: by student.  notes: for the teacher.
    """

    files: Mapping[str, Path]
    marks: dict[str, list[GradedAnswer]] = field(default_factory=dict)
    unread: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @cached_property
    def class_marks(self) -> ClassMarks:
        return ClassMarks(self.marks)


def tables_in(files: Sequence[Path]) -> dict[str, Path]:
    """The tables among files and in folders, by student: the file's name without its suffix.

    Raises UserError for a folder without any.
    """
    found = list[Path]()
    for file in files:
        if not file.is_dir():
            found.append(file)
            continue
        with translating_os_errors(file):
            inside = sorted(each for each in file.iterdir() if each.suffix.lower() == SUFFIX)
        own = [each for each in inside if _is_answers(each)]
        if not own:
            raise UserError(f"{file}: no tables of answers ({SUFFIX}) in it")
        found += own
    stems = [file.stem for file in found]
    once = [
        stem if stems.count(stem) == 1 else os.fspath(file)
        for stem, file in zip(stems, found, strict=True)
    ]
    return dict(zip(once, found, strict=True))


def _is_answers(file: Path) -> bool:
    """Whether a file is neither hidden nor a table of marks."""
    return not (file.name.startswith(".") or is_marks_table(file))


def grade_all(
    files: Mapping[str, Path], given: Path | None, key: Path | None, tolerance: float
) -> Graded:
    """Mark all readable tables. given: config or run.  key: the exercise, else each table's own."""
    graded, known = Graded(files), _Worksheets(given)
    shared = None if key is None or key.is_dir() else read_answers(key)
    if shared:
        known.of(shared)
    for student, file in files.items():
        try:
            answers = read_answers(file)
            counts = shared or (answers if key is None else _key_of(answers, key))
            worksheet = known.of(counts)
            if key and _asked(counts) != _asked(answers):
                graded.notes.append(f"{file}: was made from another worksheet than {counts.path}")
            graded.marks[student] = grade(answers, worksheet, tolerance)
        except NncliError as error:
            graded.unread[student] = error.lines()
    graded.notes.extend(
        f"{files[student]}: its answers are right for {other}'s worksheet"
        for student in graded.marks
        if (other := graded.class_marks.whose(student))
    )
    return graded


def _key_of(answers: Answers, folder: Path) -> Answers:
    """The empty answer table of the same name in the key's folder."""
    file = folder / answers.path.name
    if not file.exists():
        raise UserError(f"{answers.path}: {folder} has no {file.name}, whose worksheet would count")
    return read_answers(file)


def _asked(answers: Answers) -> list[str]:
    """The command line without the config's path, which depends on the folder."""
    try:
        return shlex.split(answers.made_by)[:-1]
    except ValueError:
        return []


class _Worksheets:
    """A cache of worksheets."""

    def __init__(self, given: Path | None) -> None:
        self.given = given
        self.known: dict[Exercise, Worksheet] = {}

    def of(self, answers: Answers) -> Worksheet:
        exercise = Exercise.of_answers(answers, self.given)
        if exercise not in self.known:
            self.known[exercise] = exercise.worksheet()
        return self.known[exercise]
