"""Grading: answers of a worksheet against the numbers of its trace."""

import csv
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nncli.errors import FileFailure, UserError, printable
from nncli.trace.answer_numbers import EXACT, Reading, is_right, readings
from nncli.trace.reworked import Reworked, reworked
from nncli.trace.slips import ROUNDED, is_close, slips
from nncli.trace.worksheet import HEADER, MADE_BY, Blank, Worksheet
from nncli.untrusted_files.opening import Unfit, read_file

LARGEST_FILE = 1 << 24  # bytes
LONGEST_NUMBER = 9  # digits

Verdict = Literal["right", "wrong", "empty", "not a number"]


@dataclass(frozen=True)
class Answers:
    """A filled-in table. made_by, digest: of the trace.  by_number: (step, cell, answer)."""

    path: Path
    made_by: str
    digest: str
    by_number: dict[int, tuple[str, str, str]]


@dataclass(frozen=True)
class GradedAnswer:
    """One answer and what is right.

    is_carried: whether it is right as what follows from an earlier answer that isn't.
    slip: what a wrong one was most likely meant to be; empty if that can't be told.
    """

    blank: Blank
    answer: str
    verdict: Verdict
    is_carried: bool = False
    slip: str = ""


def read_answers(path: Path) -> Answers:
    """Raises UserError with the line of what can't be read, FileFailure if the file can't."""
    made_by, digest, answers = "", "", dict[int, tuple[str, str, str]]()
    for line, row in _rows(path):
        if row[0] == MADE_BY:
            made_by, digest = row[2], row[3]
            continue
        if not row[0].isdecimal() or len(row[0]) > LONGEST_NUMBER:
            found = printable(row[0])
            raise UserError(f"{path}:{line}: expected a blank's number, found '{found}'")
        if int(row[0]) in answers:
            raise UserError(f"{path}:{line}: a second answer to blank {row[0]}")
        answers[int(row[0])] = (row[1], row[2], row[3])
    if not made_by:
        raise UserError(f"{path}: lacks the row '{MADE_BY}', which says what it is a worksheet of")
    return Answers(path, made_by, digest, answers)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line, four cells) of each row but the header; spreadsheets may have put semicolons."""
    try:
        content = read_file(path, LARGEST_FILE, "answers")
        is_wide = content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))  # a spreadsheet's Unicode text
        text = content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text: {error.reason}") from None
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except Unfit as error:
        raise UserError(f"{path}: {error}") from None
    except OSError as error:
        raise FileFailure(f"{path}: {error.strerror}") from None
    lines = text.splitlines()
    delimiter = next((sign for sign in ";\t" if lines and sign in lines[0]), ",")
    table = csv.reader(lines, delimiter=delimiter)
    if tuple(_cells(next(table, []))[: len(HEADER)]) != HEADER:
        raise UserError(f"{path}:1: expected the header {','.join(HEADER)}")
    for row in table:
        if any(cells := _cells(row)):
            if len(cells) < len(HEADER):
                found = f"expected {len(HEADER)} cells, found {len(cells)}"
                raise UserError(f"{path}:{table.line_num}: {found}")
            yield table.line_num, cells


def _cells(row: list[str]) -> list[str]:
    """Without blanks around; notes in columns further right are nobody's business here."""
    return [cell.strip() for cell in row[: len(HEADER)]]


def grade(answers: Answers, worksheet: Worksheet, tolerance: float) -> list[GradedAnswer]:
    """A mark for every blank of the worksheet; one that isn't among the answers is empty.

    tolerance: the share of the right number by which an answer may differ from it.
    Raises UserError if they are of another worksheet.
    """
    blanks = {blank.number: blank for blank in worksheet.blanks}
    for number, (step, cell, _) in answers.by_number.items():
        if number not in blanks:
            raise UserError(f"{answers.path}: blank {number}: the worksheet has {len(blanks)}")
        blank = blanks[number]
        if (step, cell) != (str(blank.step), blank.cell):
            found = f"expected {blank.cell} of step {blank.step}, found {cell} of step {step}"
            raise UserError(f"{answers.path}: blank {number}: {found}")
    given = {number: answer for number, (_, _, answer) in answers.by_number.items()}
    read = {number: readings(answer) for number, answer in given.items()}
    values = {number: [each.value for each in found] for number, found in read.items()}
    return [
        _mark(asked, given.get(number, ""), read.get(number, []), tolerance)
        for asked in reworked(worksheet, values)
        for number in [asked.blank.number]
    ]


def _mark(asked: Reworked, answer: str, read: list[Reading], tolerance: float) -> GradedAnswer:
    """Right is what the trace has, and what follows from the answers before."""
    blank = asked.blank
    if not read:
        return GradedAnswer(blank, answer, "not a number" if answer else "empty")
    if _fits(read, blank.value, blank.before, blank.scale, tolerance):
        return GradedAnswer(blank, answer, "right")

    question = asked.question
    if asked.is_carried and _fits(read, question.right, question.before, blank.scale, tolerance):
        return GradedAnswer(blank, answer, "right", is_carried=True)
    return GradedAnswer(blank, answer, "wrong", slip=_slip(asked, read, tolerance))


def _slip(asked: Reworked, read: list[Reading], tolerance: float) -> str:
    """The likeliest; one that the answer is to its last digit comes before one that it is near."""
    found, before = slips(asked.question), asked.question.before
    for near in (EXACT, tolerance):
        for name, meant in found:
            if meant and _fits(read, meant, before, asked.blank.scale, near):
                return name
    close = any(is_close(each.value, asked.question.right, before) for each in read)
    return ROUNDED if close else ""


def _fits(read: list[Reading], right: float, before: float, scale: float, near: float) -> bool:
    return any(is_right(each, right, before, scale, near) for each in read)
