"""The operating system: what Windows lacks, or does differently.

Names that only POSIX has are used here and in `artifacts/locks.py`; elsewhere only after a check
that they exist. A test enforces it.
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

SAFE = r"[\w@%+=:,./\\-]+"  # words that need no quotes in cmd and PowerShell
MAX_PROCESSES = 61  # the most processes that one process can wait for on Windows
_position = threading.Lock()  # for the file position between seeking and reading or writing


def write_at(descriptor: int, content: memoryview, offset: int) -> int:
    """Write at an offset; return the number of bytes written, which may be less than all."""
    if hasattr(os, "pwrite"):
        return os.pwrite(descriptor, content, offset)
    with _position:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.write(descriptor, content)


def read_at(descriptor: int, into: memoryview, offset: int) -> int:
    """Read from an offset; return the number of bytes read, 0 at the end of the file."""
    if hasattr(os, "preadv"):
        return os.preadv(descriptor, [into], offset)
    with _position:
        os.lseek(descriptor, offset, os.SEEK_SET)
        content = os.read(descriptor, len(into))
    into[: len(content)] = content
    return len(content)


def give_back_memory() -> None:
    """Return the C library's freed memory to the system, if the library can (glibc)."""
    if os.name == "posix":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc alone
        if trim is not None:
            trim(0)


def start_module(module: str, *, hears_errors: bool) -> "Popen[bytes]":
    """Start a process that runs a module, with pipes to and from it. Raises OSError.

    Ctrl-C doesn't reach the process: its parent may still need it, and will end it.
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
    """Block Ctrl-C in processes started within, until they unblock it or set a handler.

    It is also delayed for this thread. On Windows the processes receive it nevertheless.
    """
    if hasattr(signal, "pthread_sigmask"):
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()  # starting later, it would unblock the signal
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    else:
        yield


def free_space(folder: Path) -> int | None:
    """The number of bytes that this user may still write; None if unknown."""
    if not hasattr(os, "statvfs"):
        import shutil

        return shutil.disk_usage(folder).free
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize if disk.f_blocks > 0 else None


def put_in_place(file: Any, path: Path) -> None:
    """Rename an open temporary file. Windows can't rename open files, so there it is closed."""
    if os.name == "nt":
        file.close()
    os.replace(file.name, path)


def relative_path(path: Path, folder: Path) -> str:
    """A path relative to a folder, with slashes, which all systems understand.

    On another drive of Windows there is no relative path: then it is absolute.
    """
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.absolute().as_posix()


def expand_wildcards(arguments: list[str]) -> list[str]:
    """A command's arguments, with patterns such as `runs/iris-*` replaced by the matching paths.

    On Windows, where shells don't do it. Patterns without a match, options and KEY=VALUE stay.
    """
    if os.name != "nt":
        return arguments
    from glob import glob

    def paths(word: str) -> list[str]:
        is_pattern = set(word) & set("*?") and word[0] != "-" and "=" not in word
        return (sorted(glob(word)) if is_pattern else []) or [word]

    return [path for word in arguments for path in paths(word)]


def shell_word(text: object) -> str:
    """One argument, quoted as needed for a shell of this system."""
    word = str(text)
    if os.name != "nt":
        import shlex

        return shlex.quote(word)
    return word if re.fullmatch(SAFE, word) else '"' + word.replace('"', '\\"') + '"'
