"""What is seen of a study while it runs: a table on a terminal; its record stays the same."""

import codecs
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
from pathlib import Path

import pytest
from fork_server import NO_TIME_BETWEEN_WRITES
from waiting import PATIENCE

from nncli.artifacts.study_directory import StudyFacts
from nncli.artifacts.trial_records import COMPLETED, TrialRecord
from nncli.cli.study_state import StudyState
from nncli.cli.study_table import drawn

KEYS = ("optimizer.learning_rate", "network.hidden.0", "optimizer.momentum", "optimizer", "seed")
SHOWN, HIDDEN = "\x1b[?25h", "\x1b[?25l"
CODES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
SPACE = {
    "optimizer.learning_rate": {"low": 0.001, "high": 0.1, "log": True},
    "network.hidden.0": {"low": 2, "high": 9},
    "training.batch_size": [8, 16],
}


def facts(kind="sweep", trials=40, **others):
    values = {
        "config": "it.yaml",
        "assignments": (),
        "folds": 0,
        "vary": (),
        "ahead": 4,
        "search": {"confirm": 0},
        "objective": "val_loss",
        "higher_is_better": False,
        "keys": KEYS,
        "data_sha256": "",
        "versions": {},
        "began": "",
        **others,
    }
    return StudyFacts(kind=kind, trials=trials, **values)


def ended(number, value, run=None, seconds=10.0, state=COMPLETED):
    keys = {KEYS[0]: "0.012345678901234567", KEYS[1]: "16", KEYS[3]: "sgd"}
    run = run or f"trial-{number:04d}"
    return TrialRecord(number, run, keys, state, value, seconds=seconds)


def begun(number, run=None):
    return TrialRecord(number, run or f"trial-{number:04d}", {KEYS[0]: "0.1"})


def lines_of(state, width=120, height=24, *, stops=False):
    return drawn(state, width, height, 15, stops=stops).plain.splitlines()


# ---- what it says


def test_trials_that_no_worker_has_taken_wait():
    state = StudyState(facts(), workers=2)
    state.begin([ended(0, 1.0), *map(begun, range(1, 5))])
    states = [row.state for row in state.rows(15)]
    assert states == [COMPLETED, "running", "running", "waiting", "waiting"]
    assert state.counts() == {"done": 1, "running": 2, "waiting": 2}


def test_trial_that_ends_before_an_earlier_one_is_shown_at_once_and_judged_later():
    state = StudyState(facts(), workers=2)
    state.begin([ended(0, 1.0), *map(begun, range(1, 4))])
    state.note_ended(ended(2, 0.5))
    assert [row.state for row in state.rows(15)] == [COMPLETED, "running", COMPLETED, "running"]
    assert [row.best for row in state.rows(15)] == [1.0, None, None, None]
    state.note(ended(1, 2.0))
    state.note(ended(2, 0.5))
    assert [row.best for row in state.rows(15)] == [1.0, 1.0, 0.5, None]


def test_best_so_far_follows_the_direction_and_passes_over_what_failed():
    state = StudyState(facts(higher_is_better=True), workers=1)
    values = [(0.5, COMPLETED), (0.9, "pruned"), (None, "failed"), (0.7, COMPLETED)]
    state.begin([ended(k, value, state=name) for k, (value, name) in enumerate(values)])
    assert [row.best for row in state.rows(15)] == [0.5, 0.5, 0.5, 0.7]


def test_time_left_is_that_of_the_runs_to_come_and_counts_down():
    now = [100.0]
    state = StudyState(facts(trials=10, search={"confirm": 2}), 2, now=lambda: now[0])
    state.begin([begun(0), begun(1)])
    assert state.seconds_left() is None
    state.note(ended(0, 1.0, seconds=10.0))
    assert state.seconds_left() == (9 + 4) * 10.0 / 2
    now[0] += 7
    assert state.seconds_left() == 65 - 7
    now[0] += 100
    assert state.seconds_left() == 0


def test_time_left_counts_what_a_trial_takes_beside_its_training():
    now = [0.0]
    state = StudyState(facts(trials=10), 1, now=lambda: now[0])
    for number in range(4):
        now[0] += 3.0
        state.note(ended(number, 1.0, seconds=1.0))
    assert state.seconds_left() == 6 * 3.0


def test_runs_that_confirm_stand_below_the_search_and_are_counted_alone():
    state = StudyState(facts(trials=2, search={"confirm": 3}), workers=1)
    state.begin([ended(0, 1.0), ended(1, 0.5)])
    state.note(begun(0, "confirm-0000/seed-1"))
    state.note(begun(1, "confirm-0000/seed-2"))
    state.note_epoch("confirm-0000/seed-1", 7)
    text = "\n".join(lines_of(state))
    assert re.search(r"^0 seed-1 +epoch 7\b", text, re.M)
    assert "0 of 6 runs that confirm the best, 1 running, 1 waiting" in text


def test_state_of_a_sweep_that_is_gone_on_with_is_that_of_its_record():
    state = StudyState(facts(trials=2, search={"confirm": 1}), workers=1)
    state.begin([ended(0, 1.0), ended(1, 0.5)])
    state.begin([ended(0, 1.0, "confirm-0000/seed-1"), begun(1, "confirm-0001/seed-1")])
    state.note(ended(1, 0.7, "confirm-0001/seed-1"))
    assert state.counts() == {"done": 2, "running": 0, "waiting": 0}


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 200])
@pytest.mark.parametrize("trials", [1, 40, 1000])
@pytest.mark.parametrize("height", [4, 24])
def test_table_fits_the_terminal(width, trials, height):
    state = StudyState(facts(trials=trials + 1), workers=3)
    state.begin([*(ended(k, 1 / (k + 1)) for k in range(trials)), begun(trials)])
    lines = lines_of(state, width, height)
    assert max(map(len, lines)) <= width
    assert len(lines) <= min(20, max(height, 6))
    assert any(line.startswith(f"{trials} ") and "running" in line for line in lines)
    if width >= 60:
        assert re.search(r"best [\d.e-]+ \(trial \d+\)", "\n".join(lines))
        assert "0.01235" in "\n".join(lines) or trials == 0 or height < 6


def test_keys_without_room_are_counted():
    state = StudyState(facts(), workers=1)
    state.begin([ended(0, 1.0)])
    assert "keys more in trials.csv" in "\n".join(lines_of(state, 40))
    assert "trials.csv" not in "\n".join(lines_of(state, 120))


def test_runs_of_one_config_have_a_mean_and_no_best():
    state = StudyState(facts(kind="seeds", trials=3, keys=(), search={}, ahead=0), workers=1)
    state.begin([ended(0, 1.0, "seed-0"), ended(1, 2.0, "seed-1"), begun(2, "seed-2")])
    lines = lines_of(state)
    assert lines[1].startswith("seed-0 ")
    assert lines[-1] == "2 of 3 runs, 1 running, 0:10 left, mean 1.5 ± 0.71"


def test_stop_is_said_in_place_of_the_time_left():
    state = StudyState(facts(), workers=1)
    state.begin([ended(0, 1.0), begun(1)])
    assert "stopping" in lines_of(state, stops=True)[-1]


# ---- on a terminal


@pytest.fixture
def on_terminal(spawn, folder):
    """Runs a command whose stderr is a terminal: its exit code and what it draws."""

    def call(*arguments, width=120, act=lambda process, drawn: None, before="", **environment):
        terminal, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
        environment = {**os.environ, "TERM": "xterm", **environment}
        options = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": end, "env": environment}
        process = spawn(*arguments, before=before, **options)
        os.close(end)
        drawn, decoder = "", codecs.getincrementaldecoder("utf-8")()  # a letter may come in pieces
        try:
            while piece := os.read(terminal, 65536):
                drawn += decoder.decode(piece)
                if act(process, drawn):
                    break
        except OSError:
            pass  # the other end was closed
        finally:
            os.close(terminal)
        return process.wait(PATIENCE), drawn

    return call


@pytest.fixture
def config(write):
    def call(epochs=3, trials=3, **keys):
        sweep = {"space": SPACE, "method": "random", "trials": trials, "confirm": 1, **keys}
        return write(
            "it.yaml",
            "data: {dataset: iris}",
            "network: {hidden: [4]}",
            f"training: {{epochs: {epochs}, engine: numpy}}",
            "output: {plots: []}",  # which no test here looks at
            f"sweep: {json.dumps(sweep)}",
        )

    return call


@pytest.mark.parametrize("width", [60, 120])
@pytest.mark.parametrize("workers", [1, 2])
def test_terminal_shows_the_trials_and_is_left_as_it_was(
    nncli, on_terminal, config, record, width, workers
):
    it = config()
    code, text = on_terminal("sweep", it, "--workers", workers, width=width)
    assert code == 0
    assert text.count(HIDDEN) == 1
    assert text.rindex(SHOWN) > text.rindex(HIDDEN)
    last = CODES.sub("", text[text.rindex("trial  ") :])
    assert "of 2 runs that confirm the best" in last or "of 1 runs" in last
    assert "best" in last
    assert max(len(line.rstrip("\r")) for line in last.split("\n")) <= width
    seen = record(Path("runs/it-sweep-001"))
    unseen = record(Path(nncli("sweep", it, "-q", "--json", "--workers", 1).json["run"]))
    assert seen == unseen


def test_runs_of_this_process_show_their_epoch(on_terminal, config):
    at_once = "from nncli.cli import study_progress; study_progress.REFRESH_SECONDS = -1.0"
    it = config(epochs=4, trials=1, confirm=0)
    _, text = on_terminal("sweep", it, "--workers", 1, before=at_once)
    assert re.search(r"epoch \d+", text[text.index(HIDDEN) :])


def test_seeds_are_shown_with_their_mean(on_terminal, config):
    code, text = on_terminal("train", config(), "--seeds", 3)
    assert code == 0
    assert re.search(r"3 of 3 runs, mean \S+ ± \S+", CODES.sub("", text))


def test_no_color_draws_none(on_terminal, config):
    sweep = ("sweep", config(), "--workers", 1)
    assert re.search(r"\x1b\[[\d;]*3[0-7]m", on_terminal(*sweep)[1])
    assert not re.search(r"\x1b\[[\d;]*3[0-7]m", on_terminal(*sweep, NO_COLOR="1")[1])


def test_quiet_draws_nothing_on_a_terminal(on_terminal, config):
    assert on_terminal("sweep", config(), "-q", "--workers", 1)[1] == ""


def once(act, word):
    """Act when a word is seen first."""
    done = []

    def call(process, text):
        if not done and word in text:
            done.append(act(process))

    return call


@pytest.mark.parametrize("workers", [1, 2])
def test_interrupt_says_so_and_gives_the_terminal_back(on_terminal, config, workers):
    stop = once(lambda process: process.send_signal(signal.SIGINT), "running")
    it = config(epochs=100000000)
    code, text = on_terminal("sweep", it, "--workers", workers, act=stop)
    assert code == 130
    assert "go on with: nncli sweep --resume" in text[text.rindex(SHOWN) :]


def test_error_gives_the_terminal_back(on_terminal, config, folder):
    lose = once(lambda process: (folder / "runs").rename(folder / "lost"), "running")
    it = config(epochs=100000000)
    code, text = on_terminal("sweep", it, "--workers", 1, act=lose, before=NO_TIME_BETWEEN_WRITES)
    assert code not in (0, 70)
    assert text.rindex(SHOWN) > text.rindex(HIDDEN)


def test_terminal_that_is_closed_does_not_end_the_study(on_terminal, config, record):
    it = config(epochs=300)
    code, _ = on_terminal("sweep", it, act=lambda process, text: "running" in text)
    assert code == 0
    assert {row["state"] for row in record(Path("runs/it-sweep-001"))} == {COMPLETED}
