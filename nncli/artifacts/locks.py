"""Locks: only one process writes in a folder. The lock ends with its process.

POSIX locks the folder itself. Windows can't open a folder: there portalocker locks a file in it
(docs/decisions/0024).
"""

import os
import time
from pathlib import Path
from typing import IO

LOCK_FILE = ".nncli-lock"  # on Windows
RETRY_SECONDS = 0.1


def acquire(folder: Path, *, is_shared: bool = False, waits: bool = False) -> int:
    """Lock a folder; returns a descriptor that holds the lock until it is closed.

    is_shared: allow other shared locks.  waits: wait for the lock.
    Raises BlockingIOError if another process holds it.
    """
    try:
        import fcntl
    except ImportError:
        return _hold_file(folder, is_shared, waits)
    descriptor = os.open(folder, os.O_RDONLY)
    kind = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, kind if waits else kind | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _hold_file(folder: Path, is_shared: bool, waits: bool) -> int:
    from portalocker import AlreadyLocked, LockFlags, lock

    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT)
    except PermissionError:
        if not is_shared:
            raise
        return os.open(os.devnull, os.O_RDONLY)  # a reader without write permission needs no lock
    kind = LockFlags.SHARED if is_shared else LockFlags.EXCLUSIVE
    try:
        while True:
            try:
                lock(descriptor, kind | LockFlags.NON_BLOCKING)
            except AlreadyLocked:
                if not waits:
                    raise BlockingIOError from None
                time.sleep(RETRY_SECONDS)
            else:
                return descriptor
    except BaseException:
        os.close(descriptor)
        raise


def mark_in_use(file: IO[bytes]) -> None:
    """Lock a file that is being written, until it is closed. Raises OSError without locks.

    On Windows no open file can be removed anyway.
    """
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(file, fcntl.LOCK_EX)


def remove_unused(path: Path) -> None:
    """Remove a file. Raises OSError if a process has it open, or if it doesn't exist."""
    try:
        import fcntl
    except ImportError:
        path.unlink()
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
    finally:
        os.close(descriptor)
