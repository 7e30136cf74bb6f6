"""Memory: the memory that this process may still allocate."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from nncli.errors import UserError

UNLIMITED = 1 << 62
SKLEARN_BYTES = 440 << 20  # of addresses, for scikit-learn, its libraries and some work
BYTES_PER_CORE = 40 << 20  # for its BLAS


def available() -> int:
    """The available bytes: the minimum over the machine, the control group and `ulimit`."""
    return max(min((*_machine(), *_groups(), *_limits()), default=UNLIMITED), 0)


def require_room_for_libraries(path: Path) -> None:
    """Raises UserError if `ulimit` leaves too few addresses to load scikit-learn.

    With less, loading it fails with an obscure error, or its BLAS retries for ever. path: for the
    message.
    """
    left = max(min(_limits(), default=UNLIMITED), 0)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    needed = SKLEARN_BYTES + BYTES_PER_CORE * cores
    if left < needed and "sklearn" not in sys.modules:
        raise UserError(
            f"{path}: not enough memory: scikit-learn, which scores it, takes {needed >> 20:,} MB "
            f"of addresses, and ulimit leaves {left >> 20:,} MB"
        )


def _machine() -> Iterator[int]:
    fields = _fields(Path("/proc/meminfo"))
    if "MemAvailable" in fields:
        yield fields["MemAvailable"]


def _groups() -> Iterator[int]:
    """The bytes left by control groups, version 2 and 1; none if the limit is `max`."""
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        folder = Path("/sys/fs/cgroup")
        try:
            yield int((folder / limit).read_text()) - int((folder / used).read_text())
        except (OSError, ValueError):
            continue


def _limits() -> Iterator[int]:
    """The bytes left by `ulimit -v` and `ulimit -d`."""
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    kinds = ((resource.RLIMIT_AS, "VmSize"), (resource.RLIMIT_DATA, "VmData"))
    soft = {name: resource.getrlimit(limit)[0] for limit, name in kinds}
    limits = {name: most for name, most in soft.items() if most != resource.RLIM_INFINITY}
    used = _fields(Path("/proc/self/status")) if limits else {}
    yield from (most - used.get(name, 0) for name, most in limits.items())


def _fields(path: Path) -> dict[str, int]:
    """Name -> bytes, from lines such as `Name:  123 kB`."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.split(":", 1) for line in lines if line.endswith(" kB"))
    return {name: int(value.split()[0]) * 1024 for name, value in pairs}
