"""Grading: answers of a worksheet against the numbers of its trace."""

import csv
import math
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nncli.errors import FileFailure, UserError, printable
from nncli.trace.worksheet import HEADER, MADE_BY, Blank, Worksheet
from nncli.untrusted_files.opening import Unfit, read_file

LARGEST_FILE = 1 << 24  # bytes
LONGEST_NUMBER = 9  # digits
NOTHING = 1e-9  # of a tensor's largest number: what counts as 0 beside it
SHOWN = 5e-7  # of a number: what the page's six digits leave open
DECIMAL = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
NUMBER = re.compile(DECIMAL, re.ASCII)
FRACTION = re.compile(rf"(?:([+-]?\d+) )?({DECIMAL}) ?/ ?({DECIMAL})", re.ASCII)
POWER = re.compile(rf"({DECIMAL}) ?[*x\u00d7\u00b7] ?10\^([+-]?\d+)", re.ASCII)

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
    return [_mark(blank, given.get(number, ""), tolerance) for number, blank in blanks.items()]


def _mark(blank: Blank, answer: str, tolerance: float) -> GradedAnswer:
    if not answer:
        return GradedAnswer(blank, answer, "empty")
    values = read_number(answer)
    if not values:
        return GradedAnswer(blank, answer, "not a number")
    is_right = any(_is_right(value, blank, tolerance) for value in values)
    return GradedAnswer(blank, answer, "right" if is_right else "wrong")


def _is_right(value: float, blank: Blank, tolerance: float) -> bool:
    """Of an update it is the change that was to be worked out, as far as the page's digits go."""
    if not (math.isfinite(blank.value) and math.isfinite(blank.before)):
        return value == blank.value
    allowed = max(tolerance * abs(blank.value - blank.before), NOTHING * blank.scale)
    if blank.before:
        allowed = max(allowed, SHOWN * abs(blank.value))
    return value == blank.value or abs(value - blank.value) <= allowed


def read_number(text: str) -> list[float]:
    """What an answer may mean: none if it is no number, two where a comma can be read both ways.

    >>> read_number("-1/4"), read_number("1 1/2"), read_number("0,5"), read_number("50%")
    ([-0.25], [1.5], [0.5], [0.5])
    >>> read_number("1,234"), read_number("1.5 x 10^2"), read_number("two"), read_number("4 4")
    ([1.234, 1234.0], [150.0], [], [])
    """
    text = text.strip().lstrip("'=").replace("\N{MINUS SIGN}", "-")
    if not text.endswith("%"):
        return [value for each in _by_comma(text) if (value := _value(each)) is not None]
    return [value / 100.0 for value in read_number(text[:-1].rstrip())]


def _by_comma(text: str) -> list[str]:
    """A comma before a fraction, or between thousands."""
    if "," not in text:
        return [text]
    readings = [text.replace(",", ".")] if text.count(",") == 1 and "." not in text else []
    is_grouped = re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", text, re.ASCII)
    return [*readings, *([text.replace(",", "")] if is_grouped else [])]


def _value(text: str) -> float | None:
    """A decimal, a fraction or a number times a power of ten."""
    try:
        if NUMBER.fullmatch(text):
            return float(text)
        if found := POWER.fullmatch(text):
            return float(f"{float(found[1])!r}e{int(found[2])}") if "e" not in found[1] else None
        if found := FRACTION.fullmatch(text):
            part = float(found[2]) / float(found[3])
            whole = float(found[1] or 0)
            return whole - part if (found[1] or "").startswith("-") else whole + part
    except (ZeroDivisionError, ValueError):
        return None
    return math.inf if text in ("inf", "+inf") else -math.inf if text == "-inf" else None
