"""Promises that a change could break without a sound: each is held here by its numbers."""

import csv
import io
from itertools import pairwise

import pytest

from nncli.artifacts import run_recorder
from nncli.artifacts.run_recorder import CHECKPOINT_SECONDS, RunRecorder

QUIET = ("--json", "-q", "--set", "output.plots=[]")
RISES_AGAIN = (  # a step so long that the loss is least after a few epochs
    "data: {dataset: {type: moons, samples: 60, noise: 0.4}}",
    "network: {hidden: [32, 32]}",
    "optimizer: {type: adam, learning_rate: 0.03}",
    "training: {epochs: 40}",
)


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_probabilities_stand_under_the_names_of_their_classes_whatever_their_case(nncli, write):
    classes = ["b", "A", "C", "a"]
    cells = [f"{place},{place % 2},{name}" for place, name in enumerate(classes)] * 20
    write("t.csv", "x,z,y", *cells)
    config = write(
        "t.yaml", "data: {path: t.csv, target: y, split: none}", "training: {epochs: 300}"
    )
    run = nncli("train", config, *QUIET).json["run"]
    done = nncli(
        "predict", run, write("new.csv", "x,z", "0,0", "1,1", "2,0", "3,1"), "--probabilities"
    )
    predicted = rows_of(done.out)
    assert [row["prediction"] for row in predicted] == classes
    columns = [name for name in predicted[0] if name not in ("x", "z", "prediction")]
    assert [name.rpartition("_")[2] for name in columns] == sorted(classes)
    for row, name in zip(predicted, classes, strict=True):
        likeliest = max(columns, key=lambda column: float(row[column]))
        assert likeliest.rpartition("_")[2] == name


def test_best_epoch_before_a_resumption_stays_the_best_with_its_metrics(
    nncli, write, train, run_at
):
    config = write("m.yaml", *RISES_AGAIN)
    whole = train(config)
    best = whole.json("metrics.json")["best_epoch"]
    assert 0 < best < 20
    assert whole.json("metrics.json")["best"] != whole.json("metrics.json")["final"]
    part = train(config, "--set", "training.epochs=25")
    done = nncli("train", "--resume", part.path, "--set", "training.epochs=40", *QUIET)
    assert done.code == 0
    resumed = run_at(part.path).json("metrics.json")
    expected = whole.json("metrics.json")
    times = {"seconds": 0, "ended": ""}
    assert {**resumed, **times} == {**expected, **times}


def test_folds_are_scored_with_the_weights_they_keep(nncli, write):
    stopping = "training: {epochs: 40, early_stopping: {patience: 30}}"
    config = write("m.yaml", *RISES_AGAIN[:-1], stopping)
    summary = nncli("train", config, "--folds", "3", *QUIET).json
    for fold in summary["folds"]:
        run = f"{summary['run']}/{fold['run']}"
        scored = nncli("evaluate", run, "--split", "test", "--json", "--no-plots").json["metrics"]
        scored = {name: scored[name] for name in fold["metrics"]}  # it has others beside them
        assert fold["metrics"] == pytest.approx(scored, rel=1e-12)


def test_a_checkpoint_is_written_as_often_as_promised_and_no_oftener(
    nncli, write, monkeypatch, train
):
    saved, seconds = [], [0]
    monkeypatch.setattr(run_recorder.time, "monotonic", lambda: seconds[0])
    save, record = RunRecorder.save, RunRecorder.record

    def after_three_seconds(recorder, report):
        seconds[0] += 3
        record(recorder, report)

    def noted(recorder, *arguments):
        saved.append(recorder.last.epoch)
        save(recorder, *arguments)

    monkeypatch.setattr(RunRecorder, "save", noted)
    monkeypatch.setattr(RunRecorder, "record", after_three_seconds)
    train(write("m.yaml", *RISES_AGAIN))
    between = [later - earlier for earlier, later in pairwise(saved[:-1])]
    assert saved[0] == 0
    assert saved[-1] == 40
    assert set(between) <= {CHECKPOINT_SECONDS // 3, CHECKPOINT_SECONDS // 3 + 1}, saved


def test_seconds_go_on_over_a_resumption(nncli, gate, train, run_at):
    run = train(gate, "--set", "training.epochs=300")
    before = float(rows_of(run.file("metrics.csv").decode())[-1]["seconds"])
    done = nncli("train", "--resume", run.path, "--set", "training.epochs=600", *QUIET)
    assert done.code == 0
    resumed = run_at(run.path)
    seconds = [float(row["seconds"]) for row in rows_of(resumed.file("metrics.csv").decode())]
    assert seconds == sorted(seconds)
    assert min(seconds[301:]) >= before > 0
    assert resumed.json("metrics.json")["seconds"] == seconds[-1]
