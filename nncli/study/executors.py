"""Executors: where trials run. Each wraps `concurrent.futures`; none changes a number."""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from nncli.engine.stop import Stop
from nncli.errors import UserError
from nncli.operating_system import MAX_PROCESSES, blocking_ctrl_c
from nncli.study.split_cache import forget_split
from nncli.study.task import TrialResult, TrialTask
from nncli.study.worker import OnRunReport, ignore_report, run_trial, run_trial_here

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

CONNECT_SECONDS = 10  # timeout of a Dask scheduler


class TrialExecutor(Protocol):
    """Runs trials.

    died: the exceptions that mean that a worker was killed.
    resubmits: how often the runner retries such a trial; 0 if the executor retries by itself.
    workers: the number of trials that run in parallel, if known.
    on_report: is called with every epoch of runs in this process.
    restart: replaces a broken pool; its trials are lost.
    """

    died: tuple[type[Exception], ...]
    resubmits: int
    workers: int
    on_report: OnRunReport

    def submit(self, task: TrialTask) -> "Future[TrialResult]": ...

    def restart(self) -> None: ...

    def close(self) -> None: ...


class InProcessExecutor:
    """Runs a trial in this process; `submit` returns when it has ended."""

    died: tuple[type[Exception], ...] = ()
    resubmits = 0
    workers = 1

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        self.on_report: OnRunReport = ignore_report

    def submit(self, task: TrialTask) -> "Future[TrialResult]":
        future: Future[TrialResult] = Future()
        future.set_result(run_trial_here(task, self.stop, self.on_report))
        return future

    def restart(self) -> None: ...

    def close(self) -> None: ...


class LocalPoolExecutor:
    """Processes of this machine. A killed worker breaks the pool, so `restart` makes another."""

    resubmits = 2

    def __init__(self, workers: int) -> None:
        from concurrent.futures.process import BrokenProcessPool

        self.workers = workers if os.name != "nt" else min(workers, MAX_PROCESSES)
        self.on_report: OnRunReport = ignore_report
        self.died: tuple[type[Exception], ...] = (BrokenProcessPool,)
        self._pool: ProcessPoolExecutor | None = None

    def restart(self) -> None:
        self._pool = None

    def submit(self, task: TrialTask) -> "Future[TrialResult]":
        with blocking_ctrl_c():  # a worker that still imports would end with a traceback
            self._pool = self._pool or self._new_pool()
            return self._pool.submit(run_trial, task)

    def _new_pool(self) -> "ProcessPoolExecutor":
        """A pool, made with the first trial: to end the process earlier leaves no semaphores."""
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        return ProcessPoolExecutor(
            self.workers, multiprocessing.get_context("spawn"), initializer=_begin_worker
        )

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _begin_worker() -> None:
    """Ignore Ctrl-C in a worker, which the study's own process handles, and end with that process.

    An idle worker would otherwise wait forever if its parent is killed.
    """
    import multiprocessing

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end_with_it() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end_with_it, daemon=True).start()


class ExternalExecutor:
    """Workers of Dask or MPI, started elsewhere."""

    resubmits = 0  # Dask has tried four workers by then; with MPI, all end together

    def __init__(
        self, executor: Executor, workers: int, died: tuple[type[Exception], ...], end: Any
    ) -> None:
        self.executor, self.workers, self.died, self.end = executor, workers, died, end
        self.on_report: OnRunReport = ignore_report

    def submit(self, task: TrialTask) -> "Future[TrialResult]":
        return self.executor.submit(run_trial, task)

    def restart(self) -> None: ...

    def close(self) -> None:
        with suppress(Exception):
            self.executor.shutdown(cancel_futures=True)
        self.end()


def checked_count(name: str, count: object, least: int = 1) -> int:
    """A number given from Python. Raises UserError unless it is an integer >= `least`."""
    if not isinstance(count, int | np.integer) or type(count) is bool or count < least:
        raise UserError(f"{name}: expected an integer >= {least}, found {count!r}")
    return int(count)


@contextmanager
def open_executor(
    workers: int = 1, on: str | None = None, stop: Stop | None = None
) -> Iterator[TrialExecutor]:
    """Open the executor for `--workers` or `--on`; one worker is this process.

    stop: interrupts a run in this process. Raises UserError.
    """
    executor: TrialExecutor
    workers = checked_count("workers", workers)
    if on is None:
        executor = InProcessExecutor(stop or Stop()) if workers == 1 else LocalPoolExecutor(workers)
    elif on == "mpi":
        executor = _mpi()
    elif on.startswith("dask:"):
        executor = _dask(on.removeprefix("dask:"))
    else:
        raise UserError(f"--on: expected dask:ADDRESS or mpi, found '{on}'")
    try:
        yield executor
    finally:
        executor.close()
        forget_split()


def _dask(address: str) -> TrialExecutor:
    try:
        from distributed import Client
        from distributed.scheduler import KilledWorker
    except ImportError:
        raise UserError("--on dask: needs Dask: pip install 'nncli-yaml[dask]'") from None
    try:
        make: Any = Client
        client = make(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError, TimeoutError) as error:
        said = " ".join(str(error).split())
        raise UserError(f"--on dask:{address}: no scheduler answers there: {said}") from None
    workers = sum(client.nthreads().values()) or 1
    return ExternalExecutor(client.get_executor(pure=False), workers, (KilledWorker,), client.close)


def _mpi() -> TrialExecutor:
    try:
        from mpi4py import MPI
        from mpi4py.futures import MPIPoolExecutor
    except ImportError:
        raise UserError("--on mpi: needs MPI: pip install 'nncli-yaml[mpi]'") from None
    spawned = os.environ.get("MPI4PY_FUTURES_MAX_WORKERS", "")
    workers = MPI.COMM_WORLD.Get_size() - 1 or int(spawned or 0)
    if not workers:
        raise UserError(
            "--on mpi: needs two processes at least: "
            "mpiexec -n 4 python -m mpi4py.futures -m nncli sweep ... --on mpi"
        )
    return ExternalExecutor(MPIPoolExecutor(), workers, (), lambda: None)
