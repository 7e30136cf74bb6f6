"""The machine: what the figures depend on besides the programs, and child processes to match."""

import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import threadpoolctl

ROOT = Path(__file__).parents[2]
PACKAGES = ("numpy", "scikit-learn", "torch", "jax", "llvmlite", "mpi4py", "mpich")
BUSY = 0.7  # a load, beyond our own, from which figures are provisional
LOAD = "load at the start"
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def facts() -> dict[str, str]:
    """Name -> value, as docs/performance.md lists them."""
    import numpy  # noqa: F401  # brings the BLAS that is asked for next

    pools = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    blas = ", ".join(f"{p['internal_api']} {p['version']} ({p['architecture']})" for p in pools)
    return {
        "CPU": _cpu(),
        "cores": str(len(os.sched_getaffinity(0))),
        "system": f"{platform.system()} {platform.release()}",
        "BLAS": blas,
        "Python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
        "C compiler": _first_line(["cc", "--version"]),
        LOAD: "{:.1f}, {:.1f}, {:.1f}".format(*os.getloadavg()),
    }


def is_busy(known: dict[str, str]) -> bool:
    """Whether others were at work in the last minute before the start."""
    return float(known[LOAD].split(",")[0]) > BUSY


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _first_line(command: Sequence[str]) -> str:
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "not installed"
    return answer.stdout.splitlines()[0]


def user_environment() -> dict[str, str]:
    """This process's environment, but with byte code kept and no limits on threads."""
    without = {*THREADS, "PYTHONDONTWRITEBYTECODE", "XLA_FLAGS"}
    return {name: value for name, value in os.environ.items() if name not in without}


def run_child(module: str, *arguments: str, threads: int) -> Iterator[str]:
    """The lines that a module of this package prints, run with so many threads for everyone."""
    limits = dict.fromkeys(THREADS, str(threads))
    if threads == 1:
        limits["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    command = [sys.executable, "-m", f"benchmarks.speed.{module}", *arguments]
    environment = {**user_environment(), **limits}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        yield from child.stdout
    if child.returncode:
        sys.exit(f"{' '.join(command)} ended with {child.returncode}")
