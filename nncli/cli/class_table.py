"""Class table: marks of a class in a terminal, and what went wrong most."""

import shutil
from collections.abc import Iterator, Sequence
from textwrap import wrap

from nncli.cli.text_table import table
from nncli.errors import counted
from nncli.trace.class_marks import ClassMarks, Score
from nncli.trace.slips import HINTS

WIDTH = 100  # of what is no terminal
MOST_NAMED = 8  # students or questions of a slip
MOST_SLIPS = 8
LEAST_COLUMNS = 3  # of questions in a line


def class_lines(marks: ClassMarks) -> Iterator[str]:
    """The table, in several parts where it is wider than the terminal; then the slips."""
    width = shutil.get_terminal_size((WIDTH, 24)).columns
    yield from _tables(marks, width)
    if any(marks.score(student).carried for student in marks.marks):
        yield from wrap("* some of it right as what follows from an earlier slip", width)
        yield ""
    found = marks.went_wrong()
    if found:
        yield "what went wrong most"
    for each in found[:MOST_SLIPS]:
        where, who = _some(each.questions), _some(each.students)
        said = f"{each.slip}, in {where}: {counted(each.answers, 'answer')} of {who}"
        yield from wrap(said, width, initial_indent="  ", subsequent_indent="    ")
        if hint := HINTS.get(each.slip):
            yield from wrap(hint, width - 6, initial_indent="      ", subsequent_indent="      ")
    if len(found) > MOST_SLIPS:
        yield f"  and {counted(len(found) - MOST_SLIPS, 'other slip')}"


def _some(names: Sequence[str]) -> str:
    """The first of them."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _tables(marks: ClassMarks, width: int) -> Iterator[str]:
    """Students down, questions across; each student's sum in the first part."""
    labels = marks.labels()
    first = ["", *marks.marks, "class"]
    totals = [marks.score(student) for student in marks.marks]
    together = Score(
        *(sum(getattr(each, key) for each in totals) for key in ("right", "of", "carried"))
    )
    lines = [[name] for name in first]
    columns = [["right", *map(_without_star, totals), _share(together.right / max(together.of, 1))]]
    columns += [
        [
            label,
            *(_cell(marks.score(student, question)) for student in marks.marks),
            _share(marks.share_right(question)),
        ]
        for label, question in zip(labels, marks.questions, strict=True)
    ]
    left = max(map(len, first))
    for part in _parts(columns, width - left):
        yield table([line + [column[at] for column in part] for at, line in enumerate(lines)])
        yield ""


def _parts(columns: Sequence[Sequence[str]], room: int) -> Iterator[list[Sequence[str]]]:
    """As many columns at a time as there is room for."""
    part, used = list[Sequence[str]](), 0
    for column in columns:
        wide = max(map(len, column)) + 2
        if used + wide > room and len(part) >= LEAST_COLUMNS:
            yield part
            part, used = [], 0
        part.append(column)
        used += wide
    yield part


def _cell(score: Score) -> str:
    return str(score) if score.of else ""


def _without_star(score: Score) -> str:
    return f"{score.right}/{score.of}"


def _share(share: float) -> str:
    return f"{share:.0%}"
