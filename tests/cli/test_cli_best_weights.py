"""The weights a run keeps, the epoch it calls best and the metrics it prints are one thing."""

import json

import pytest

EARLY = "training.early_stopping={patience: 5, min_delta: %s}"


def summary(run):
    return json.loads(run.file("metrics.json"))


@pytest.mark.parametrize("min_delta", [0, 0.05, 0.2, 100])
def test_reported_metrics_are_those_of_the_weights_kept(configs, train, nncli, min_delta):
    run = train(configs / "iris.yaml", "--set", EARLY % min_delta, "--set", "training.epochs=40")
    scored = nncli("evaluate", run.path, "--split", "val", "--json").json["metrics"]
    assert scored == pytest.approx(summary(run)["metrics"]["val"], rel=1e-12)


def test_monitor_that_is_no_number_is_no_improvement(write, train):
    # no class b among the validation rows of this split: its roc_auc is NaN in every epoch
    config = write(
        "rare.yaml",
        "data: {dataset: {type: inline, x: [[0], [1], [2], [3], [4], [5]], y: [a, a, a, a, a, b]}}",
        "training: {epochs: 50, early_stopping: {monitor: val_roc_auc, patience: 5}}",
    )
    split = "data.split={type: random, train: 0.5, val: 0.5}"
    run = train(config, "--set", split, "--set", "seed=0")
    found = summary(run)
    assert found["metrics"]["val"]["roc_auc"] is None
    assert (found["stopped"], found["epochs"], found["best_epoch"]) == ("early_stopping", 5, 0)


def test_run_that_early_stopping_ended_is_not_resumed(configs, train, nncli):
    run = train(configs / "iris.yaml", "--set", EARLY % 100)
    done = nncli("train", "--resume", run.path)
    assert (done.code, done.out) == (2, "")
    assert done.err.endswith("training ended by early stopping: nothing is left to go on with\n")


def test_interrupted_resumption_of_a_finished_run_is_interrupted(gate, train, spawn, until):
    run = train(gate, "--set", "training.epochs=1")
    more = ["--set", "training.epochs=100000000"]
    process = spawn("train", "--resume", run.path, *more, "--json", "--quiet")
    until(lambda: "resumed" in run.json("environment.json"))
    process.send_signal(2)
    process.communicate(timeout=30)
    assert (process.returncode, summary(run)["stopped"]) == (130, "interrupted")
    assert len(json.loads(run.file("environment.json"))["resumed"]) == 1
