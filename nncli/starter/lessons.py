"""Lessons: worked networks of books and courses, each a config of its own."""

from pathlib import Path

import nncli
from nncli.errors import UserError, did_you_mean

PACKAGE = Path(nncli.__file__).parent
FOLDERS = (PACKAGE / "lessons", PACKAGE.parent / "configs" / "lessons")  # installed; as developed


def lessons() -> dict[str, str]:
    """Every lesson's name, and what it is in a sentence."""
    return {path.stem: _first_line(path) for path in sorted(_folder().glob("*.yaml"))}


def lesson(name: str) -> str:
    """The config of a lesson. Raises UserError, with the nearest known name, if there is none."""
    known = lessons()
    if name not in known:
        guess = did_you_mean(name, known)
        raise UserError(f"unknown lesson '{name}'{guess}; known: {', '.join(known)}")
    return (_folder() / f"{name}.yaml").read_text(encoding="utf-8")


def _folder() -> Path:
    return next((folder for folder in FOLDERS if folder.is_dir()), FOLDERS[0])


def _first_line(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
