"""Grading: answers of a worksheet against the numbers of its trace."""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from nncli.errors import FileFailure, UserError
from nncli.insight.trace.worksheet import HEADER, MADE_BY, Blank, Worksheet

LARGEST_FILE = 1 << 24  # bytes
NOTHING = 1e-9  # of a tensor's largest number: what counts as 0 beside it

Verdict = Literal["right", "wrong", "empty", "not a number"]


@dataclass(frozen=True)
class Answers:
    """A filled-in table. made_by, digest: of the trace.  by_number: (step, cell, answer)."""

    path: Path
    made_by: str
    digest: str
    by_number: dict[int, tuple[str, str, str]]


@dataclass(frozen=True)
class Mark:
    """One answer and what is right."""

    blank: Blank
    answer: str
    verdict: Verdict


def read_answers(path: Path) -> Answers:
    """Raises UserError with the line of what can't be read, FileFailure if the file can't."""
    made_by, digest, answers = "", "", dict[int, tuple[str, str, str]]()
    for line, row in _rows(path):
        if row[0] == MADE_BY:
            made_by, digest = row[2], row[3]
            continue
        if not row[0].isdecimal():
            raise UserError(f"{path}:{line}: expected a blank's number, found '{row[0]}'")
        if int(row[0]) in answers:
            raise UserError(f"{path}:{line}: a second answer to blank {row[0]}")
        answers[int(row[0])] = (row[1], row[2], row[3])
    if not made_by:
        raise UserError(f"{path}: lacks the row '{MADE_BY}', which says what it is a worksheet of")
    return Answers(path, made_by, digest, answers)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line, four cells) of each row but the header; spreadsheets may have put semicolons."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UserError(f"{path}: too large for answers")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text: {error.reason}") from None
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except OSError as error:
        raise FileFailure(f"{path}: {error.strerror}") from None
    lines = text.splitlines()
    delimiter = ";" if lines and ";" in lines[0] else ","
    table = csv.reader(lines, delimiter=delimiter)
    if tuple(cell.strip() for cell in next(table, [])) != HEADER:
        raise UserError(f"{path}:1: expected the header {','.join(HEADER)}")
    for row in table:
        if any(cell.strip() for cell in row):
            if len(row) != len(HEADER):
                found = f"expected {len(HEADER)} cells, found {len(row)}"
                raise UserError(f"{path}:{table.line_num}: {found}")
            yield table.line_num, [cell.strip() for cell in row]


def grade(answers: Answers, worksheet: Worksheet, tolerance: float) -> list[Mark]:
    """A mark for every blank that the answers have.

    tolerance: the share of the right number by which an answer may differ from it.
    Raises UserError if they are of another trace.
    """
    blanks = {(str(b.step), b.cell): b for b in worksheet.blanks}
    marks = []
    for number, (step, cell, answer) in answers.by_number.items():
        if (step, cell) not in blanks:
            raise UserError(f"{answers.path}: blank {number}: this trace has no cell {cell}")
        marks.append(_mark(blanks[step, cell], answer, tolerance))
    return marks


def _mark(blank: Blank, answer: str, tolerance: float) -> Mark:
    if not answer:
        return Mark(blank, answer, "empty")
    value = read_number(answer)
    if value is None:
        return Mark(blank, answer, "not a number")
    allowed = max(tolerance * abs(blank.value), NOTHING * blank.scale)
    is_right = value == blank.value or abs(value - blank.value) <= allowed
    return Mark(blank, answer, "right" if is_right else "wrong")


def read_number(text: str) -> float | None:
    """3, -0.5, 1e-3, 1/3, or 0,5 as some countries write it; None for anything else.

    >>> read_number("-1/4"), read_number("0,5"), read_number("two")
    (-0.25, 0.5, None)
    """
    text = text.replace(" ", "").replace("\N{MINUS SIGN}", "-")
    if "," in text and "." not in text:
        text = text.replace(",", ".", 1)
    try:
        value = float(Fraction(text)) if "/" in text else float(text)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return None if math.isnan(value) else value
