"""Student names: a class's list, and the files of each of them."""

import re
from collections.abc import Collection
from pathlib import Path

from nncli.artifacts.files import translating_os_errors
from nncli.errors import UserError, printable
from nncli.untrusted_files.opening import Unfit, read_file

MOST_NAMES, LARGEST_FILE = 1000, 1 << 20
UNFIT = re.compile(r"[^\w.-]+")  # signs that a file's name may not have everywhere


def student_names(names: Path, taken: Collection[str] = ()) -> dict[str, str]:
    """The students of a list, a line each, by the names of their files without an ending.

    taken: names of files that are none of theirs.  Raises UserError with the line.
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
    if not 1 <= len(files) <= MOST_NAMES:
        raise UserError(
            f"{names}: expected 1 to {MOST_NAMES} names, a line each, found {len(files)}"
        )
    return files


def _text(names: Path) -> str:
    with translating_os_errors(names):
        try:
            return read_file(names, LARGEST_FILE, "names").decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UserError(f"{names}: not UTF-8 text: {error.reason}") from None
        except FileNotFoundError:
            raise UserError(f"{names}: no such file") from None
        except Unfit as error:
            raise UserError(f"{names}: {error}") from None
