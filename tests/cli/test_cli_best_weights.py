"""The weights a run keeps, the epoch it calls best and the metrics it prints are one thing."""

import json
from pathlib import Path

import pytest
from waiting import PATIENCE, until

from nncli.parts.metrics import Accuracy

EARLY = "training.early_stopping={patience: 5, min_delta: %s}"


def summary(run):
    return json.loads(run.file("metrics.json"))


@pytest.mark.parametrize(
    ("min_delta", "warns"),
    [
        (0, ""),
        (0.05, "early stopping ended the run while val_loss still got better"),
        (0.2, "early stopping ended the run while val_loss still got better"),
        (100, "no epoch was better by val_loss (min_delta 100) than epoch 0"),
    ],
)
def test_reported_metrics_are_those_of_the_weights_kept(configs, train, nncli, min_delta, warns):
    early = EARLY % min_delta
    run = train(configs / "iris.yaml", "--set", early, "--set", "training.epochs=40", warns=warns)
    scored = nncli("evaluate", run.path, "--split", "val", "--json", "--no-plots").json["metrics"]
    expected = summary(run)["metrics"]["val"]
    assert {name: scored[name] for name in expected} == pytest.approx(expected, rel=1e-12)


RARE = "data: {dataset: {type: inline, x: [[0], [1], [2], [3], [4], [5]], y: [a, a, a, a, a, b]}}"
HALVES = "data.split={type: random, train: 0.5, val: 0.5}"


@pytest.mark.parametrize(
    ("key", "settings"),
    [
        ("training.early_stopping.monitor", "training.early_stopping={monitor: val_roc_auc}"),
        ("training.converged.monitor", "training.converged={monitor: val_roc_auc}"),
        ("schedule.monitor", "schedule={type: reduce_on_plateau, monitor: val_roc_auc}"),
    ],
)
def test_monitor_that_the_rows_leave_undefined_is_refused_before_training(
    write, nncli, folder, key, settings
):
    # no class b among the validation rows of this split: its roc_auc would be NaN in every epoch
    config = write("rare.yaml", RARE)
    done = nncli("train", config, "--set", HALVES, "--set", "seed=0", "--set", settings)
    assert done.code == 2
    problem = f"{key}: val_roc_auc is undefined on the 3 validation rows: they have one class only"
    assert problem in done.err
    assert not (folder / "runs").exists()


def test_monitor_that_becomes_nan_ends_the_run_and_keeps_its_last_checkpoint(
    configs, nncli, monkeypatch
):
    calls = iter(range(1000))

    def score(self, predictions, truth):
        return float("nan") if next(calls) > 8 else 0.5  # twice an epoch: from epoch 4 on

    stopping = "training.early_stopping={monitor: val_accuracy, patience: 50}"
    with monkeypatch.context() as patch:
        patch.setattr(Accuracy, "__call__", score)
        done = nncli("train", configs / "iris.yaml", "--set", stopping, "--set", "output.plots=[]")
    assert done.code == 5
    assert "training.early_stopping.monitor: val_accuracy is NaN in epoch 4: " in done.err
    found = json.loads(Path("runs/iris-001/metrics.json").read_text())
    assert (found["stopped"], found["epochs"]) == ("diverged", 3)
    assert nncli("evaluate", "runs/iris-001", "--no-plots").code == 0


def test_weights_that_are_kept_name_the_monitor_and_its_least_step(configs, nncli):
    early = ("--set", EARLY % 0.01, "--set", "training.epochs=200", "--set", "output.plots=[]")
    done = nncli("train", configs / "iris.yaml", *early)
    assert ", the best by val_loss (min_delta 0.01), are kept" in done.out


def test_interrupted_resumption_of_a_finished_run_is_interrupted(gate, train, spawn):
    run = train(gate, "--set", "training.epochs=1")
    more = ["--set", "training.epochs=100000000"]
    process = spawn("train", "--resume", run.path, *more, "--json", "--quiet")
    until(lambda: "resumed" in run.json("environment.json"))
    process.send_signal(2)
    process.communicate(timeout=PATIENCE)
    assert (process.returncode, summary(run)["stopped"]) == (130, "interrupted")
    assert len(json.loads(run.file("environment.json"))["resumed"]) == 1
