"""Replay: where it ends, and what it makes of a sealed run that doesn't hold together."""

import dataclasses
import os

import pytest

from nncli.artifacts.files import to_json
from nncli.artifacts.fingerprints import read_rows
from nncli.artifacts.resumption import resumed_recorder
from nncli.artifacts.run_directory import CHECKPOINT, METRICS, RESOLVED, RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.run_recorder import RunRecorder
from nncli.artifacts.tensors import encode_state
from nncli.engine.stop import Stop
from nncli.errors import CorruptRun, FileFailure
from nncli.verification.integrity import check_files
from nncli.verification.replay import Replay


@pytest.fixture
def finished(recorder, trained, no_plotter) -> RunRecorder:
    trained(recorder).finish("epochs", no_plotter())
    return recorder


def replay_of(recorder) -> Replay:
    return Replay(RunReader(RunDirectory.open(recorder.run.path)))


def test_replay_reports_the_epochs_of_the_run_and_finds_them_equal(finished):
    replay = replay_of(finished)
    assert [report.epoch for report in replay.reports(Stop())] == list(range(7))
    assert (replay.done, replay.epochs, replay.is_complete) == (6, 6, True)
    assert replay.is_identical


@pytest.mark.parametrize("epoch", range(7))
def test_replay_that_is_stopped_has_found_nothing_wrong_until_then(finished, epoch):
    replay, stop = replay_of(finished), Stop()
    for report in replay.reports(stop):
        stop.requested = report.epoch == epoch
    assert replay.done == epoch
    assert not replay.is_complete
    assert replay.is_identical


def test_replay_that_ends_before_its_run_says_at_which_epoch_the_run_went_on(finished, reseal):
    text = finished.run.read(RESOLVED).decode()
    converged = "converged:\n    monitor: loss\n    tolerance: 1.0e+9"
    reseal(finished, RESOLVED, text.replace("converged: null", converged).encode())
    replay = replay_of(finished)
    assert [report.epoch for report in replay.reports(Stop())] == [0, 1]
    assert replay.first is not None
    assert (replay.first.epoch, replay.first.tensors, dict(replay.first.columns)) == (2, (), {})


def test_words_where_a_figure_belongs_are_a_difference(finished, reseal):
    lines = finished.run.read(METRICS).decode().splitlines(keepends=True)
    lines[3] = ",".join([lines[3].split(",")[0], "low", *lines[3].split(",")[2:]])
    reseal(finished, METRICS, "".join(lines).encode())
    replay = replay_of(finished)
    list(replay.reports(Stop()))
    assert replay.first is not None
    assert (replay.first.epoch, list(replay.first.columns)) == (2, ["loss"])
    assert not replay.is_identical


@pytest.mark.parametrize("last", [{}, {"last": {}}, {"last": {"epoch": 1, "loss": 2}}])
def test_checkpoint_without_its_last_report_is_a_corrupt_run(finished, last, reseal):
    reseal(finished, CHECKPOINT, b"".join(encode_state(finished.state, last)))
    with pytest.raises(CorruptRun, match=r"last\.safetensors: it lacks the last report"):
        replay_of(finished)


def test_last_report_of_another_type_is_a_corrupt_run(finished, reseal):
    last = {**dataclasses.asdict(finished.last), "epoch": "6"}
    reseal(finished, CHECKPOINT, b"".join(encode_state(finished.state, {"last": last})))
    with pytest.raises(CorruptRun, match=r"lacks the last report: last\.epoch: expected int"):
        replay_of(finished)


@pytest.mark.parametrize(
    "resumed",
    [
        1,
        {},
        [1],
        [{}],
        [{"until": 3}],
        [{"until": {"step": 3}}],
        [{"until": {"step": "3", "epochs": 6}}],
    ],
    ids=str,
)
def test_resumptions_that_say_not_from_where_are_a_corrupt_run(finished, resumed, reseal):
    environment = finished.run.read_json("environment.json")
    reseal(finished, "environment.json", to_json({**environment, "resumed": resumed}))
    with pytest.raises(CorruptRun, match=r"environment\.json: resumed: expected"):
        list(replay_of(finished).reports(Stop()))


def test_resumption_is_recorded_with_where_the_run_had_got_to(recorder, trained):
    trained(recorder, 2).save()
    resumed_recorder(RunReader(RunDirectory.open(recorder.run.path), ["training.epochs=9"]))
    (resumed,) = RunReader(RunDirectory.open(recorder.run.path)).resumptions()
    assert resumed["until"] == {
        "step": 8,
        "epochs": 6,
        "patience": None,
    }  # 4 rows one by one, twice


def test_fingerprints_and_metrics_have_the_same_epochs(finished):
    run = finished.run
    metrics, prints = (
        [row["epoch"] for row in read_rows(run.read(name), run.path / name)]
        for name in ("metrics.csv", "fingerprints.csv")
    )
    assert metrics == prints


def test_folder_that_can_not_be_listed_is_a_file_failure(finished, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(FileFailure, match=r"gate-001.*: Permission denied"):
        check_files(finished.run)


def test_loss_that_is_finite_here_and_never_was_in_the_run_is_a_difference(recorder):
    recorder.run.write_manifest()  # as a run that ends before its first finite loss
    replay = replay_of(recorder)
    assert [report.epoch for report in replay.reports(Stop())] == [0]
    assert replay.first is not None
    assert replay.first.epoch == 0
    assert not replay.is_identical
