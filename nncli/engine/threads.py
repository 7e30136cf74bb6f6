"""Threads: the number of threads for matrix products, and the number of free cores.

On busy cores two threads wait for each other at every product: 256 x 512 by 512 x 512 took 5 ms
with one thread and 50 ms with two, while eight processes ran on two cores.
"""

import os
import sys
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nncli.engine.training_settings import Training


def limited(training: "Training") -> AbstractContextManager[Any]:
    """While entered, BLAS uses `training.threads` threads."""
    limits: AbstractContextManager[Any] = pools().limit(limits=training.threads, user_api="blas")
    return limits


def pools() -> Any:
    """The loaded BLAS and OpenMP libraries, as a ThreadpoolController."""
    import threadpoolctl  # noqa: F401  # before modules are counted

    return _pools(len(sys.modules))


@lru_cache(1)
def _pools(_: int) -> Any:
    """A new search among the loaded libraries, only if modules were imported since the last one."""
    import threadpoolctl

    return threadpoolctl.ThreadpoolController()


LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "MKL_NUM_THREADS")


def allowed_cores() -> int:
    """The number of cores this process may use, limited by OMP_NUM_THREADS and the like."""
    count = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    said = [os.environ.get(name, "").strip() for name in LIMITS]
    limits = [int(text) for text in said if text.isascii() and text.isdigit() and len(text) < 10]
    return min([count, *(limit for limit in limits if limit > 0)])


def free_cores() -> int:
    """The number of allowed cores that other processes leave free; at least 1."""
    count = os.cpu_count() or 1
    return max(1, min(allowed_cores(), count - busy_cores()))


def busy_cores() -> int:
    """The number of cores that other processes use: the minimum of the last minute's load and of
    what runs now.

    A process that has just ended still counts in the load, but does not run.
    """
    try:
        load = os.getloadavg()[0]
    except (OSError, AttributeError):  # Windows has no load average
        return 0
    return round(min(load, _running()))


def _running() -> float:
    """The number of other processes and threads that run or wait for a core; inf if unknown."""
    try:
        with open("/proc/loadavg", encoding="ascii") as file:
            return max(0, int(file.read().split()[3].partition("/")[0]) - 1)
    except (OSError, ValueError, IndexError):
        return float("inf")
