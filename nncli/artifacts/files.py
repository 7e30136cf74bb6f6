"""Files: whole or not at all."""

import hashlib
import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from nncli.errors import FileFailure

Piece = bytes | memoryview  # of a file's content; a view has one byte an item


@contextmanager
def reporting(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals into FileFailure with the path."""
    try:
        yield
    except OSError as error:
        raise FileFailure(f"{path}: {error.strerror or error}") from error


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write, which takes the place of `path` once it is whole.

    After a crash the file is the old one or the new one, never half. Raises FileFailure.
    """
    temporary = path.with_name(f".{os.getpid()}.tmp")
    with reporting(path):
        try:
            with temporary.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
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
    """Make renames in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def to_json(value: Any) -> bytes:
    """Indented JSON text; NaN and infinities, which JSON lacks, become null."""
    text = json.dumps(finite(value), indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode(errors="backslashreplace")  # a file name may be no text


def finite(value: Any) -> Any:
    """A JSON value with None for every float that isn't finite."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
