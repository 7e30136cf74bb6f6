"""Locks: one process writes in a folder. A lock ends with its process, however that ends.

POSIX locks the folder itself. Windows opens no folder: there a file in it is locked, by the library
portalocker (docs/decisions/0024).
"""

import os
import time
from pathlib import Path
from typing import IO

LOCK_FILE = ".nncli-lock"  # in a folder that can't be locked itself
PAUSE = 0.1  # seconds between two looks at a lock file that another process holds


def hold(folder: Path, *, is_shared: bool = False, waits: bool = False) -> int:
    """A descriptor that keeps others from using a folder, until it is closed.

    is_shared: others may hold it so as well.  waits: until it is free.
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
        return os.open(os.devnull, os.O_RDONLY)  # who may not write here keeps nobody from it
    kind = LockFlags.SHARED if is_shared else LockFlags.EXCLUSIVE
    try:
        while True:
            try:
                lock(descriptor, kind | LockFlags.NON_BLOCKING)
            except AlreadyLocked:
                if not waits:
                    raise BlockingIOError from None
                time.sleep(PAUSE)
            else:
                return descriptor
    except BaseException:
        os.close(descriptor)
        raise


def mark_in_use(file: IO[bytes]) -> None:
    """Lock a file that is being written, as long as it is open. Raises OSError if that can't be.

    Windows keeps every open file from being removed.
    """
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(file, fcntl.LOCK_EX)


def remove_unused(path: Path) -> None:
    """Remove a file unless a process has it open. Raises OSError if one has, or none is there."""
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
