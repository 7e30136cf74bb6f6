"""`threads: auto` takes what is allowed and free, and says when that is less."""

import json
import sys
from types import ModuleType

import pytest

from nncli.assembly.build import build
from nncli.config.load import load
from nncli.engine import threads

WIDE = ["network.hidden=[2048, 2048]", "training.batch_size=full"]


@pytest.fixture
def machine(monkeypatch):
    """machine(cores=4, load=0.0, running=1): a machine to choose threads on."""

    def call(*, cores=4, load=0.0, running=0, **variables):
        monkeypatch.setattr("os.cpu_count", lambda: cores)
        monkeypatch.delattr("os.sched_getaffinity", raising=False)
        monkeypatch.setattr("os.getloadavg", lambda: (load, load, load))
        monkeypatch.setattr(threads, "_running", lambda: running)
        for name in threads.LIMITS:
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return call


@pytest.fixture
def chosen(write):
    def call(*settings):
        built = build(*load(write("c.yaml", "data: {dataset: iris}"), [*WIDE, *settings]))
        said = [line for line in built.warnings if line.startswith("training.threads")]
        return built.experiment.training.threads, said

    return call


def test_all_cores_of_a_quiet_machine_are_taken_without_a_word(machine, chosen):
    machine(cores=3)
    assert chosen() == (3, [])


def test_small_step_takes_one_thread(machine, chosen):
    machine(cores=3)
    assert chosen("network.hidden=[4]") == (1, [])


def test_affinity_limits_the_threads(machine, chosen, monkeypatch):
    machine(cores=8)
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {0, 5}, raising=False)
    assert chosen() == (2, [])


@pytest.mark.parametrize("name", threads.LIMITS)
def test_variables_that_limit_blas_limit_the_threads(machine, chosen, name):
    machine(cores=8, **{name: "2"})
    assert chosen() == (2, [])


@pytest.mark.parametrize("value", ["", "0", "-1", "many", "16", "1e1", "²"])
def test_variable_that_limits_nothing_is_passed_over(machine, chosen, value):
    machine(cores=4, OMP_NUM_THREADS=value)
    assert chosen() == (4, [])


@pytest.mark.parametrize(("load", "running", "left"), [(2.9, 3, 1), (1.0, 8, 3), (9.0, 9, 1)])
def test_cores_that_others_use_are_left_to_them_and_that_is_told(
    machine, chosen, load, running, left
):
    machine(cores=4, load=load, running=running)
    count, (line,) = chosen()
    assert count == left
    assert line.startswith(f"training.threads is {left}, not 4, for other processes keep the cores")


def test_load_of_a_run_that_has_just_ended_changes_nothing(machine, chosen):
    machine(cores=4, load=4.0, running=0)
    assert chosen() == (4, [])


def test_number_that_is_asked_for_is_taken_on_a_busy_machine(machine, chosen):
    machine(cores=4, load=9.0, running=9)
    assert chosen("training.threads=4") == (4, [])


def test_resumed_run_keeps_its_threads(machine, write, train, nncli):
    machine(cores=2)
    config = write("c.yaml", "data: {dataset: iris}", "training: {epochs: 1, batch_size: full}")
    slow = "optimizer.learning_rate=1.0e-6"
    run = train(config, "--set", "network.hidden=[2048, 1024]", "--set", slow)
    machine(cores=2, load=9.0, running=9)
    more = ("--set", "training.epochs=2", "--quiet", "--json")
    done = nncli("train", "--resume", run.path, *more)
    assert "training.threads" not in done.err
    assert json.loads(done.out)["epochs"] == 2
    assert "threads: 2" in run.file("config.resolved.yaml").decode()


def test_libraries_are_looked_for_again_once_modules_were_imported(monkeypatch):
    before = threads.pools()
    assert threads.pools() is before
    monkeypatch.setitem(sys.modules, "brings_a_blas", ModuleType("brings_a_blas"))
    assert threads.pools() is not before
