"""Files: whole or not at all."""

import errno
import hashlib
import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from nncli.artifacts.locks import mark_in_use, remove_unused
from nncli.errors import FileFailure
from nncli.operating_system import free_space, put_in_place

TEMPORARY = (".nncli-", ".tmp")  # how the name of a file that is being written begins and ends
CAN_NOT_TELL = (errno.EINVAL, errno.ENOTSUP)  # of a file system that lacks what is asked for

Piece = bytes | memoryview  # of a file's content; a view has one byte an item


@contextmanager
def reporting(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals into FileFailure with the path."""
    try:
        yield
    except OSError as error:
        raise FileFailure(f"{path}: {error.strerror or error}") from error


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write, which takes the place of `path` once all of it is on the disk.

    After a crash the file is the old one or the new one, never half; that it is the new one, even
    after a power cut, is certain once `sync_folder` has returned. Raises FileFailure.
    """
    with reporting(path):
        file = _temporary(path.parent)
        try:
            with file:
                yield file
                file.flush()
                os.fsync(file.fileno())
                put_in_place(file, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(file.name)
            raise


def _temporary(folder: Path) -> IO[bytes]:
    """A new file, locked as long as it is open, by which `sweep` knows that it is in use."""
    while True:
        path = folder / f"{TEMPORARY[0]}{os.urandom(4).hex()}{TEMPORARY[1]}"
        file = path.open("xb")
        with suppress(OSError):  # a file system without locks: nothing is swept there
            mark_in_use(file)
        if path.exists():  # not swept before it was locked
            return file
        file.close()


def sweep(folder: Path) -> None:
    """Remove the temporary files, here and below, whose writers were killed."""
    for path in folder.rglob("*".join(TEMPORARY)):
        with suppress(OSError):
            remove_unused(path)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write, which has taken the place of `path` when this is left. Raises FileFailure.

    After a crash the file is the old one or the new one, never half.
    """
    with whole_file(path) as file:
        yield file
    with reporting(path):
        sync_folder(path.parent)


@contextmanager
def output_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that a user has named to write into: replaced, whole, if it is a file or is new.

    A link is followed; a pipe or a device is written to. Raises FileFailure.
    """
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    if target.exists() and not target.is_file():
        with reporting(path), target.open("wb") as file:
            yield file
    else:
        with replacing(target) as file:
            yield file


def write_atomic(path: Path, content: bytes) -> None:
    """Put `content` at `path`, whole or not at all. Raises FileFailure."""
    with replacing(path) as file:
        file.write(content)


def sync_folder(folder: Path) -> None:
    """Make new names, renames and removals in a folder survive a power cut."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return  # may be written to, but not opened, as every folder of Windows: that is all
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in CAN_NOT_TELL:
            raise
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """A folder, and those above it that are missing: each survives a power cut once made."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)  # another process may have been quicker
        sync_folder(folder.parent)


def ensure_room(folder: Path, size: int) -> None:
    """Raises FileFailure if the disk, or the user's share of it, lacks room for so many bytes.

    Where it can't be told - a file system that reserves nothing - nothing is raised.
    """
    with reporting(folder):
        free = free_space(folder)
        if free is not None and free < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if not hasattr(os, "posix_fallocate"):
            return
        with _temporary(folder) as file:
            os.unlink(file.name)
            try:
                os.posix_fallocate(file.fileno(), 0, max(size, 1))  # a quota refuses here
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise


def to_json(value: Any) -> bytes:
    """Indented JSON text; NaN and infinities, which JSON lacks, become null."""
    return (json_text(value, indent=2) + "\n").encode()


def json_text(value: Any, indent: int | None = None) -> str:
    """JSON in which signs that a terminal would obey, and what is no text, are JSON's escapes."""
    text = json.dumps(finite(value), indent=indent, ensure_ascii=False, allow_nan=False)
    lines = text.split("\n")  # none is within a text
    return "\n".join(line if line.isprintable() else _escaped(line) for line in lines)


def _escaped(line: str) -> str:
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in line)


def finite(value: Any) -> Any:
    """A JSON value with None for every float that isn't finite."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
