"""Path safety: no name and no link among a run's files, which may be anybody's, leads out of it."""

import errno
import os
from pathlib import Path

from nncli.artifacts.files import reporting
from nncli.data.memory import available
from nncli.errors import CorruptRun, UserError
from nncli.untrusted_files.opening import Unfit, open_regular, size_in_words, size_of

LARGE = 1 << 24  # bytes for which there may be no memory


def is_name(name: str) -> bool:
    """Whether a manifest may list a file by that path: one below the run, written plainly.

    >>> is_name("plots/loss.png"), is_name("../loss.png"), is_name("/loss.png"), is_name("a//b")
    (True, False, False, False)
    """
    if os.name == "nt" and set(name) & set("\\:"):  # other folders, drives and streams
        return False
    return all(part not in ("", ".", "..") for part in name.split("/")) and "\0" not in name


def place_inside(run: Path, name: str) -> Path:
    """Where a file of a run stands. Raises CorruptRun if that isn't in the run."""
    path = run / name
    if not is_inside(run, path):
        raise CorruptRun(f"{path}: leads out of the run")
    return path


def is_inside(run: Path, path: Path) -> bool:
    """Whether a path, with every link on the way followed, ends below the run's own folder."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(run))


def content_of(path: Path, size: int) -> bytes | None:
    """A file of that size; None if nothing is there, or something of another size.

    Raises CorruptRun for what is no file, UserError if there is no memory for it, FileFailure.
    """
    with reporting(path):
        try:
            return _content(path, size)
        except Unfit as error:
            raise CorruptRun(f"{path}: {error}") from None


def _content(path: Path, size: int) -> bytes | None:
    try:
        with open_regular(path) as file:
            if size_of(file) != size:
                return None
            if size > LARGE and size > (most := available() // 2):
                message = (
                    f"{size_in_words(size)}, and memory has room for {size_in_words(most)} of it"
                )
                raise UserError(f"{path}: {message}")
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:  # a link to itself
            return None
        raise
