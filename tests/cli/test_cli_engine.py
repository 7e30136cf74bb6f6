"""`training.engine` on the command line: what ran is said and recorded."""

import pytest

COMPILED = ("--set", "training.engine=compiled")


@pytest.mark.parametrize("engine", ["compiled", "numpy"])
def test_the_engine_is_said_and_recorded(nncli, train, gate, engine):
    pytest.importorskip("llvmlite")
    chosen = ("--set", f"training.engine={engine}")
    assert f"engine      {engine}\n" in nncli("train", gate, *chosen).err
    run = train(gate, *chosen)
    assert f"  engine: {engine}\n" in run.file("config.resolved.yaml").decode()
    environment = run.json("environment.json")
    assert environment["engine"] == engine
    packages = [package.partition(" ")[0] for package in environment["packages"]]
    assert packages == (["llvmlite"] if engine == "compiled" else [])


def test_auto_is_numpy_for_few_steps_and_compiled_for_many(nncli, gate):
    pytest.importorskip("llvmlite")
    assert "engine: numpy\n" in nncli("config", gate).out
    many = nncli("config", gate, "--set", "training.epochs=100000")
    assert "engine: compiled\n" in many.out


def test_an_engine_that_isn_t_installed_is_an_error_at_its_key(nncli, gate, monkeypatch):
    monkeypatch.setattr("nncli.engine.steppers.choice.find_spec", lambda name: None)
    outcome = nncli("train", gate, *COMPILED)
    assert outcome.code == 2
    assert "training.engine: the compiled engine needs llvmlite: " in outcome.err
    assert outcome.err.endswith("pip install llvmlite\n")


def test_a_long_run_without_a_compiler_says_once_what_would_shorten_it(nncli, gate, monkeypatch):
    monkeypatch.setattr("nncli.engine.steppers.choice.find_spec", lambda name: None)
    outcome = nncli("train", gate, "--set", "training.epochs=70000")
    assert outcome.code == 0
    assert outcome.err.count("llvmlite") == 2  # of one line: what isn't there, and how to get it
    assert "warning: training.engine: llvmlite isn't there, which would shorten" in outcome.err
    assert "engine      numpy\n" in outcome.err
    assert "llvmlite" not in nncli("train", gate).err


def test_lbfgs_asked_for_in_machine_code_is_numpy_s_and_says_so(nncli, gate):
    pytest.importorskip("llvmlite")
    outcome = nncli("train", gate, *COMPILED, "--set", "optimizer=lbfgs")
    assert outcome.code == 0
    assert "warning: training.engine: lbfgs has a line search" in outcome.err
    assert "engine      numpy\n" in outcome.err
