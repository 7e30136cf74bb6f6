"""Files: written atomically."""

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
from nncli.errors import FileFailure, UserError
from nncli.operating_system import free_space, put_in_place
from nncli.untrusted_files.opening import Unfit

TEMPORARY = (".nncli-", ".tmp")  # prefix and suffix of a file that is being written
UNSUPPORTED = (errno.EINVAL, errno.ENOTSUP)  # the file system lacks the operation

Piece = bytes | memoryview  # a part of a file's content; a view has one byte per item


@contextmanager
def translating_os_errors(path: Path) -> Iterator[None]:
    """Turn OSError into FileFailure with the path."""
    try:
        yield
    except OSError as error:
        raise FileFailure(f"{path}: {error.strerror or error}") from error


@contextmanager
def reading_text(path: Path) -> Iterator[None]:
    """Turn errors in reading a user's text file into UserError or FileFailure, with the path."""
    with translating_os_errors(path):
        try:
            yield
        except UnicodeDecodeError as error:
            raise UserError(f"{path}: not UTF-8 text: {error.reason}") from None
        except FileNotFoundError:
            raise UserError(f"{path}: no such file") from None
        except Unfit as error:
            raise UserError(f"{path}: {error}") from None


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write; it replaces `path` once it is completely on the disk.

    After a crash `path` is the old or the new file, never a part. It is certainly the new one once
    `sync_folder` has returned. Raises FileFailure.
    """
    with translating_os_errors(path):
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
    """A new file, locked while open, so that `remove_stale` leaves it alone."""
    while True:
        path = folder / f"{TEMPORARY[0]}{os.urandom(4).hex()}{TEMPORARY[1]}"
        file = path.open("xb")
        with suppress(OSError):  # a file system without locks: nothing is removed there
            mark_in_use(file)
        if path.exists():  # else another process removed it before it was locked
            return file
        file.close()


def remove_stale(folder: Path) -> None:
    """Remove temporary files of killed writers, in a folder and below."""
    for path in folder.rglob("*".join(TEMPORARY)):
        with suppress(OSError):
            remove_unused(path)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write; it has durably replaced `path` on exit. Raises FileFailure.

    After a crash `path` is the old or the new file, never a part.
    """
    with whole_file(path) as file:
        yield file
    with translating_os_errors(path):
        sync_folder(path.parent)


@contextmanager
def output_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a user's output path: a regular or new file is replaced atomically.

    A link is followed; a pipe or device is written to directly. Raises FileFailure.
    """
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    if target.exists() and not target.is_file():
        with translating_os_errors(path), target.open("wb") as file:
            yield file
    else:
        with replacing(target) as file:
            yield file


def write_atomic(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically. Raises FileFailure."""
    with replacing(path) as file:
        file.write(content)


def sync_folder(folder: Path) -> None:
    """Flush a folder, so that its new, renamed and removed names survive a power cut."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return  # the folder can't be opened, as on Windows: nothing more to do
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and its missing parents, durably."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)  # another process may have been quicker
        sync_folder(folder.parent)


def ensure_space(folder: Path, size: int) -> None:
    """Raises FileFailure if the disk, or the user's quota, lacks space for `size` bytes.

    A file system that can't reserve space raises nothing.
    """
    with translating_os_errors(folder):
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
    """Indented JSON; NaN and infinities become null."""
    return (json_text(value, indent=2) + "\n").encode()


def json_text(value: Any, indent: int | None = None) -> str:
    """JSON text with control characters and other non-printable ones escaped."""
    text = json.dumps(finite(value), indent=indent, ensure_ascii=False, allow_nan=False)
    lines = text.split("\n")  # no newline is within a string
    return "\n".join(line if line.isprintable() else _escaped(line) for line in lines)


def _escaped(line: str) -> str:
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in line)


def finite(value: Any) -> Any:
    """A JSON value with None in place of NaN and infinities."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
