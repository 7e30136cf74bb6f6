"""`nncli.study.run`: the same study as on the command line, for notebooks."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nncli import study
from nncli.assembly.split_table import split_table
from nncli.config.load import load
from nncli.engine.stop import Stop
from nncli.errors import ConfigError, UserError
from nncli.study import repeats, split_cache
from nncli.study.task import TrialTask
from nncli.study.worker import ignore_report, run_trial_here

BASE = ("data: {dataset: iris}", "network: {hidden: [4]}", "training: {epochs: 3}")
SWEEP = (
    "sweep: {space: {optimizer.learning_rate: {low: 0.001, high: 0.1, log: true}}, "
    "method: random, trials: 3, confirm: 2}"
)


@pytest.fixture
def config(write):
    return write("it.yaml", *BASE, SWEEP, "output: {plots: []}")


def test_sweep_is_that_of_the_command_line_and_prints_nothing(nncli, config, record, capsys):
    found = study.run(config)
    assert capsys.readouterr() == ("", "")
    alone = nncli("sweep", config, "-q", "--json")
    assert record(found.path) == record(Path(alone.json["run"]))
    assert [row["state"] for row in found.trials] == ["completed"] * 3
    assert found.best["run"] == alone.json["best"]["run"]
    assert found.best["value"] == min(row["val_loss"] for row in found.trials)
    assert found.best_config.is_file()
    assert found.confirmed["trials"].keys() == alone.json["confirmed"]["trials"].keys()


@pytest.mark.parametrize("kind", ["seeds", "folds"])
def test_repeats_have_a_mean_and_an_interval(config, kind):
    found = study.run(config, **{kind: 3}, set=["training.epochs=2"], runs_dir="elsewhere")
    assert found.path == Path(f"elsewhere/it-{kind}-001")
    assert [row["epochs"] for row in found.trials] == [2, 2, 2]
    for name, mean in found.mean.items():
        if found.std[name] > 0:
            low, high = found.interval[name]
            assert low < mean < high
    assert (found.best, found.best_config) == (None, None)


def test_resume_goes_on_or_reads_what_is_done(config):
    first = study.run(config, seeds=2)
    again = study.resume(first.path)
    assert (again.trials, again.mean) == (first.trials, first.mean)
    more = study.resume(first.path, seeds=3)
    assert len(more.trials) == 3
    assert more.trials[:2] == first.trials
    sweep = study.run(config)
    assert study.resume(sweep.path).best == sweep.best
    with pytest.raises(UserError, match="of kind sweep"):
        study.resume(sweep.path, seeds=3)


@pytest.fixture
def table(write):
    """table(rows): a config whose table has so many."""

    def call(rows):
        write("t.csv", "x,y", *(f"{n},{n % 2}" for n in range(rows)))
        return write("t.yaml", "data: {path: t.csv, target: y}", *BASE[1:], "output: {plots: []}")

    return call


@pytest.mark.parametrize("place", [Path.absolute, lambda path: Path(path.name)])
def test_a_table_is_read_once_by_a_study_and_anew_by_the_next(table, monkeypatch, place):
    read = []
    monkeypatch.setattr(
        split_cache, "split_table", lambda *a, **k: read.append(split_table(*a, **k)) or read[-1]
    )
    for rows in (20, 40):
        study.run(place(table(rows)), seeds=2)
    assert [len(whole.table) for whole in read] == [20, 40]


def test_a_worker_reads_a_table_anew_that_it_has_from_an_earlier_study(table):
    """As Dask's do, which live on."""
    begun, _ = repeats.begin(table(20), (), None, "seeds", 1, ())
    split_cache.forget_split()
    split_cache.cached_split(*load(table(40)), 0)
    table(20)
    plan = begun.planner.plan(0, ())
    done = run_trial_here(TrialTask(begun.task, plan, 0), Stop(), ignore_report)
    begun.directory.unlock()
    assert [run.state for run in done.runs] == ["completed"]


def test_errors_are_the_package_s(config):
    with pytest.raises(ConfigError, match=r"sweep\.trials: expected"):
        study.run(config, set=["sweep.trials=none"])
    with pytest.raises(UserError, match="found both"):
        study.run(config, seeds=2, folds=2)
    for wrong in ({"seeds": 0}, {"folds": 1}):
        with pytest.raises(UserError, match="expected"):
            study.run(config, **wrong)
    for wrong in ({"seeds": 1.5}, {"seeds": True}, {"seeds": 2, "vary": "init"}):
        with pytest.raises(UserError, match="expected"):
            study.run(config, **wrong)
    for workers in (0, 1.5, "2"):
        with pytest.raises(UserError, match="workers: expected an integer >= 1"):
            study.run(config, seeds=2, workers=workers)
    assert not Path("runs").exists()
    with pytest.raises(UserError, match="not a study"):
        study.resume(".")


def test_integers_of_numpy_are_integers(config):
    found = study.run(config, seeds=np.int64(1), set=["training.epochs=1"])
    with pytest.raises(UserError, match="seeds: expected an integer >= 1, found '2'"):
        study.resume(found.path, seeds="2")
    assert len(study.resume(found.path, seeds=np.int64(2)).trials) == 2


def test_what_the_command_line_warns_of_is_in_the_result(write, nncli):
    it = write("it.yaml", *BASE, SWEEP, "output: {plots: []}", "evaluation: {metrics: []}")
    found = study.run(it, seeds=1, set=["training.epochs=1", "optimizer.learning_rate=1e-9"])
    said = nncli(
        *("train", it, "--seeds", 1, "-q", "--set", "training.epochs=1"),
        *("--set", "optimizer.learning_rate=1e-9"),
    ).err
    assert "".join(f"warning: {warning}\n" for warning in found.warnings) == said


def test_package_is_cheap_until_it_is_called():
    code = "import sys, nncli.study; print('numpy' in sys.modules, nncli.study.run.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False run\n"
