"""Marks table: the marks of a class of students, and the most frequent slips."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from nncli.cli.text_table import table, terminal_width
from nncli.errors import counted
from nncli.trace.class_marks import ClassMarks, Score
from nncli.trace.slips import HINTS

MAX_NAMED = 8  # students or questions of a slip
MAX_SLIPS = 8
MIN_COLUMNS = 3  # of questions in a part of the table


def class_lines(marks: ClassMarks) -> Iterator[str]:
    """The table, in parts that fit the terminal; then the slips."""
    width = terminal_width()
    yield from _tables(marks, width)
    if any(marks.score(student).carried for student in marks.marks):
        yield from wrap("* includes answers that are right except for an earlier mistake", width)
        yield ""
    found = marks.went_wrong()
    if found:
        yield "most frequent mistakes"
    for each in found[:MAX_SLIPS]:
        where, who = _some(each.questions), _some(each.students)
        said = f"{each.slip}, in {where}: {counted(each.answers, 'answer')} of {who}"
        yield from wrap(said, width, initial_indent="  ", subsequent_indent="    ")
        if hint := HINTS.get(each.slip):
            yield from wrap(hint, width - 6, initial_indent="      ", subsequent_indent="      ")
    if len(found) > MAX_SLIPS:
        yield f"  and {counted(len(found) - MAX_SLIPS, 'other mistake')}"


def _some(names: Sequence[str]) -> str:
    """The first names, and the number of the others."""
    more = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")


def _tables(marks: ClassMarks, width: int) -> Iterator[str]:
    """Students down, questions across; each student's total in the first part."""
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
    """Split columns into parts that fit the width."""
    part, used = list[Sequence[str]](), 0
    for column in columns:
        wide = max(map(len, column)) + 2
        if used + wide > room and len(part) >= MIN_COLUMNS:
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
