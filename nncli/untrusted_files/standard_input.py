"""Standard input as a file: tables are read more than once, a pipe can be read only once."""

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
    """The path of a copy of standard input, shown as `standard input`."""

    def __str__(self) -> str:
        return NAME

    def __fspath__(self) -> str:
        return os.path.join(*self.parts)


def reads_from(path: Path) -> bool:
    """Whether standard input is this file, as by `< file`."""
    try:
        return os.path.samestat(os.fstat(sys.stdin.fileno()), path.stat())
    except (OSError, ValueError):  # no such file, or no standard input
        return False


@contextmanager
def standard_input(suffix: str, source: IO[bytes]) -> Iterator[Path]:
    """While entered, a copy of standard input. suffix: of its name, which tells its format."""
    with tempfile.TemporaryDirectory(prefix="nncli-") as folder:
        path = Path(folder, f"stdin{suffix}")
        with path.open("wb") as copy:
            shutil.copyfileobj(source, copy)
        yield StandardInput(path)
