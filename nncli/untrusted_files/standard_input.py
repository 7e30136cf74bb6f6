"""Standard input as a file: a table is read more than once, and a pipe only once."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

NAME = "standard input"


class StandardInput(type(Path())):  # type: ignore[misc]
    """The path of its copy, which is shown to people as what it is."""

    def __str__(self) -> str:
        return NAME

    def __fspath__(self) -> str:
        return os.path.join(*self.parts)


def reads_from(path: Path) -> bool:
    """Whether standard input is that file, as by `< file`."""
    try:
        return os.path.samestat(os.fstat(sys.stdin.fileno()), path.stat())
    except (OSError, ValueError):  # no such file, or no standard input
        return False


@contextmanager
def standard_input(suffix: str, source: IO[bytes]) -> Iterator[Path]:
    """A copy of all that comes, until this is left. suffix: the ending that says its format."""
    with tempfile.TemporaryDirectory(prefix="nncli-") as folder:
        path = Path(folder, f"stdin{suffix}")
        with path.open("wb") as copy:
            shutil.copyfileobj(source, copy)
        yield StandardInput(path)
