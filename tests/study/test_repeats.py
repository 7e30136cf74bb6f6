"""`train --seeds` and `--folds`: the same record for any number of workers, kills and stops."""

import csv
import os
import signal
from pathlib import Path
from subprocess import DEVNULL, PIPE

import numpy as np
import pytest
from scipy import stats
from waiting import PATIENCE, until

from nncli.artifacts.run_recorder import RunRecorder
from nncli.errors import Diverged

LINES = ("data: {dataset: iris}", "network: {hidden: [4]}", "training: {epochs: 5}")
QUIET = ("-q", "--json", "--set", "output.plots=[]")


def record(study: Path) -> list[dict[str, str]]:
    """trials.csv without what differs from one time to the next."""
    with (study / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [{k: v for k, v in row.items() if k not in ("seconds", "host")} for row in rows]


@pytest.fixture
def config(write):
    return write("it.yaml", *LINES)


def test_seeds_vary_all_but_the_split(nncli, config):
    done = nncli("train", config, "--seeds", 3, *QUIET)
    assert (done.code, done.err) == (0, "")
    study = Path(done.json["run"])
    assert study.name == "it-seeds-001"
    splits = [dict(np.load(study / f"seed-{i}" / "split.npz")) for i in range(3)]
    assert all(np.array_equal(splits[0]["val"], each["val"]) for each in splits)
    assert len({row["val_loss"] for row in record(study)}) == 3
    assert [row["seed.init"] for row in record(study)] == ["0", "1", "2"]


def test_first_seed_is_the_config_as_given(nncli, config):
    study = Path(nncli("train", config, "--seeds", 2, *QUIET).json["run"])
    alone = Path(nncli("train", config, *QUIET, "--set", "training.threads=1").json["run"])
    weights = [run / "model.safetensors" for run in (study / "seed-0", alone)]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_split_is_drawn_anew_where_it_varies(nncli, config):
    study = Path(nncli("train", config, "--seeds", 2, "--vary", "split", *QUIET).json["run"])
    splits = [dict(np.load(study / f"seed-{i}" / "split.npz")) for i in range(2)]
    assert not np.array_equal(splits[0]["val"], splits[1]["val"])
    assert list(record(study)[0])[6] == "seed.split"
    assert not any("seed.init" in row for row in record(study))


def test_mean_deviation_and_interval_are_those_of_the_runs(nncli, config):
    result = nncli("train", config, "--seeds", 4, *QUIET).json
    values = [run["metrics"]["val_loss"] for run in result["seeds"]]
    assert result["mean"]["val_loss"] == pytest.approx(np.mean(values))
    assert result["std"]["val_loss"] == pytest.approx(np.std(values, ddof=1))
    low, high = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert result["interval"]["val_loss"] == pytest.approx([low, high])


def test_interval_of_folds_allows_for_the_rows_they_share(nncli, config):
    result = nncli("train", config, "--folds", 3, *QUIET).json
    values = [fold["metrics"]["loss"] for fold in result["folds"]]
    held, rest = 128 / 3, 128 - 128 / 3  # all but the test rows
    scale = np.std(values, ddof=1) * np.sqrt(1 / 3 + held / rest)
    low, high = stats.t.interval(0.95, 2, np.mean(values), scale)
    assert result["interval"]["loss"] == pytest.approx([low, high], rel=1e-3)


@pytest.mark.parametrize("kind", ["--seeds", "--folds"])
def test_record_is_the_same_for_any_number_of_workers(nncli, config, kind):
    one = Path(nncli("train", config, kind, 3, *QUIET).json["run"])
    two = nncli("train", config, kind, 3, "--workers", 2, *QUIET)
    assert two.code == 0, two.err
    assert record(one) == record(Path(two.json["run"]))


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_study_goes_on_as_if_never_stopped(spawn, nncli, write, folder, workers):
    config = write("it.yaml", *LINES[:2], "training: {epochs: 400}", "output: {plots: []}")
    whole = Path(nncli("train", config, "--seeds", 4, *QUIET).json["run"])
    study = folder / "runs" / "it-seeds-002"
    running = spawn(
        "train",
        config,
        "--seeds",
        4,
        "--workers",
        workers,
        *QUIET,
        cwd=folder,
        stderr=DEVNULL,
        stdout=DEVNULL,
    )
    until(lambda: (study / "seed-1").is_dir())
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    done = nncli("train", "--resume", study, *QUIET[:2])
    assert done.code == 0, done.err
    assert record(study) == record(whole)


def test_stopped_study_says_how_to_go_on(spawn, nncli, write, folder):
    config = write("it.yaml", *LINES[:2], "training: {epochs: 100000000}", "output: {plots: []}")
    study = folder / "runs" / "it-seeds-001"
    running = spawn("train", config, "--seeds", 3, "--workers", 2, "-q", cwd=folder, stderr=PIPE)
    until(lambda: (study / "seed-1" / "manifest.json").is_file())
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert said.splitlines()[-1] == "go on with: nncli train --resume runs/it-seeds-001"
    assert not (study / "stop").exists()
    assert [row["state"] for row in record(study)] == ["running"] * 3
    assert nncli("verify", study / "seed-0", "-q").code == 0


def test_study_may_be_given_more_seeds(nncli, config):
    study = Path(nncli("train", config, "--seeds", 2, *QUIET).json["run"])
    assert nncli("train", "--resume", study, "-q").code == 0  # nothing left to do
    done = nncli("train", "--resume", study, "--seeds", 3, "-q", "--json")
    assert [run["run"] for run in done.json["seeds"]] == ["seed-0", "seed-1", "seed-2"]
    whole = Path(nncli("train", config, "--seeds", 3, *QUIET).json["run"])
    assert record(study) == record(whole)
    said = nncli("train", "--resume", study, "--seeds", 1)
    assert (said.code, said.err) == (
        2,
        f"{study}: --resume can change --seeds N only, to a larger N\n",
    )


def test_study_is_one_process_s(nncli, config):
    from nncli.artifacts.study_directory import StudyDirectory

    study = Path(nncli("train", config, "--seeds", 2, *QUIET).json["run"])
    with StudyDirectory.open(study):
        said = nncli("train", "--resume", study, "--seeds", 3)
    assert (said.code, said.err) == (3, f"{study}: another process is using this study\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--seeds", 2, "--folds", 2), "expected --folds or --seeds, found both"),
        (("--vary", "init"), "--vary says which seeds --seeds N varies: give --seeds too"),
        (
            ("--seeds", 2, "--vary", "inti"),
            "expected of split, init, shuffle, dropout, found 'inti'",
        ),
        (("--workers", 2), "--workers and --on are for several runs: --seeds N, --folds K, or an"),
        (("--seeds", 2, "--on", "ray"), "--on: expected dask:ADDRESS or mpi, found 'ray'"),
    ],
)
def test_options_that_don_t_go_together_are_refused(nncli, config, arguments, message):
    said = nncli("train", config, *arguments)
    assert said.code == 2
    assert message in said.err
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("run", "asked"),
    [
        ("seed-1", ("--seeds", 3)),
        ("fold-2", ("--folds", 3)),
        ("member-2", ("--set", "ensemble={members: 3}")),
    ],
)
def test_runs_without_a_result_are_named(nncli, config, monkeypatch, run, asked):
    def record(recorder, report, record=RunRecorder.record):
        if recorder.run.path.name == run:
            raise Diverged(0, 0, "output/a")
        record(recorder, report)

    monkeypatch.setattr(RunRecorder, "record", record)
    done = nncli("train", config, *asked, *QUIET, "--workers", 1)
    assert (done.code, done.err) == (0, f"warning: no result of 1 of 3 runs: {run} (diverged)\n")


def test_diverged_run_is_a_state_and_the_others_go_on(nncli, write):
    config = write("it.yaml", *LINES[:2], "optimizer: {type: sgd, learning_rate: 1e300}")
    done = nncli("train", config, "--seeds", 2, *QUIET)
    study = Path("runs/it-seeds-001")
    assert {row["state"] for row in record(study)} == {"diverged"}
    assert done.code == 5
