"""Worksheets: write the files of `trace --worksheet`, for one student or a class."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from nncli.artifacts.files import make_folder, output_file, translating_os_errors
from nncli.artifacts.loaded_network import LoadedNetwork
from nncli.cli.exercise import Exercise
from nncli.cli.options import is_stdout
from nncli.cli.streams import echo_line
from nncli.cli.student_names import student_names
from nncli.errors import UserError
from nncli.operating_system import shell_word
from nncli.trace.sheet.sheets import Sheet, answer_page, worksheet_page
from nncli.trace.traced_steps import Trace

SUFFIXES = {"text": ".txt", "markdown": ".md", "html": ".html"}
TOGETHER, SOLVED = "worksheets", "answer_sheets"  # files of all students


def check_worksheet(
    form: str,
    output: Path | None,
    answers: Path | None,
    answer_sheet: Path | None,
    students: Path | None,
    input_gradient: bool,
) -> None:
    """Raises UsageError for conflicting options."""
    if input_gradient:
        raise click.UsageError("--input-gradient is for a trace without --worksheet")
    if form == "json":
        raise click.UsageError("--worksheet needs text, markdown or html: json shows the answers")
    if students:
        if answers or answer_sheet:
            raise click.UsageError("--students writes tables and answer sheets by itself")
        if output is None or is_stdout(output):
            raise click.UsageError("--students needs a folder to write into: -o FOLDER")
        return
    files = [
        os.path.abspath(each) for each in (output, answers or "answers.csv", answer_sheet) if each
    ]
    if len(set(files)) < len(files):
        message = "-o, --answers and --answer-sheet name the same file: each is one of its own"
        raise click.UsageError(message)


def write_worksheet(
    exercise: Exercise, loaded: LoadedNetwork, table: Path, form: str, answer_sheet: Path | None
) -> tuple[Trace, str]:
    """Write a worksheet's answer table and answers; returns (its trace, its text)."""
    worksheet = exercise.worksheet(loaded)
    sheet = Sheet(worksheet, table=exercise.table(worksheet, table.parent))
    _write_table(sheet, table)
    if answer_sheet:
        _write(answer_sheet, answer_text([sheet], form))
        echo_line(f"{answer_sheet}: the steps to every blank, for the teacher", err=True)
    return worksheet.shown, worksheet_text(sheet, form)


def worksheet_text(sheet: Sheet, form: str) -> str:
    """The worksheet with blanks."""
    if form == "html":
        return worksheet_page([sheet])
    return _head(sheet, "Worksheet for") + _plain(sheet, form, is_solved=False)


def answer_text(sheets: Sequence[Sheet], form: str) -> str:
    """The worked answers, for the teacher."""
    if form == "html":
        return answer_page(sheets)
    pages = [_head(each, "Answers of") + _plain(each, form, is_solved=True) for each in sheets]
    return "\n\n".join(pages)


def _plain(sheet: Sheet, form: str, *, is_solved: bool) -> str:
    from nncli.trace.markdown import markdown
    from nncli.trace.plain_text import text

    write = markdown if form == "markdown" else text
    return write(sheet.worksheet.shown, sheet.worksheet, is_solved=is_solved)


def _head(sheet: Sheet, what: str) -> str:
    return f"{what} {sheet.student}\n\n" if sheet.student else ""


def _write_table(sheet: Sheet, path: Path) -> None:
    """Write the empty answer table; an existing one is kept: it may hold a student's work."""
    with translating_os_errors(path):
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(sheet.table)
        except FileExistsError:
            raise UserError(f"{path}: exists already; choose another with --answers") from None
    count = len(sheet.worksheet.blanks)
    blanks = "1 blank" if count == 1 else f"{count} blanks"
    how = f"nncli grade {shell_word(path)}"
    echo_line(f"{path}: {blanks} to fill in; mark them with: {how}", err=True)


def write_class(exercise: Exercise, names: Path, folder: Path, form: str) -> None:
    """Write a worksheet with its own numbers and a table per student, and all the answers."""
    files = student_names(names, (TOGETHER, SOLVED))
    ending = SUFFIXES[form]
    for stem in files:
        if (folder / f"{stem}.csv").exists():
            raise UserError(
                f"{folder / f'{stem}.csv'}: exists already; choose another folder with -o"
            )
    with translating_os_errors(folder):
        make_folder(folder)
    first = 1 if exercise.variant is None else exercise.variant
    sheets = []
    for variant, (stem, student) in enumerate(files.items(), first):
        own = replace(exercise, variant=variant)
        worksheet = own.worksheet()
        table = own.table(worksheet, folder)
        sheet = Sheet(worksheet, student, table, f"{stem}.csv")
        _write(folder / f"{stem}.csv", table)
        _write(folder / f"{stem}{ending}", worksheet_text(sheet, form))
        sheets.append(sheet)
    if form == "html":
        _write(folder / f"{TOGETHER}.html", worksheet_page(sheets))
    _write(folder / f"{SOLVED}{ending}", answer_text(sheets, form))
    _say(folder, len(sheets), len(sheets[0].worksheet.blanks), ending)


def _write(path: Path, text: str) -> None:
    with output_file(path) as file:
        file.write(text.encode())


def _say(folder: Path, students: int, blanks: int, ending: str) -> None:
    of = f"{blanks} blanks each, different numbers for each student"
    echo_line(f"{folder}: worksheets of {students} students, {of}")
    if ending == ".html":
        echo_line(f"to print, all in one: {folder / TOGETHER}{ending}")
    echo_line(f"the answers with their steps, for the teacher: {folder / SOLVED}{ending}")
    echo_line(f"mark what comes back with: nncli grade RETURNED --key {shell_word(folder)}")
