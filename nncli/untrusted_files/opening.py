"""Opening: opens regular files only, and reads no more than a limit.

So a named pipe can't block nncli, and a device can't fill its memory. The limit is checked before
anything is read.
"""

import hashlib
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import IO

KIND_NAMES = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class Unfit(OSError):
    """A path can't be read because of what it is, although the operating system allows it."""


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file for reading; links are followed.

    Raises Unfit for anything else, OSError if the operating system refuses.
    """
    _check_kind(path.stat())  # even opening a device may have effects
    file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115 - the caller closes it
    try:
        _check_kind(os.fstat(file.fileno()))  # it may have been replaced meanwhile
    except BaseException:
        file.close()
        raise
    return file


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check_kind(found: os.stat_result) -> None:
    kind = stat.S_IFMT(found.st_mode)
    if kind != stat.S_IFREG:
        raise Unfit(f"expected a file, found {KIND_NAMES.get(kind, 'something else')}")


def size_of(file: IO[bytes]) -> int:
    """The size of an open file, which is left at its start."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


def read_file(path: Path, most: int, what: str) -> bytes:
    """A regular file's content. Raises Unfit, naming `what`, if it has more than `most` bytes."""
    with open_regular(path) as file:
        size = size_of(file)
        content = file.read(min(size, most) + 1)
    if len(content) > most:
        raise Unfit(f"larger than {size_in_words(most)}, the most that is read of {what}")
    return content


def sha256_of(path: Path) -> str:
    """The SHA-256 of a regular file, which may be larger than memory. Raises as `open_regular`."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def size_in_words(size: int) -> str:
    """A size in bytes, in words.

    >>> size_in_words(1 << 20), size_in_words(3 << 29), size_in_words(10)
    ('1 MiB', '1.5 GiB', '10 bytes')
    """
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size / unit:,.4g} {name}"
    return f"{size} bytes"
