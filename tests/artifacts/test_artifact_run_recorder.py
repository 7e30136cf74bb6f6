"""RunRecorder and RunReader: what a run leaves is what another process takes up."""

import contextlib
import dataclasses
import io
import os

import numpy as np
import pytest

from nncli.artifacts import run_recorder
from nncli.artifacts.files import to_json
from nncli.artifacts.learning_curves_plot import Curves
from nncli.artifacts.resumption import resumed_recorder
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.tensors import encode_state
from nncli.engine.stop import Stop, StopAt
from nncli.engine.trainer import train
from nncli.errors import CorruptRun, FileFailure, NothingLeft, UserError
from nncli.parts.optimizers import Lbfgs


def reader_of(recorder):
    return RunReader(RunDirectory.open(recorder.run.path))


def test_finished_run_reads_back_with_its_weights_rows_and_curves(recorder, trained, no_plotter):
    trained(recorder).finish("epochs", no_plotter())
    reader = reader_of(recorder)
    assert reader.theta.tobytes() == recorder.state.weights.tobytes()
    assert reader.built.rows.train.tolist() == recorder.built.rows.train.tolist()
    assert reader.curves() == dataclasses.replace(recorder.curves(), name="gate-001")
    assert isinstance(reader.curves(), Curves)


def test_unplotted_picture_is_a_warning_and_no_failed_run(recorder, trained, no_plotter):
    output = dataclasses.replace(recorder.built.experiment.output, plots=["loss"])
    experiment = dataclasses.replace(recorder.built.experiment, output=output)
    model = dataclasses.replace(recorder.built.model, experiment=experiment)
    recorder.built = dataclasses.replace(recorder.built, model=model)
    trained(recorder).finish("epochs", no_plotter("no ink"))
    assert recorder.warnings == ["plots/loss.png could not be drawn: no ink"]
    assert reader_of(recorder).run.read_json("metrics.json")["stopped"] == "epochs"


@pytest.mark.parametrize("epochs", [0, 2, 5])
def test_resumed_run_ends_where_an_uninterrupted_one_does(recorder, trained, built, epochs):
    trained(recorder, epochs).save()
    resumed = trained(resumed_recorder(reader_of(recorder)))
    alone = built.job.start()
    list(train(built.job, alone))
    assert resumed.state.theta.tobytes() == alone.theta.tobytes()
    assert [line.split(",")[0] for line in resumed.log.lines[1:]] == list("0123456")


def test_run_that_is_done_can_not_be_resumed(recorder, trained, no_plotter):
    trained(recorder).finish("epochs", no_plotter())
    with pytest.raises(NothingLeft, match="6 epochs are done"):
        resumed_recorder(reader_of(recorder))


def test_run_killed_after_its_last_epoch_lacks_but_its_summary(recorder, trained):
    trained(recorder).save()
    assert resumed_recorder(reader_of(recorder)).last.stopped == "epochs"


def test_run_can_not_be_resumed_with_fewer_epochs_than_it_has(recorder, trained):
    trained(recorder, 3).save()
    for epochs in (2, 3):
        with pytest.raises(
            UserError, match=f"more than the 3 that are made already, found {epochs}"
        ):
            resumed_recorder(RunReader(recorder.run, [f"training.epochs={epochs}"]))


def test_epochs_made_since_the_last_report_are_made(recorder, built, no_plotter):
    """A stop may come between two reports: here the last is of epoch 0, and 5 epochs are made."""
    recorder.built = dataclasses.replace(built, job=dataclasses.replace(built.job, log_every=100))
    at = StopAt(recorder.state, 5 * built.job.steps_per_epoch, Stop())
    for report in train(recorder.built.job, recorder.state, at):
        recorder.record(report)
    recorder.finish("interrupted", no_plotter())
    for epochs in (1, 4, 5):
        refused = f"more than the 5 .* report is of epoch 0.*, found {epochs}: .* for N > 5"
        with pytest.raises(UserError, match=refused):
            resumed_recorder(RunReader(recorder.run, [f"training.epochs={epochs}"]))
    assert resumed_recorder(RunReader(recorder.run, ["training.epochs=6"])).state.epoch == 5


def test_summary_of_a_run_that_goes_on_is_no_longer_its_own(recorder, trained, no_plotter):
    trained(recorder).finish("epochs", no_plotter())
    resumed_recorder(RunReader(recorder.run, ["training.epochs=9"]))
    assert reader_of(recorder).summary() == {}
    assert not (recorder.run.path / "metrics.json").exists()


class Crash(BaseException):
    """The power goes out."""


@pytest.mark.parametrize("survived", range(10))
def test_crash_while_saving_never_spoils_the_run(recorder, trained, monkeypatch, survived):
    """survived: how many files have changed their names, or gone, when the power goes out."""
    trained(recorder, 2).save()
    weights = {2: recorder.state.weights.tobytes()}
    trained(recorder, 4)
    weights[4] = recorder.state.weights.tobytes()
    left = survived

    def until_the_crash(change):
        def guarded(*arguments, **options):
            nonlocal left
            if left == 0:
                raise Crash
            left -= 1
            return change(*arguments, **options)

        return guarded

    for change in ("replace", "rename", "unlink", "link"):
        monkeypatch.setattr(os, change, until_the_crash(getattr(os, change)))
    with contextlib.suppress(Crash):
        recorder.save()
    monkeypatch.undo()

    reader = reader_of(recorder)
    resumed = resumed_recorder(reader)
    assert resumed.state.epoch in weights
    assert reader.theta.tobytes() == weights[resumed.state.epoch]
    assert resumed.log.lines[-1].startswith(f"{resumed.state.epoch},")


def test_checkpoints_are_written_at_epoch_0_and_then_by_the_clock(recorder, trained, monkeypatch):
    saved = []
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(run_recorder.time, "monotonic", lambda: float(next(clock)))
    monkeypatch.setattr(run_recorder, "CHECKPOINT_SECONDS", 10.0)
    save = recorder.save
    monkeypatch.setattr(recorder, "save", lambda: (saved.append(recorder.last.epoch), save()))
    trained(recorder)
    assert saved[0] == 0
    assert 1 < len(saved) < 7


def test_run_can_be_read_from_its_first_checkpoint_on(recorder, trained):
    trained(recorder, 0)
    reader = reader_of(recorder)
    assert len(reader.theta) == recorder.built.network.layout.size
    assert len(reader.curves().columns["loss"]) == 1


def test_disk_that_is_full_is_a_file_failure(recorder, trained, monkeypatch):
    def refuse(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(FileFailure, match="No space left"):
        trained(recorder)


@pytest.mark.parametrize("name", ["split.npz", "preprocessing.json", "metrics.json"])
@pytest.mark.parametrize("content", [b"", b"[]", b'"x"', b"PK\x05\x06" + b"\0" * 18, b"\x93NUMPY"])
def test_sealed_garbage_is_a_corrupt_run(recorder, trained, no_plotter, name, content, reseal):
    trained(recorder).finish("epochs", no_plotter())
    reseal(recorder, name, content)
    reader = reader_of(recorder)
    with pytest.raises(CorruptRun, match=name):
        _ = reader.curves() if name == "metrics.json" else reader.built


def test_other_data_than_was_trained_on_is_noticed(recorder, trained, no_plotter, reseal):
    trained(recorder).finish("epochs", no_plotter())
    environment = recorder.run.read_json("environment.json")
    reseal(recorder, "environment.json", to_json({**environment, "data_sha256": "0" * 64}))
    with pytest.raises(UserError, match="the data has changed"):
        _ = reader_of(recorder).built


def test_lbfgs_can_not_be_resumed(recorder, trained):
    trained(recorder, 2).save()
    reader = reader_of(recorder)
    reader.built = dataclasses.replace(
        reader.built, job=dataclasses.replace(reader.built.job, optimizer=Lbfgs())
    )
    with pytest.raises(UserError, match=r"gate-001: lbfgs keeps its memory to itself: train anew$"):
        resumed_recorder(reader)


@pytest.mark.parametrize("last", [None, {}, {"epoch": "2"}, [1]])
def test_checkpoint_without_its_last_report_can_not_be_resumed(recorder, trained, last):
    trained(recorder, 2)
    recorder.last = None
    beside = {} if last is None else {"last": last, "best": last}
    state = encode_state(recorder.state, beside)
    recorder.run.commit({"checkpoints/last.safetensors": state})
    with pytest.raises(CorruptRun, match="gate-001: its checkpoint lacks the last report"):
        resumed_recorder(reader_of(recorder))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("environment.json", "[]", r"environment\.json: expected a JSON object$"),
        ("metrics.json", '{"best_epoch": "1"}', r"metrics\.json: best_epoch: expected int$"),
        ("metrics.json", '{"best_epoch": true}', r"metrics\.json: best_epoch: expected int$"),
        ("metrics.json", '{"stopped": 1}', r"metrics\.json: stopped: expected str$"),
        ("metrics.json", "[]", r"metrics\.json: expected a JSON object$"),
    ],
)
def test_sealed_json_of_another_kind_is_a_corrupt_run(
    recorder, trained, no_plotter, name, content, message, reseal
):
    trained(recorder).finish("epochs", no_plotter())
    reseal(recorder, name, content.encode())
    reader = reader_of(recorder)
    with pytest.raises(CorruptRun, match=message):
        reader.environment() if name == "environment.json" else reader.summary()


def split_of(train):
    """A split.npz with these rows to train on, and none beside."""
    file, none = io.BytesIO(), np.empty(0, int)
    np.savez(file, train=train, val=none, test=none)
    return file.getvalue()


@pytest.mark.parametrize("rows", [[[0]], [0.5], ["a"], [-1]])
def test_sealed_split_that_is_no_indices_is_a_corrupt_run(recorder, trained, rows, reseal):
    trained(recorder, 1).save()
    reseal(recorder, "split.npz", split_of(np.array(rows)))
    with pytest.raises(CorruptRun, match=r"split\.npz: not the rows of a split: train: expected"):
        _ = reader_of(recorder).built


@pytest.mark.parametrize("rows", [[], [0, 99]])
def test_sealed_split_of_other_data_is_a_corrupt_run(recorder, trained, rows, reseal):
    trained(recorder, 1).save()
    reseal(recorder, "split.npz", split_of(np.array(rows, int)))
    with pytest.raises(CorruptRun, match=r"its split has rows that the data hasn't$"):
        _ = reader_of(recorder).built


def test_config_that_leaves_a_key_open_is_a_corrupt_run(recorder, trained, reseal):
    trained(recorder, 1).save()
    resolved = recorder.run.read("config.resolved.yaml").decode()
    assert "batch_size: 1" in resolved
    changed = resolved.replace("batch_size: 1", "batch_size: auto")
    reseal(recorder, "config.resolved.yaml", changed.encode())
    with pytest.raises(CorruptRun, match=r"yaml: training\.batch_size: not resolved$"):
        _ = reader_of(recorder).config


@pytest.mark.parametrize("epoch", [-1, 1 << 63])
def test_checkpoint_with_an_impossible_count_is_a_corrupt_run(recorder, trained, epoch):
    trained(recorder, 1)
    recorder.state.epoch = epoch
    recorder.save()
    with pytest.raises(CorruptRun, match="epoch: expected a count, found"):
        reader_of(recorder).checkpoint()


def test_preprocessing_of_other_columns_is_a_corrupt_run(recorder, trained, reseal):
    trained(recorder, 1).save()
    fitted = recorder.run.read_json("preprocessing.json")
    fitted["features"][0]["name"] = "another"
    reseal(recorder, "preprocessing.json", to_json(fitted))
    with pytest.raises(CorruptRun, match=r"its preprocessing was fitted on other columns$"):
        _ = reader_of(recorder).built
