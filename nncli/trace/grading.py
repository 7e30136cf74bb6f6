"""Grading: answers of a worksheet against the numbers of its trace."""

import csv
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from nncli.artifacts.files import reading_text
from nncli.errors import UserError, printable
from nncli.frozen import frozen
from nncli.trace.answer_numbers import EXACT, Reading, is_right, readings
from nncli.trace.reworked import Reworked, reworked
from nncli.trace.slips import OF_DIGITS, ROUNDED, TOO_FAR, is_close, slips
from nncli.trace.worksheet import HEADER, MADE_BY, Blank, Worksheet
from nncli.untrusted_files.opening import read_file

MAX_FILE_BYTES = 1 << 24
ZIP = b"PK\x03\x04"  # the first bytes of .xlsx and .ods
MAX_DIGITS = 9  # of a blank's number

Verdict = Literal["right", "wrong", "empty", "not a number"]


@frozen
class Answers:
    """A filled-in table of answers.

    made_by, digest: the command line of the trace, and the digest of its inputs.
    by_number: (step, cell, answer).
    """

    path: Path
    made_by: str
    digest: str
    by_number: dict[int, tuple[str, str, str]]


@frozen
class GradedAnswer:
    """An answer and its mark.

    is_carried: whether it is right only as a consequence of an earlier wrong answer.
    slip: the likely mistake that led to a wrong answer; empty if unknown.
    """

    blank: Blank
    answer: str
    verdict: Verdict
    is_carried: bool = False
    slip: str = ""


def read_answers(path: Path) -> Answers:
    """Read a table of answers.

    Raises UserError, with the line, if its content is invalid, FileFailure if it can't be read.
    """
    made_by, digest, answers = "", "", dict[int, tuple[str, str, str]]()
    for line, row in _rows(path):
        if row[0] == MADE_BY:
            made_by, digest = row[2], row[3]
            continue
        if not row[0].isdecimal() or len(row[0]) > MAX_DIGITS:
            found = printable(row[0])
            raise UserError(f"{path}:{line}: expected a blank's number, found '{found}'")
        if int(row[0]) in answers:
            raise UserError(f"{path}:{line}: a second answer to blank {row[0]}")
        answers[int(row[0])] = (row[1], row[2], row[3])
    if not made_by:
        raise UserError(f"{path}: lacks the row '{MADE_BY}', which says what it is a worksheet of")
    return Answers(path, made_by, digest, answers)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line, four cells) of each row after the header; commas, semicolons or tabs separate them."""
    with reading_text(path):
        content = read_file(path, MAX_FILE_BYTES, "answers")
        if content.startswith(ZIP):
            raise UserError(f"{path}: a spreadsheet's own file, not a table: save it as CSV")
        is_wide = content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))  # saved as "Unicode text"
        text = content.decode("utf-16" if is_wide else "utf-8-sig")
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
    """The cells of the table's own columns, stripped; further columns may hold notes."""
    return [cell.strip() for cell in row[: len(HEADER)]]


def grade(answers: Answers, worksheet: Worksheet, tolerance: float) -> list[GradedAnswer]:
    """Mark every blank of the worksheet; a blank without an answer is empty.

    tolerance: the relative error that an answer may have.
    Raises UserError if the answers belong to another worksheet.
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
    """An answer is right if it is the trace's number, or follows from the earlier answers.

    A slip that is recognised by four decimals counts as one even within the tolerance.
    """
    if not read:
        return GradedAnswer(asked.blank, answer, "not a number" if answer else "empty")
    right = _how_right(asked, read, EXACT)
    slip = "" if right else _slip(asked, read, EXACT)
    is_shown = slip not in ("", *OF_DIGITS) and any(each.is_fine for each in read)
    if right != "right" and not is_shown:
        right = _how_right(asked, read, tolerance) or right
    if right:
        return GradedAnswer(asked.blank, answer, "right", is_carried=right == "carried")
    slip = _too_far(asked, read) or slip or _slip(asked, read, tolerance) or _rounded(asked, read)
    return GradedAnswer(asked.blank, answer, "wrong", slip=slip)


def _how_right(
    asked: Reworked, read: list[Reading], tolerance: float
) -> Literal["", "right", "carried"]:
    blank, question = asked.blank, asked.question
    if _fits(read, blank.value, blank.before, blank.scale, tolerance):
        return "right"
    follows = _fits(read, question.right, question.before, blank.scale, tolerance)
    return "carried" if asked.is_carried and follows else ""


def _slip(asked: Reworked, read: list[Reading], tolerance: float) -> str:
    """The likeliest slip that leads to the answer; empty if none does."""
    for name, meant in slips(asked.question):
        if meant and _fits(read, meant, asked.question.before, asked.blank.scale, tolerance):
            return name
    return ""


def _too_far(asked: Reworked, read: list[Reading]) -> str:
    """TOO_FAR if the answer is right, but rounded to too few digits; else empty."""
    values = (asked.blank.value, asked.question.right)
    is_rounded = any(abs(each.value - value) <= each.unit / 2 for each in read for value in values)
    return TOO_FAR if is_rounded and not asked.blank.before else ""


def _rounded(asked: Reworked, read: list[Reading]) -> str:
    right, before = asked.question.right, asked.question.before
    return ROUNDED if any(is_close(each.value, right, before) for each in read) else ""


def _fits(read: list[Reading], right: float, before: float, scale: float, tolerance: float) -> bool:
    return any(is_right(each, right, before, scale, tolerance) for each in read)
