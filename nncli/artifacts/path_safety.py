"""Path safety: names and links in a run, which may be foreign, can't lead out of it."""

import errno
import os
from pathlib import Path

from nncli.artifacts.files import translating_os_errors
from nncli.data.memory import available
from nncli.errors import CorruptRun, UserError
from nncli.untrusted_files.opening import Unfit, open_regular, size_in_words, size_of

MIN_LARGE_BYTES = 1 << 24  # files from this size on are checked against free memory


def is_name(name: str) -> bool:
    """Whether a name is a plain relative path below the run, as a manifest may list.

    >>> is_name("plots/loss.png"), is_name("../loss.png"), is_name("/loss.png"), is_name("a//b")
    (True, False, False, False)
    """
    if os.name == "nt" and set(name) & set("\\:"):  # other folders, drives and streams
        return False
    return all(part not in ("", ".", "..") for part in name.split("/")) and "\0" not in name


def path_inside(run: Path, name: str) -> Path:
    """The path of a run's file. Raises CorruptRun if it leads out of the run."""
    path = run / name
    if not is_inside(run, path):
        raise CorruptRun(f"{path}: leads out of the run")
    return path


def is_inside(run: Path, path: Path) -> bool:
    """Whether a path, with all links resolved, is below the run's folder."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(run))


def read_sized(path: Path, size: int) -> bytes | None:
    """The content of a file of that size; None if there is no file of that size.

    Raises CorruptRun for a non-regular file, UserError if memory is short, FileFailure.
    """
    with translating_os_errors(path):
        try:
            return _content(path, size)
        except Unfit as error:
            raise CorruptRun(f"{path}: {error}") from None


def _content(path: Path, size: int) -> bytes | None:
    try:
        with open_regular(path) as file:
            if size_of(file) != size:
                return None
            if size > MIN_LARGE_BYTES and size > (most := available() // 2):
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
