"""Class marks: every student's right answers by question, and the most frequent mistakes."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from nncli.frozen import frozen
from nncli.trace.answer_numbers import Reading, readings
from nncli.trace.grading import GradedAnswer
from nncli.trace.worksheet import Blank

OTHER = "no usual mistake"
UNANSWERED = "not answered"
COPIED, MIN_COPIED = 0.8, 5  # least share and number of answers that are another student's
HEAD = ("student", "file", "right", "of", "carried", "empty", "went wrong")
Question = tuple[int, str]  # step, tensor


@frozen
class Score:
    """right: right answers out of `of`; carried: those of them that follow from an earlier slip."""

    right: int
    of: int
    carried: int

    @classmethod
    def of_marks(cls, marks: Sequence[GradedAnswer]) -> "Score":
        right = sum(mark.verdict == "right" for mark in marks)
        return cls(right, len(marks), sum(mark.is_carried for mark in marks))

    def __str__(self) -> str:
        """`7/8`; `7/8*` if a right answer follows from an earlier slip."""
        return f"{self.right}/{self.of}{'*' if self.carried else ''}"


@frozen
class WentWrong:
    """A slip, the number of answers that have it, and their students and questions."""

    slip: str
    answers: int
    students: Sequence[str]
    questions: Sequence[str]


class ClassMarks:
    """The marks of a class, by student; the worksheets may have different numbers."""

    def __init__(self, marks: Mapping[str, Sequence[GradedAnswer]]) -> None:
        self.marks = marks
        self.blanks: dict[tuple[int, str], Blank] = {}  # by step and cell, in the order of the page
        for each in marks.values():
            for mark in each:
                self.blanks.setdefault((mark.blank.step, mark.blank.cell), mark.blank)
        self.questions = list(dict.fromkeys(map(_question, self.blanks.values())))

    def labels(self) -> list[str]:
        """The questions' labels: symbols if they are unique, else tensors; `z1 (2)` in step 2."""
        symbols = {_question(blank): blank.symbol for blank in self.blanks.values()}
        often = Counter((step, symbols[step, tensor]) for step, tensor in self.questions)
        names = [
            symbols[step, tensor] if often[step, symbols[step, tensor]] == 1 else tensor
            for step, tensor in self.questions
        ]
        steps = [f" ({step})" if step > 1 else "" for step, _ in self.questions]
        return [name + step for name, step in zip(names, steps, strict=True)]

    def score(self, student: str, question: Question | None = None) -> Score:
        """A student's score in one question, or in all."""
        return Score.of_marks(_marks_of(self.marks[student], question))

    def share_right(self, question: Question) -> float:
        """The share of right answers among all students' answers to a question."""
        scores = [self.score(student, question) for student in self.marks]
        return sum(each.right for each in scores) / max(sum(each.of for each in scores), 1)

    def slips_of(self, student: str) -> Counter[str]:
        return Counter(_mistake(mark) for mark in self.marks[student] if mark.verdict != "right")

    def went_wrong(self) -> list[WentWrong]:
        """The slips, most students first; unknown mistakes and missing answers come last."""
        found: dict[str, list[tuple[str, str]]] = {}
        labels = dict(zip(self.questions, self.labels(), strict=True))
        for student, marks in self.marks.items():
            for mark in marks:
                if mark.verdict != "right":
                    place = student, labels[_question(mark.blank)]
                    found.setdefault(_mistake(mark), []).append(place)
        each = (
            WentWrong(
                slip, len(places), *(list(dict.fromkeys(it)) for it in zip(*places, strict=True))
            )
            for slip, places in found.items()
        )
        return sorted(each, key=_how_often)

    def whose(self, student: str) -> str:
        """The other student whose worksheet a student's answers fit better; empty if none."""
        given = [
            (mark.blank.number, reading)
            for mark in self.marks[student]
            if mark.blank.value and (reading := readings(mark.answer))
        ]
        own = sum(mark.verdict == "right" and not mark.is_carried for mark in self.marks[student])
        for other, marks in self.marks.items():
            blanks = {mark.blank.number: mark.blank for mark in marks}
            same = sum(_is_right_for(reading, blanks.get(number)) for number, reading in given)
            if other != student and same >= max(COPIED * len(given), MIN_COPIED) and same > own:
                return other
        return ""

    def csv(self, files: Mapping[str, str], unread: Mapping[str, str]) -> str:
        """The marks as CSV: a row per student and a column per blank, in which 1 is right.

        files: each student's file.  unread: by student, why the file could not be marked.
        """
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        cells = [f"#{each.number} {_titled(each)}" for each in self.blanks.values()]
        head = (*HEAD, *cells)
        table.writerow((*head, "problem"))
        for student in self.marks:
            table.writerow((student, files[student], *self._row(student), ""))
        for student, problem in unread.items():
            empty = [""] * (len(head) - 2)
            table.writerow((student, files[student], *empty, problem))
        return text.getvalue()

    def _row(self, student: str) -> list[object]:
        score, slips = self.score(student), self.slips_of(student)
        by_cell = {(it.blank.step, it.blank.cell): it for it in self.marks[student]}
        found = [by_cell.get(place) for place in self.blanks]
        marks = ["" if each is None else int(each.verdict == "right") for each in found]
        empty = sum(mark.verdict == "empty" for mark in self.marks[student])
        return [score.right, score.of, score.carried, empty, told(slips), *marks]


def is_marks_table(file: Path) -> bool:
    """Whether a file begins like the CSV of `ClassMarks`; False if it can't be read."""
    begin = ",".join(HEAD).encode()
    try:
        if not file.is_file():
            return False
        with file.open("rb") as opened:
            return opened.read(len(begin)) == begin
    except OSError:
        return False


def _how_often(found: WentWrong) -> tuple[bool, int, int]:
    return found.slip in (OTHER, UNANSWERED), -len(found.students), -found.answers


def told(slips: Counter[str]) -> str:
    """Slips with their counts: `sign (3), forgot 1/n`."""
    return ", ".join(
        name + (f" ({count})" if count > 1 else "") for name, count in slips.most_common()
    )


def _question(blank: Blank) -> Question:
    return blank.step, blank.tensor


def _marks_of(marks: Sequence[GradedAnswer], question: Question | None) -> list[GradedAnswer]:
    return [mark for mark in marks if question in (None, _question(mark.blank))]


def _is_right_for(read: Sequence[Reading], blank: Blank | None) -> bool:
    """Whether an answer is right for a blank of another worksheet, with enough digits to tell."""
    if blank is None:
        return False
    return any(each.is_fine and each.rounds(blank.value) for each in read)


def _mistake(mark: GradedAnswer) -> str:
    if mark.verdict == "wrong":
        return mark.slip or OTHER
    return UNANSWERED if mark.verdict == "empty" else mark.verdict


def _titled(blank: Blank) -> str:
    return f"{blank.cell} (step {blank.step})" if blank.step > 1 else blank.cell
