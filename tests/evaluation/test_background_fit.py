"""The background fit: a process gives what is fitted here, and nothing depends on it."""

import subprocess
import sys

import numpy as np
import pytest

from nncli.engine.evaluator import EvaluationSet
from nncli.engine.threads import allowed_cores
from nncli.evaluation import background_fit, boosted_trees
from nncli.evaluation.background_fit import BackgroundFit
from nncli.evaluation.boosted_trees import ITERATIONS, Rows
from nncli.evaluation.reference_models import ReferenceTask
from nncli.parts.table import Table

FAILS = "import sys; sys.stdin.read(); sys.exit(1)"


@pytest.fixture
def task():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(80, 3)), random.integers(3, size=80)
    table = Table(x, y, ("a", "b", "c"), classes=("k", "l", "m"))
    learnt, asked = np.arange(60), np.arange(60, 80)
    sets = [
        EvaluationSet({"x": x[some]}, np.eye(3)[y[some]], truth=y[some]) for some in (learnt, asked)
    ]
    return ReferenceTask(*sets, Rows(table, learnt), Rows(table, asked), 3, False, 0, 1)


def started_with(*arguments):
    """A background fit whose process runs something else."""
    fit = BackgroundFit()
    fit._process = subprocess.Popen(
        [sys.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    return fit


def test_process_answers_what_is_fitted_here(task, monkeypatch):
    monkeypatch.setattr(ReferenceTask, "fit", None)  # it isn't fitted here
    with started_with("-P", "-m", background_fit.__name__) as fit:
        fit.ask(task)
        linear, trees = fit.fitted(task)
    monkeypatch.undo()
    monkeypatch.setattr(boosted_trees, "ITERATIONS", ITERATIONS)  # as the process
    here_linear, here_trees = task.fit()
    np.testing.assert_array_equal(linear.predictions, here_linear.predictions)
    np.testing.assert_array_equal(trees.predictions, here_trees.predictions)
    assert (linear.fitted_rows, trees.fitted_rows) == (60, 60)


def test_process_that_fails_costs_no_result(task, monkeypatch):
    with started_with("-c", FAILS) as fit:
        fit.ask(task)
        linear, _ = fit.fitted(task)
    np.testing.assert_array_equal(linear.predictions, task.fit()[0].predictions)


def test_process_that_is_not_asked_is_ended():
    fit = started_with("-c", "import time; time.sleep(60)")
    with fit:
        pass
    assert fit._process.returncode not in (None, 0)


def test_large_tables_are_fitted_here(task, monkeypatch):
    monkeypatch.setattr("nncli.evaluation.reference_models.MAX_SENT_NUMBERS", 100)
    assert not task.is_small
    with started_with("-c", "import time; time.sleep(60)") as fit:
        fit.ask(task)
        assert len(fit.fitted(task)[0].predictions) == 20


@pytest.mark.skipif(allowed_cores() < 2, reason="needs a second core")
def test_evaluation_of_a_small_table_imports_no_scikit_learn(tmp_path):
    from tests.conftest import command_line

    config = tmp_path / "and.yaml"
    config.write_text("data: {dataset: and_gate}\noutput: {plots: []}\n")
    runs = ["--runs-dir", str(tmp_path), "-q"]
    subprocess.run(command_line("train", config, *runs), check=True)
    found = subprocess.run(
        [sys.executable, "-X", "importtime", *command_line("evaluate", tmp_path / "and-001")[1:]],
        capture_output=True,
        check=True,
        text=True,
    )
    assert "linear model" in found.stdout
    assert "sklearn" not in found.stderr
