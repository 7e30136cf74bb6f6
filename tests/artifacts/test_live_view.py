"""How far a run has come is to be seen a second later, long before its next checkpoint."""

import os
from types import SimpleNamespace

import pytest

from nncli.artifacts import row_listeners
from nncli.artifacts.live_view import BEGINNING, KILLED, RUNNING, RunView
from nncli.artifacts.row_listeners import LIVE, LiveRows
from nncli.artifacts.run_training import train_to_end
from nncli.cli.commands import watch
from nncli.engine.stop import Stop
from nncli.engine.trainer import train
from nncli.errors import FileFailure, UserError


class Clock:
    """Seconds that pass when they are told to."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(row_listeners, "time", clock)
    return clock


@pytest.fixture
def recorder(clock, recorder):
    """A recorder that listens to the clock above."""
    recorder.listeners.begin(recorder.run.path, recorder.log, None)
    return recorder


def test_rows_are_there_each_second_once_a_run_is_that_old(recorder, clock):
    live, log, view = recorder.run.path / LIVE, recorder.log, RunView(recorder.run.path)
    for report in train(recorder.built.job, recorder.state):
        clock.now += 0.4
        recorder.record(report)
        if report.epoch == 1:
            assert not live.exists()
            assert len(view.status().columns["epoch"]) == 1  # the checkpoint of epoch 0
        if report.epoch == 2:  # 1.2 seconds old
            seen = view.status()
            assert live.read_bytes() == log.text()
            assert (seen.state, [*seen.columns["epoch"]]) == (RUNNING, [0, 1, 2])
        if report.epoch == 3:
            assert live.read_bytes() == "".join(log.lines[:-1]).encode()
            break
    with live.open("ab") as file:
        file.write(b"3,0.12")  # another process may read a line before all of it is there
    assert [*view.status().columns["epoch"]] == [0, 1, 2]


def test_what_is_no_file_of_the_run_is_not_read(recorder, clock, trained, tmp_path):
    trained(recorder, 2)
    (tmp_path / "elsewhere").write_bytes(recorder.log.text())
    live, view = recorder.run.path / LIVE, RunView(recorder.run.path)
    live.symlink_to(tmp_path / "elsewhere")
    assert [*view.status().columns["epoch"]] == [0]
    live.unlink()
    os.mkfifo(live)
    assert [*view.status().columns["epoch"]] == [0]


def test_they_are_gone_when_the_disk_refuses_what_comes_next(
    recorder, clock, no_plotter, monkeypatch
):
    def refused(*_):
        assert (recorder.run.path / LIVE).exists()
        raise FileFailure("no space left")

    monkeypatch.setattr(recorder, "finish", refused)
    clock.now += 2
    with pytest.raises(FileFailure):
        train_to_end(recorder, no_plotter(), Stop(), lambda _: None)
    assert not (recorder.run.path / LIVE).exists()


def test_they_are_gone_when_the_run_has_ended(recorder, clock, no_plotter):
    clock.now += 2
    are_there = []
    live = recorder.run.path / LIVE
    train_to_end(recorder, no_plotter(), Stop(), lambda _: are_there.append(live.exists()))
    assert are_there[-1]
    assert not (recorder.run.path / LIVE).exists()
    seen = RunView(recorder.run.path).status()
    assert (seen.state, seen.has_ended) == ("epochs", True)
    assert len(seen.columns["epoch"]) == len(recorder.log.lines) - 1


def test_what_a_killed_run_has_left_of_them_is_swept_and_believed_no_more(recorder, clock, trained):
    clock.now += 2
    trained(recorder, 3)
    recorder.run.unlock()
    seen = RunView(recorder.run.path).status()
    assert (seen.state, [*seen.columns["epoch"]]) == (KILLED, [0])
    recorder.run.recover()
    assert not (recorder.run.path / LIVE).exists()


def test_a_run_that_just_begins_is_no_error(recorder):
    assert RunView(recorder.run.path).status().state == BEGINNING
    recorder.run.unlock()
    with pytest.raises(UserError, match="an unfinished run: it just begins, or was killed"):
        RunView(recorder.run.path).status()


def test_a_thousand_rows_a_second_are_written_once(tmp_path, clock, monkeypatch):
    writes = []
    monkeypatch.setattr(LiveRows, "_write", lambda self: writes.append(clock.now))
    rows = LiveRows(tmp_path, None)
    for _ in range(3500):
        clock.now += 0.001
        rows.append({})
    assert len(writes) == 3


def test_a_disk_that_refuses_leaves_the_run_in_peace(tmp_path, clock):
    class Log:
        lines = ("epoch,loss\n",)

    rows = LiveRows(tmp_path / "gone", Log())
    clock.now += 2
    rows.append({})
    rows.close()


def test_watching_goes_on_until_the_end(recorder, clock, no_plotter, nncli, monkeypatch):
    reports = train(recorder.built.job, recorder.state)

    def sleep(_: float) -> None:
        clock.now += 2
        for report in reports:
            recorder.record(report)
            return
        recorder.finish("epochs", no_plotter())
        recorder.listeners.close()
        recorder.run.unlock()

    sleep(0)
    monkeypatch.setattr(watch, "time", SimpleNamespace(sleep=sleep))
    done = nncli("watch", recorder.run.path)
    assert (done.code, done.err) == (0, "")
    first, last = done.out.splitlines()
    assert first.startswith(f"{recorder.run.path}  epoch 0/6  loss ")
    assert "epoch 6/6" in last
    assert last.endswith("  all epochs are done")


def test_ctrl_c_ends_the_looking_on_without_a_word(recorder, trained, nncli, monkeypatch):
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    trained(recorder, 0)
    monkeypatch.setattr(watch, "time", SimpleNamespace(sleep=interrupted))
    done = nncli("watch", recorder.run.path)
    assert (done.code, done.err, done.out.count("\n")) == (130, "", 1)
