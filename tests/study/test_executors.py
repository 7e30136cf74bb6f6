"""Workers that others have started: Dask and MPI leave the record that one process leaves."""

import importlib.util
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import PATIENCE, until

from nncli import study
from nncli.engine.stop import Stop
from nncli.operating_system import blocking_ctrl_c
from nncli.study.resumable_run import resumable_run

LINES = (
    "data: {dataset: iris}",
    "network: {hidden: [4]}",
    "training: {epochs: 40, engine: numpy}",
    "sweep: {space: {optimizer.learning_rate: {low: 0.0001, high: 0.1, log: true}}, "
    "method: random, trials: 6, confirm: 1, ahead: 3}",
    "output: {plots: []}",
)

needs_dask = pytest.mark.skipif(not importlib.util.find_spec("distributed"), reason="no Dask")
MPIEXEC = shutil.which("mpiexec", path=f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}")
needs_mpi = pytest.mark.skipif(
    not importlib.util.find_spec("mpi4py") or MPIEXEC is None, reason="no MPI"
)


@pytest.fixture
def config(write):
    return write("it.yaml", *LINES)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The study that one process leaves."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "it.yaml").write_text("\n".join(LINES), encoding="utf-8")
    return study.run(folder / "it.yaml", runs_dir=folder / "runs").path


@pytest.fixture
def dask(folder):
    """dask(environment): a scheduler of this machine with two workers, all processes of their own;
    its address, and the workers."""
    log = (folder / "dask.log").open("w")
    started: list[subprocess.Popen[bytes]] = []
    place = folder / "scheduler.json"

    def start(role: str, *arguments: str, env: dict[str, str] | None = None) -> None:
        command = [sys.executable, "-m", f"distributed.cli.dask_{role}", "--no-dashboard"]
        command += ["--scheduler-file", str(place), *arguments]
        started.append(subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=env))

    def call(environment: dict[str, str]) -> tuple[str, list[subprocess.Popen[bytes]]]:
        start("scheduler", "--host", "127.0.0.1", "--port", "0")
        until(lambda: place.exists() and place.read_text().endswith("}"))
        for _ in range(2):
            start("worker", "--nthreads", "1", "--no-nanny", env=environment)
        return json.loads(place.read_text())["address"], started[1:]

    yield call
    for process in started:
        process.kill()
        process.wait()
    log.close()


@needs_dask
def test_dask_leaves_the_same_record_though_a_worker_is_killed(
    process, whole, config, folder, record, dask, killing
):
    address, workers = dask(killing("trial-0002", 20))
    made = folder / "runs" / "it-sweep-001"
    done = process("sweep", config, "-q", "--on", f"dask:{address}", cwd=folder)
    assert done.code == 0, done.err
    assert [each.poll() for each in workers].count(-signal.SIGKILL) == 1
    for name in ("trials.csv", "confirm.csv"):
        assert record(made, name) == record(whole, name)


@needs_dask
def test_no_scheduler_is_said_before_anything_is_written(nncli, config, monkeypatch):
    monkeypatch.setattr("nncli.study.executors.CONNECT_SECONDS", 0.5)
    said = nncli("sweep", config, "--on", "dask:tcp://127.0.0.1:9", "-q")
    assert said.code == 2
    assert said.err.startswith("--on dask:tcp://127.0.0.1:9: no scheduler answers there")
    assert len(said.err.splitlines()) == 1
    assert not Path("runs").exists()


@needs_mpi
def test_mpi_leaves_the_same_record(whole, config, folder, record):
    made = folder / "runs" / "it-sweep-001"
    command = [MPIEXEC, "-n", "3", sys.executable, "-m", "mpi4py.futures", "-m", "nncli"]
    done = subprocess.run(
        [*command, "sweep", config, "-q", "--on", "mpi"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    for name in ("trials.csv", "confirm.csv"):
        assert record(made, name) == record(whole, name)


@needs_mpi
def test_mpi_alone_says_how_it_is_started(process, config, folder):
    said = process("sweep", config, "--on", "mpi", "-q", cwd=folder)
    assert said.code == 2
    assert "mpiexec -n 4 python -m mpi4py.futures -m nncli sweep" in said.err


@pytest.mark.parametrize("engine", ["dask", "mpi"])
def test_missing_library_is_named_with_its_extra(nncli, config, monkeypatch, engine):
    monkeypatch.setitem(sys.modules, {"dask": "distributed", "mpi": "mpi4py"}[engine], None)
    on = {"dask": "dask:tcp://127.0.0.1:9", "mpi": "mpi"}[engine]
    said = nncli("sweep", config, "--on", on, "-q")
    assert said.code == 2
    assert f"pip install 'nncli-yaml[{engine}]'" in said.err


@pytest.mark.skipif(os.name == "nt", reason="no masks of signals")
def test_ctrl_c_waits_until_a_worker_has_said_what_it_does_with_it():
    """Within the imports of a worker it ended it with a traceback."""
    with blocking_ctrl_c():
        child = multiprocessing.get_context("spawn").Process(
            target=signal.raise_signal, args=(signal.SIGINT,)
        )
        child.start()
    child.join()
    assert child.exitcode == 0
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_an_ended_run_of_a_killed_worker_gets_its_names(tmp_path, write, nncli):
    """Killed after its last commit, before the renaming: readers see it, a person wouldn't."""
    config = write("short.yaml", *LINES[:2], "training: {epochs: 2}", LINES[4])
    assert nncli("train", config, "--runs-dir", tmp_path / "runs").code == 0
    weights = tmp_path / "runs" / "short-001" / "model.safetensors"
    content = weights.read_bytes()
    weights.rename(weights.with_name("model.safetensors.next"))
    weights.write_bytes(b"those of epoch 0")
    with resumable_run(weights.parent, Stop()) as run:
        assert run is not None
    assert weights.read_bytes() == content
    assert [*weights.parent.rglob("*.next")] == []
