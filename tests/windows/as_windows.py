"""Makes this process look like one on Windows to nncli: a stand-in, where there is no Windows.

nncli's modules see `os`, `signal`, `select` and `time` with only the names that Windows has, and no
module that it lacks. A folder can't be opened, a file that this process has open can't be renamed,
replaced or removed, and only sockets can be waited for.
"""

import builtins
import enum
import fcntl
import os
import shutil
import signal
import sys
from types import ModuleType, SimpleNamespace

import windows_names

REAL = SimpleNamespace(
    open=os.open, replace=os.replace, rename=os.rename, unlink=os.unlink, import_=__import__
)


class AlreadyLocked(Exception):
    """Portalocker's: another process holds the lock."""


class LockFlags(enum.IntFlag):
    """Portalocker's."""

    EXCLUSIVE = fcntl.LOCK_EX
    SHARED = fcntl.LOCK_SH
    NON_BLOCKING = fcntl.LOCK_NB


def lock(file, flags):
    try:
        fcntl.flock(file, flags)
    except BlockingIOError as error:
        raise AlreadyLocked from error


def install():
    """From here on, modules of nncli that are imported see Windows."""
    library = ModuleType("portalocker")
    library.AlreadyLocked, library.LockFlags, library.lock = AlreadyLocked, LockFlags, lock
    sys.modules["portalocker"] = library
    known = {name: seen(name) for name in windows_names.PARTLY}
    known["os"].name = "nt"
    known["os"].open = _open
    known["select"].select = _select
    known["signal"].set_wakeup_fd = _set_wakeup_fd
    for name in ("replace", "rename"):
        setattr(os, name, _moving(getattr(REAL, name)))
        setattr(known["os"], name, getattr(os, name))
    known["os"].unlink = known["os"].remove = os.unlink = os.remove = _unlink
    shutil._use_fd_functions = False  # Windows has no functions that take a folder's descriptor

    def import_(name, globals=None, locals=None, fromlist=(), level=0):
        if not level and str((globals or {}).get("__name__", "")).partition(".")[0] == "nncli":
            if windows_names.is_lacking(name.partition(".")[0]):
                raise ModuleNotFoundError(f"No module named '{name}'", name=name)
            if name in known:
                return known[name]
        return REAL.import_(name, globals, locals, fromlist, level)

    builtins.__import__ = import_


def seen(name):
    """A module with only what Windows has of it."""
    real, copy = REAL.import_(name), ModuleType(name)
    lacking = windows_names.lacking(name)
    copy.__dict__.update({key: it for key, it in vars(real).items() if key not in lacking})
    return copy


def _is_open(path):
    target = os.path.realpath(path)
    for number in os.listdir("/proc/self/fd"):
        try:
            if os.readlink(f"/proc/self/fd/{number}") == target:
                return True
        except OSError:
            continue
    return False


def _refuse(path):
    raise PermissionError(13, "The process cannot access the file", os.fspath(path))


def _open(path, flags, mode=0o777, *, dir_fd=None):
    if os.path.isdir(path):
        raise PermissionError(13, "Permission denied", os.fspath(path))
    return REAL.open(path, flags, mode, dir_fd=dir_fd)


def _moving(move):
    def moving(source, target, **options):
        for path in (source, target):
            if _is_open(path):
                _refuse(path)
        return move(source, target, **options)

    return moving


def _unlink(path, *, dir_fd=None):
    if dir_fd is None and _is_open(path):
        _refuse(path)
    return REAL.unlink(path, dir_fd=dir_fd)


def _set_wakeup_fd(descriptor, **options):
    if descriptor >= 0:
        os.set_blocking(descriptor, False)  # Windows' doesn't ask for that
    return signal.set_wakeup_fd(descriptor, **options)


def _select(*waited):
    raise OSError(10038, "An operation was attempted on something that is not a socket")
