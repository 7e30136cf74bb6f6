"""Every engine passes the checks that authors of engines are given: ours, and the example."""

import importlib.util
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from types import SimpleNamespace

import pytest
from engine_jobs import make_job

from nncli.engine.steppers import choice, plugged_in
from nncli.engine.steppers.conformance import (
    CASES,
    CHECKS,
    hands_back_in_time,
    has_the_numbers_of_numpy,
    heeds_a_stop,
    refusal,
)
from nncli.engine.steppers.gradient import GradientStepper
from nncli.engine.stop import Stop
from nncli.errors import UserError
from nncli.parts.layers import Dense
from nncli.parts.optimizers import Lbfgs

EXAMPLE = Path(__file__).parents[2] / "examples" / "engine" / "nncli_mirror.py"


def example():
    spec = importlib.util.spec_from_file_location("nncli_mirror", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", autouse=True)
def installed():
    """The example, as if its package were there."""
    offered = {"mirror": example().Mirror, "broken": SimpleNamespace(), "no_such": None}

    class Offered(EntryPoint):
        def load(self):
            return offered[self.name]

    entries = EntryPoints(
        Offered(name, "nncli_mirror:Mirror", plugged_in.GROUP) for name in offered
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("importlib.metadata.entry_points", lambda **asked: entries)
        plugged_in._found.cache_clear()
        yield
    plugged_in._found.cache_clear()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("case", CASES)
def test_the_example_engine(check, case):
    assert refusal("mirror", case) == ""
    check("mirror", case)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("case", CASES)
def test_the_numpy_engine(check, case):
    check("numpy", case)


@pytest.mark.parametrize(
    ("check", "case"),  # a few, since each is compiled; test_compiled_steps.py has the others
    [
        (has_the_numbers_of_numpy, "shards"),
        (hands_back_in_time, "categories"),
        (heeds_a_stop, "frozen"),
    ],
)
def test_the_compiled_engine(check, case):
    pytest.importorskip("llvmlite")
    check("compiled", case)


def test_an_engine_is_taken_only_where_it_is_named():
    long = make_job((Dense(64),), rows=2000, batch_size=10, epochs=1000)
    assert choice.choose(long, "auto").engine in ("compiled", "numpy")
    assert choice.choose(long, "mirror").engine == "mirror"
    assert type(choice.stepper(make_job(engine="mirror"), make_job().start())).__name__ == (
        "MirrorStepper"
    )


def test_what_an_engine_refuses_numpy_trains():
    minimized = make_job(optimizer=Lbfgs())
    assert choice.choose(minimized, "mirror").engine == "numpy"
    assert "lbfgs has a line search" in choice.choose(minimized, "mirror").refusal


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("miror", r"unknown engine 'miror' \(did you mean 'mirror'\?\); known: auto, numpy"),
        (
            "broken",
            r"plugin 'broken' \(nncli_mirror:Mirror\) failed: expected an Engine, found a Si",
        ),
    ],
)
def test_an_engine_that_is_not_there_is_refused(name, message):
    with pytest.raises(UserError, match=message):
        choice.choose(make_job(), name)
    assert plugged_in.package_of(name) == ""


def test_checks_find_an_engine_that_is_wrong(monkeypatch):
    """Each of these faults is found by one check at least."""
    faults = (_Forgetful, _Deaf, _Hasty)
    for fault in faults:
        monkeypatch.setitem(choice.ENGINES, "faulty", fault)
        found = 0
        for check in CHECKS:
            try:
                check("faulty", "random numbers and statistics")
            except AssertionError:
                found += 1
        assert found, fault


class _Forgetful(GradientStepper):
    """Lets go of a slot."""

    def epochs(self, last, stop, seconds=0.0):
        for slot in self.state.slots.values():
            slot[...] = 0.0
        return super().epochs(last, stop, seconds)


class _Deaf(GradientStepper):
    """Never stops."""

    def epochs(self, last, stop, seconds=0.0):
        return super().epochs(last, Stop(), seconds)


class _Hasty(GradientStepper):
    """Leaves out the last step of an epoch."""

    def __init__(self, job, state, ranks):
        super().__init__(job, state, ranks)
        self.steps_per_epoch -= 1
