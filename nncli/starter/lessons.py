"""Lessons: configs of worked examples from books and courses."""

import re
from pathlib import Path

import nncli
from nncli.errors import UserError, did_you_mean

PACKAGE = Path(nncli.__file__).parent
FOLDERS = (PACKAGE / "lessons", PACKAGE.parent / "configs" / "lessons")  # installed; checked out
TABLE_PATH = re.compile(r"^  path: (\S+)$", re.M)


def lessons() -> dict[str, str]:
    """Lesson name -> description, a sentence."""
    return {path.stem: _first_line(path) for path in sorted(_folder().glob("*.yaml"))}


def lesson(name: str) -> str:
    """The config of a lesson. Raises UserError, with the nearest known name, if there is none."""
    known = lessons()
    if name not in known:
        guess = did_you_mean(name, known)
        raise UserError(f"unknown lesson '{name}'{guess}; nncli list lesson has all {len(known)}")
    return (_folder() / f"{name}.yaml").read_text(encoding="utf-8")


def lesson_tables(text: str) -> dict[str, bytes]:
    """File name -> content of the tables that a lesson's config reads."""
    return {name: (_folder() / name).read_bytes() for name in TABLE_PATH.findall(text)}


def _folder() -> Path:
    return next((folder for folder in FOLDERS if folder.is_dir()), FOLDERS[0])


def _first_line(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
