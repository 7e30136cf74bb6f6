"""Student names: read a class's list, and derive file names."""

import re
from collections.abc import Collection
from pathlib import Path

from nncli.artifacts.files import reading_text
from nncli.errors import UserError, printable
from nncli.untrusted_files.opening import read_file

MAX_NAMES, MAX_FILE_BYTES = 1000, 1 << 20
UNFIT = re.compile(r"[^\w.-]+")  # not allowed in file names on every system


def student_names(names: Path, taken: Collection[str] = ()) -> dict[str, str]:
    """The students of a list, one per line, by their files' stems.

    taken: stems of other files.  Raises UserError with the line.
    """
    files, lines = dict[str, str](), dict[str, int]()
    for line, text in enumerate(_text(names).splitlines(), 1):
        student = " ".join(text.split())
        if not student or student.startswith("#"):
            continue
        stem = UNFIT.sub("_", student).strip("._")
        where = f"{names}:{line}: '{printable(student)}'"
        if not stem or stem.lower() in taken:
            raise UserError(f"{where} can't be the name of a file: write another name")
        if stem.lower() in lines:
            raise UserError(
                f"{where}: the same file as line {lines[stem.lower()]}: tell them apart"
            )
        files[stem], lines[stem.lower()] = student, line
    if not 1 <= len(files) <= MAX_NAMES:
        raise UserError(
            f"{names}: expected 1 to {MAX_NAMES} names, a line each, found {len(files)}"
        )
    return files


def _text(names: Path) -> str:
    with reading_text(names):
        return read_file(names, MAX_FILE_BYTES, "names").decode("utf-8-sig")
