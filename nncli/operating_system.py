"""Operating system: functions that Windows lacks or that differ there.

Names that only POSIX has are used here and in `artifacts/locks.py`; elsewhere only after a check
that they exist. A test enforces this.
"""

import ctypes
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from subprocess import Popen

SAFE = r"[\w@%+=:,./\\-]+"  # characters that cmd and PowerShell don't interpret
MAX_PROCESSES = 61  # the most that one process can wait for on Windows
_position = threading.Lock()  # guards the position of descriptors


def write_at(descriptor: int, content: memoryview, offset: int) -> int:
    """Write bytes at an offset; returns how many were written, perhaps not all."""
    if hasattr(os, "pwrite"):
        return os.pwrite(descriptor, content, offset)
    with _position:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.write(descriptor, content)


def read_at(descriptor: int, into: memoryview, offset: int) -> int:
    """Read bytes from an offset into a buffer; returns their number, 0 at the end of the file."""
    if hasattr(os, "preadv"):
        return os.preadv(descriptor, [into], offset)
    with _position:
        os.lseek(descriptor, offset, os.SEEK_SET)
        content = os.read(descriptor, len(into))
    into[: len(content)] = content
    return len(content)


def give_back_memory() -> None:
    """Return freed memory to the system, if the C library can."""
    if os.name == "posix":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # only glibc has it
        if trim is not None:
            trim(0)


def start_module(module: str, *, hears_errors: bool) -> "Popen[bytes]":
    """Start a Python process that runs a module, with pipes. Raises OSError.

    Ctrl-C doesn't reach it: the process that started it ends it.
    """
    import subprocess

    return subprocess.Popen(
        [sys.executable, "-P", "-m", module],  # -P: nothing from the cwd
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if hears_errors else subprocess.DEVNULL,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
    )


@contextmanager
def blocking_ctrl_c() -> Iterator[None]:
    """While entered, new processes don't receive Ctrl-C until they set a handler; nor does this
    thread.

    On Windows they receive it all the same.
    """
    if hasattr(signal, "pthread_sigmask"):
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()  # its start would unblock the signal
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    else:
        yield


def free_space(folder: Path) -> int | None:
    """The bytes that this user may still write; None if the file system doesn't say."""
    if not hasattr(os, "statvfs"):
        import shutil

        return shutil.disk_usage(folder).free
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize if disk.f_blocks > 0 else None


def put_in_place(file: Any, path: Path) -> None:
    """Rename an open file. Windows can't rename an open file, so it is closed there first."""
    if os.name == "nt":
        file.close()
    os.replace(file.name, path)


def relative_path(path: Path, folder: Path) -> str:
    """A path relative to a folder, with slashes; absolute if it is on another drive of Windows."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.absolute().as_posix()


def expand_wildcards(arguments: list[str]) -> list[str]:
    """A command's arguments, with patterns such as `runs/iris-*` expanded on Windows.

    Its shells leave that to the program. Patterns without a match, options and KEY=VALUE stay as
    they are.
    """
    if os.name != "nt":
        return arguments
    from glob import glob

    def paths(word: str) -> list[str]:
        is_pattern = set(word) & set("*?") and word[0] != "-" and "=" not in word
        return (sorted(glob(word)) if is_pattern else []) or [word]

    return [path for word in arguments for path in paths(word)]


def shell_word(text: object) -> str:
    """An argument as typed in a shell of this system."""
    word = str(text)
    if os.name != "nt":
        import shlex

        return shlex.quote(word)
    return word if re.fullmatch(SAFE, word) else '"' + word.replace('"', '\\"') + '"'
