"""`nncli watch`: what is shown of runs and studies."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from nncli.artifacts.live_view import RunStatus, StudyStatus
from nncli.artifacts.trial_records import TrialRecord
from nncli.cli import watch_display
from nncli.cli.braille import Line, chart
from nncli.cli.watch_display import Chart, PlainLines, drawn, shown_here

EPOCHS = [*range(101)]


def run(name="a", state="running", **columns):
    return RunStatus(name, state, 100, {"epoch": EPOCHS, **columns})


FALL = [1 / (1 + epoch) for epoch in EPOCHS]


def lines_of(rows):
    return ["".join(cell.letter for cell in row).rstrip() for row in rows]


def test_a_line_goes_from_corner_to_corner():
    rows = chart([Line([0, 1], [2.0, 1.0], "red")], 20, 5)
    assert ["".join(cell.letter for cell in row) for row in rows] == [
        "  2 ⠉⠒⠤⣀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀",
        "    ⠀⠀⠀⠀⠉⠒⠤⣀⠀⠀⠀⠀⠀⠀⠀⠀",
        "1.5 ⠀⠀⠀⠀⠀⠀⠀⠀⠉⠒⠤⣀⠀⠀⠀⠀",
        "  1 ⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠉⠒⠤⣀",
        "    0    epoch     1",
    ]
    assert {cell.style for cell in rows[0][1:5]} == {"red"}


def test_the_axis_is_logarithmic_where_values_differ_tenfold():
    steep = lines_of(chart([Line(EPOCHS, [10.0**-e for e in EPOCHS], "")], 40, 8))
    assert steep[-1].split() == ["log", "0", "epoch", "100"]
    flat = lines_of(chart([Line(EPOCHS, [2.0 + e for e in EPOCHS], "")], 40, 8))
    assert flat[-1].split() == ["0", "epoch", "100"]


def test_a_steep_start_does_not_press_the_rest_to_the_floor():
    values = [1e6, *(1.0 + 0.01 * (e % 5) for e in EPOCHS[1:])]
    labels = [line.split()[0] for line in lines_of(chart([Line(EPOCHS, values, "")], 60, 8))[:7]]
    assert (labels[0], labels[6]) == ("1.04", "1")


@pytest.mark.parametrize("width", [20, 80])
@pytest.mark.parametrize("height", [4, 20])
def test_every_chart_fits(width, height):
    random = np.random.default_rng(0)
    series = [
        random.normal(size=101),
        np.zeros(101),
        np.full(101, np.nan),
        1e300 * random.random(101),
    ]
    rows = chart([Line(EPOCHS, y.tolist(), "") for y in series], width, height)
    assert len(rows) == height
    assert {sum(len(cell.letter) for cell in row) for row in rows} == {width}
    assert chart([Line([], [], "")], width, height) == []


def test_one_run_shows_train_and_validation_and_several_what_counts():
    one = drawn([run(loss=FALL, val_loss=FALL)], "loss", 60, 12).plain
    assert "━ loss  ━ val_loss" in one
    assert one.splitlines()[-1].startswith("a  epoch 100/100  loss 0.0099")
    many = [run(str(n), loss=FALL, val_loss=FALL) for n in range(9)]
    text = drawn(many, "loss", 100, 30).plain
    assert "━ 0 val_loss  ━ 1 val_loss" in text
    assert "━ and 3 more" in text
    assert len(text.splitlines()) <= 30


@pytest.mark.parametrize(("width", "height"), [(10, 3), (24, 6), (60, 8), (200, 50)])
def test_what_is_drawn_fits_the_terminal(width, height):
    text = drawn([run(loss=FALL), run("b", loss=FALL)], "loss", width, height).plain
    assert len(text.splitlines()) <= height
    assert max(map(len, text.splitlines())) <= width


def study(**said):
    best = TrialRecord(1, "trial-0001", value=0.25, state="completed")
    given = {
        "name": "s-001",
        "what": "trials",
        "has_ended": False,
        "is_running": True,
        "done": 2,
        "total": 40,
        "objective": "val_loss",
        "best": best,
        "runs": [run("trial-0001", "epochs", loss=FALL), run("trial-0003", loss=FALL)],
    }
    return StudyStatus(**{**given, **said})


def test_a_study_says_how_many_trials_the_best_and_what_runs():
    line = watch_display.progress_in_words(study(), "loss")
    assert line == (
        "s-001  2 of 40 trials  best val_loss 0.25 (trial-0001)  running: trial-0003 100/100"
    )
    assert watch_display.progress_in_words(study(has_ended=True, runs=[]), "loss").endswith(
        "  ended"
    )
    stopped = study(is_running=False, runs=[])
    assert watch_display.progress_in_words(stopped, "loss").endswith(
        "stopped before its end; --resume goes on"
    )
    assert [watch_display.has_ended(s) for s in (study(), stopped, study(has_ended=True))] == [
        False,
        True,
        True,
    ]
    assert "━ trial-0003 loss" in drawn([study()], "loss", 90, 20).plain


def test_a_name_can_not_command_the_terminal():
    hostile = run("\x1b[2Jx", loss=FALL)
    assert "\x1b" not in drawn([hostile, hostile], "loss", 80, 20).plain
    assert "\x1b" not in watch_display.progress_in_words(hostile, "loss")


def test_plain_lines_come_seldom_and_at_the_end(capsys, monkeypatch):
    lines, now = PlainLines("loss"), iter(range(0, 300, 4))
    monkeypatch.setattr(watch_display, "time", SimpleNamespace(monotonic=lambda: next(now)))
    for epoch in range(8):
        lines.show([RunStatus("a", "running", 9, {"epoch": [epoch], "loss": [1.0]})])
    lines.show([RunStatus("a", "converged", 9, {"epoch": [8], "loss": [float("nan")]})])
    lines.close()
    assert capsys.readouterr().out.splitlines() == [
        "a  epoch 0/9  loss 1",
        "a  epoch 3/9  loss 1",
        "a  epoch 6/9  loss 1",
        "a  epoch 8/9  converged",
    ]


def test_a_terminal_gets_a_chart_and_its_cursor_back():
    out = io.StringIO()
    console = Console(
        file=out, force_terminal=True, width=60, height=12, _environ={"TERM": "xterm"}
    )
    shown = Chart("loss", console)
    shown.show([run(loss=FALL)])
    shown.close()
    text = out.getvalue()
    assert "all epochs" not in text
    assert "epoch 100/100" in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")


def test_elsewhere_there_are_lines():
    assert isinstance(shown_here("loss"), PlainLines)


def test_runs_and_studies_that_have_ended_are_a_line_each(nncli, gate, train):
    ended = train(gate)
    assert nncli("train", gate, "--seeds", 2, "--quiet").code == 0
    done = nncli("watch", ended.path, "runs/gate-seeds-001")
    assert (done.code, done.err) == (0, "")
    one, many = done.out.splitlines()
    assert one.startswith("runs/gate-001  epoch 4/4  loss ")
    assert one.endswith("all epochs are done")
    assert many.startswith("gate-seeds-001  2 of 2 runs  best train_loss ")
    assert many.endswith("ended")


def test_what_can_not_be_watched_is_said(nncli, gate, train):
    ended = train(gate)
    done = nncli("watch", ended.path, "--metric", "acuracy")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("no run has the metric 'acuracy'; known: loss, accuracy")
    done = nncli("watch", "nowhere")
    assert (done.code, done.err) == (2, "nowhere: no such run directory\n")
    assert nncli("watch").code == 2
    (ended.path / "metrics.csv").write_text("")
    done = nncli("watch", ended.path)
    assert (done.code, done.err.count("\n")) == (4, 1)
