"""Engines: where trials run. All are `concurrent.futures` executors, and none changes a number."""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from nncli.engine.stop import Stop
from nncli.errors import UserError
from nncli.operating_system import MOST_PROCESSES
from nncli.study.task import TrialResult, TrialTask
from nncli.study.worker import OnRunReport, run_trial, run_trial_here, unseen

SECONDS_TO_ANSWER = 10  # that a scheduler has


class Engine(Protocol):
    """Runs trials.

    died: the exceptions of a future whose worker was killed.
    resubmits: how often its trial is run again; 0 where the engine sees to that itself.
    workers: how many trials it runs side by side, as far as it knows.
    on_report: is shown every epoch of runs in this process.
    restart: make it usable again after one; the trials that it had are gone.
    """

    died: tuple[type[Exception], ...]
    resubmits: int
    workers: int
    on_report: OnRunReport

    def submit(self, task: TrialTask) -> "Future[TrialResult]": ...

    def restart(self) -> None: ...

    def close(self) -> None: ...


class HereEngine:
    """Runs a trial in this process, at once."""

    died: tuple[type[Exception], ...] = ()
    resubmits = 0
    workers = 1

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        self.on_report: OnRunReport = unseen

    def submit(self, task: TrialTask) -> "Future[TrialResult]":
        future: Future[TrialResult] = Future()
        future.set_result(run_trial_here(task, self.stop, self.on_report))
        return future

    def restart(self) -> None: ...

    def close(self) -> None: ...


class ProcessEngine:
    """Processes of this machine. One that is killed takes the pool with it: another is made."""

    resubmits = 2

    def __init__(self, workers: int) -> None:
        from concurrent.futures.process import BrokenProcessPool

        self.workers = workers if os.name != "nt" else min(workers, MOST_PROCESSES)
        self.on_report: OnRunReport = unseen
        self.died: tuple[type[Exception], ...] = (BrokenProcessPool,)
        self.restart()

    def restart(self) -> None:
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        self.pool = ProcessPoolExecutor(
            self.workers, multiprocessing.get_context("spawn"), initializer=_begin_worker
        )

    def submit(self, task: TrialTask) -> "Future[TrialResult]":
        return self.pool.submit(run_trial, task)

    def close(self) -> None:
        self.pool.shutdown(cancel_futures=True)


def _begin_worker() -> None:
    """Ctrl-C is for the process that began the study: it says when to stop. A worker ends with it.

    A worker that waits for work has no other way to learn that nobody will send any.
    """
    import multiprocessing

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end_with_it() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end_with_it, daemon=True).start()


class ExecutorEngine:
    """Workers that others have started, behind an executor of a library's."""

    resubmits = 0  # Dask has tried four workers by then; with MPI, all end together

    def __init__(
        self, executor: Executor, workers: int, died: tuple[type[Exception], ...], end: Any
    ) -> None:
        self.executor, self.workers, self.died, self.end = executor, workers, died, end
        self.on_report: OnRunReport = unseen

    def submit(self, task: TrialTask) -> "Future[TrialResult]":
        return self.executor.submit(run_trial, task)

    def restart(self) -> None: ...

    def close(self) -> None:
        with suppress(Exception):
            self.executor.shutdown(cancel_futures=True)
        self.end()


@contextmanager
def engine_of(
    workers: int = 1, on: str | None = None, stop: Stop | None = None
) -> Iterator[Engine]:
    """The engine that `--workers` or `--on` asks for; one worker is this process.

    stop: ends its run. Raises UserError.
    """
    engine: Engine
    if on is None:
        engine = HereEngine(stop or Stop()) if workers == 1 else ProcessEngine(workers)
    elif on == "mpi":
        engine = _mpi()
    elif on.startswith("dask:"):
        engine = _dask(on.removeprefix("dask:"))
    else:
        raise UserError(f"--on: expected dask:ADDRESS or mpi, found '{on}'")
    try:
        yield engine
    finally:
        engine.close()


def _dask(address: str) -> Engine:
    try:
        from distributed import Client
        from distributed.scheduler import KilledWorker
    except ImportError:
        raise UserError("--on dask: needs Dask: pip install 'nncli-yaml[dask]'") from None
    try:
        make: Any = Client
        client = make(address, timeout=SECONDS_TO_ANSWER)
    except (OSError, ValueError, TimeoutError) as error:
        said = " ".join(str(error).split())
        raise UserError(f"--on dask:{address}: no scheduler answers there: {said}") from None
    workers = sum(client.nthreads().values()) or 1
    return ExecutorEngine(client.get_executor(pure=False), workers, (KilledWorker,), client.close)


def _mpi() -> Engine:
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
    return ExecutorEngine(MPIPoolExecutor(), workers, (), lambda: None)
