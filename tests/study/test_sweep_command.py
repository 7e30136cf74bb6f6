"""`nncli sweep`: trials, their record, and what comes of them."""

import json
import math
import os
import signal
from pathlib import Path
from subprocess import DEVNULL

import pytest
import yaml
from waiting import until

from nncli.study.sweep_study import SweepStudy

BASE = ("data: {dataset: iris}", "network: {hidden: [4]}", "training: {epochs: 4}")
SPACE = (
    "{optimizer.learning_rate: {low: 0.0001, high: 0.1, log: true}, "
    "optimizer: [{type: sgd, momentum: {low: 0.5, high: 0.99}}, adam], "
    "network.hidden: [[3], [5, 4]]}"
)
QUIET = ("-q", "--json", "--set", "output.plots=[]")  # pictures have tests of their own


@pytest.fixture
def config(write):
    def call(*lines, space=SPACE, **keys):
        keys = {"method": "random", "trials": 6, "confirm": 0, **keys}
        rest = "".join(f", {key}: {json.dumps(value)}" for key, value in keys.items())
        return write("it.yaml", *(lines or BASE), f"sweep: {{space: {space}{rest}}}")

    return call


def best_value(rows):
    return min(float(row["value"]) for row in rows if row["value"])


def test_first_trial_is_the_config_as_given(nncli, config, record):
    study = Path(nncli("sweep", config(keep="all"), *QUIET).json["run"])
    alone = Path(nncli("train", config(), *QUIET, "--set", "training.threads=1").json["run"])
    weights = [run / "model.safetensors" for run in (study / "trial-0000", alone)]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    first = record(study)[0]
    assert (first["optimizer"], first["optimizer.learning_rate"]) == ("adam", "0.01")


def test_train_leaves_the_sweep_aside_and_says_so(nncli, config):
    done = nncli("train", config(), "-q")
    assert (done.code, done.err) == (0, "note: the config's sweep is for nncli sweep\n")
    resolved = yaml.safe_load(Path("runs/it-001/config.resolved.yaml").read_text())
    assert "sweep" not in resolved


@pytest.mark.parametrize("method", ["random", "sobol", "tpe", "grid"])
def test_record_is_the_same_for_any_number_of_workers(nncli, config, record, method):
    space = (
        SPACE if method != "grid" else "{training.batch_size: [8, 16, 32], optimizer: [sgd, adam]}"
    )
    it = config(method=method, space=space, confirm=1, ahead=3)
    one = nncli("sweep", it, *QUIET, "--workers", 1)
    assert (one.code, one.err) == (0, "")
    two = nncli("sweep", it, *QUIET, "--workers", 2)
    assert two.code == 0, two.err
    for name in ("trials.csv", "confirm.csv"):
        rows = [record(Path(done.json["run"]), name) for done in (one, two)]
        assert rows[0] == rows[1]
    assert len(rows[0]) in (1, 2)


def test_killed_sweep_goes_on_as_if_never_stopped(nncli, spawn, config, folder, record):
    lines = (*BASE[:2], "training: {epochs: 60}", "output: {plots: []}")
    it = config(*lines, method="tpe", trials=8, confirm=1)
    whole = Path(nncli("sweep", it, *QUIET, "--workers", 1).json["run"])
    study = folder / "runs" / "it-sweep-002"
    for number in (3, 6):
        command = ("--resume", study) if study.exists() else (it,)
        running = spawn(
            "sweep", *command, "-q", "--workers", 2, cwd=folder, stderr=DEVNULL, stdout=DEVNULL
        )
        until(lambda number=number: (study / f"trial-{number:04d}").is_dir())
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
    done = nncli("sweep", "--resume", study, "-q", "--workers", 2)
    assert done.code == 0, done.err
    assert record(study) == record(whole)
    assert record(study, "confirm.csv") == record(whole, "confirm.csv")


def test_killed_worker_s_trial_is_run_again_with_the_same_result(
    nncli, process, config, folder, record, killing
):
    it = config(*BASE[:2], "training: {epochs: 30, engine: numpy}", "output: {plots: []}", trials=4)
    whole = Path(nncli("sweep", it, *QUIET, "--workers", 1).json["run"])
    environment = killing("trial-0001", 10)
    done = process("sweep", it, *QUIET, "--workers", 2, cwd=folder, env=environment)
    assert done.code == 0, done.err
    assert (Path(environment["PYTHONPATH"].split(os.pathsep)[0]) / "killed").exists()
    assert record(Path(done.json["run"])) == record(whole)


def test_best_yaml_trains_the_winner_alone(nncli, config, record):
    study = Path(nncli("sweep", config(), "-q", "--json").json["run"])
    done = nncli("train", study / "best.yaml", *QUIET)
    assert done.json["metrics"]["val"]["loss"] == best_value(record(study))
    assert Path(done.json["run"]).name == "it-best-001"
    assert yaml.safe_load((study / "best.yaml").read_text())["output"]["plots"] == ["loss"]


def test_weights_of_the_best_stay_and_others_are_freed(nncli, config, record):
    done = nncli("sweep", config(), *QUIET)
    study, best = Path(done.json["run"]), done.json["best"]["run"]
    kept = {path.parent.name for path in study.rglob("model.safetensors")}
    assert kept == {best}
    other = next(row["run"] for row in record(study) if row["run"] != best)
    said = nncli("evaluate", study / other)
    assert said.code == 2
    assert said.err == (
        f"{study / other}: its model.safetensors was removed to make room (sweep.keep: best): "
        f"nncli train {study / other}/config.resolved.yaml trains it again\n"
    )
    assert nncli("verify", study, "-q").code == 0


def test_what_a_kill_left_unfreed_is_freed_by_going_on(nncli, config, monkeypatch):
    """The last record was saved; the search has nothing left to do."""
    with monkeypatch.context() as killed:
        killed.setattr(SweepStudy, "_free", lambda self: None)
        killed.setattr(SweepStudy, "finish", lambda *_: None)
        nncli("sweep", config(), *QUIET)
    (study,) = Path("runs").iterdir()
    assert len([*study.glob("*/model.safetensors")]) == 6
    assert nncli("sweep", "--resume", study, "-q", "--json").code == 0
    assert len([*study.glob("*/model.safetensors")]) == 1


@pytest.mark.parametrize(("keep", "count"), [("all", 6), ("none", 0)])
def test_what_is_kept_is_as_asked(nncli, config, keep, count):
    study = Path(nncli("sweep", config(keep=keep), *QUIET).json["run"])
    assert len([*study.rglob("model.safetensors")]) == count


def test_diverged_trial_is_a_state_and_the_sweep_goes_on(nncli, config, record):
    it = config(space="{optimizer: [{type: sgd, learning_rate: 1.0e+300}, adam]}", method="grid")
    done = nncli("sweep", it, *QUIET)
    assert done.code == 0
    rows = record(Path(done.json["run"]))
    assert [row["state"] for row in rows] == ["completed", "diverged"]  # the first is adam
    assert rows[1]["message"].startswith("training diverged")


def test_sweep_of_which_every_trial_diverges_ends_with_5(nncli, write, config):
    lines = (*BASE, "optimizer: {type: sgd, learning_rate: 1.0e+300}")
    done = nncli("sweep", config(*lines, space="{training.batch_size: [8, 16]}"), "-q")
    assert done.code == 5
    assert done.out.startswith("no trial completed: 6 diverged")


SPLIT = "data: {dataset: iris, split: {type: random, val: 0.15, test: 0.15}}"


@pytest.mark.parametrize(
    ("line", "space", "value", "said"),
    [
        (
            SPLIT,
            "{data.split.val: [0.2, 0.3], data.split.test: [0.2, 0.75]}",
            "0.75",
            "data.split: expected a train share > 0",
        ),
        (
            BASE[0],
            "{training.batch_size: [full, 8], optimizer: [sgd, lbfgs]}",
            "8]",
            "training.batch_size: lbfgs needs all rows at once: use full",
        ),
    ],
)
def test_invalid_trial_is_a_state_with_the_place_of_its_value(
    nncli, config, record, line, space, value, said
):
    it = config(line, *BASE[1:], space=space, method="grid")
    rows = record(Path(nncli("sweep", it, *QUIET).json["run"]))
    invalid = {row["message"] for row in rows if row["state"] == "invalid"}
    number, text = next(x for x in enumerate(it.read_text().splitlines(), 1) if space in x[1])
    assert invalid == {f"{it}:{number}:{text.index(value) + 1}: {said}"}


def test_bug_in_a_trial_is_a_state_with_its_traceback(nncli, config, record, monkeypatch):
    from nncli.study import worker

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug \udcff")

    monkeypatch.setattr(worker, "train_to_end", broken)
    done = nncli("sweep", config(trials=9), "-q", "--workers", 1)
    assert done.code == 70
    assert done.err.splitlines()[-1].endswith(
        "runs/it-sweep-001: 5 trials in a row have failed, the last with "
        r"ZeroDivisionError: a bug \udcff (see trial-0004-traceback.txt)"
    )
    study = Path("runs/it-sweep-001")
    assert {row["state"] for row in record(study)} <= {"failed", "running"}
    assert "ZeroDivisionError" in (study / "trial-0004-traceback.txt").read_text()


def test_full_disk_ends_the_sweep_and_resume_goes_on(nncli, config, record, monkeypatch):
    from nncli.artifacts.run_directory import RunDirectory
    from nncli.errors import FileFailure

    it = config()
    whole = Path(nncli("sweep", it, *QUIET).json["run"])

    def full(run: RunDirectory, runs: int = 0) -> None:
        if "trial-0003" in str(run.path):
            raise FileFailure(f"{run.path}: No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(RunDirectory, "ensure_space", full)
        done = nncli("sweep", it, "-q", "--workers", 1)
    assert (done.code, done.err.splitlines()[-1].endswith("No space left on device")) == (74, True)
    study = Path("runs/it-sweep-002")
    assert nncli("sweep", "--resume", study, "-q").code == 0
    assert record(study) == record(whole)


def test_two_coordinators_are_refused(nncli, config):
    from nncli.artifacts.study_directory import StudyDirectory

    study = Path(nncli("sweep", config(), *QUIET).json["run"])
    with StudyDirectory.open(study):
        said = nncli("sweep", "--resume", study)
    assert (said.code, said.err) == (3, f"{study}: another process is using this study\n")


@pytest.mark.parametrize(
    ("change", "key", "said"),
    [
        ("sweep.seed=1", "sweep.seed", "recorded 0, asked for 1"),
        ("sweep.ahead=2", "sweep.ahead", "recorded 4, asked for 2"),
        ("sweep.trials=2", "sweep.trials", "recorded 6, asked for 2 (it can only grow)"),
        ("sweep.space.optimizer=[sgd]", "sweep.space", "recorded"),
        ("training.epochs=9", "training.epochs", "recorded 4, asked for 9"),
        ("data.dataset=digits", "data.dataset", "recorded"),
    ],
)
def test_resume_refuses_another_search(nncli, config, change, key, said):
    study = nncli("sweep", config(), *QUIET).json["run"]
    done = nncli("sweep", "--resume", study, "--set", change)
    assert done.code == 2
    assert any(f"{key}: {said}" in line for line in done.err.splitlines()), done.err


def test_trials_may_grow(nncli, config, record):
    study = Path(nncli("sweep", config(method="tpe"), *QUIET).json["run"])
    assert nncli("sweep", "--resume", study, "-q").code == 0
    done = nncli("sweep", "--resume", study, "--set", "sweep.trials=9", *QUIET)
    whole = Path(nncli("sweep", config(method="tpe", trials=9), *QUIET).json["run"])
    assert record(Path(done.json["run"])) == record(whole)


def test_changed_data_is_refused(nncli, write, config):
    table = write("t.csv", "a,b", *(f"{i},{i % 2}" for i in range(40)))
    lines = ("data: {path: t.csv, target: b, task: classification}", *BASE[1:])
    it = config(*lines, space="{training.batch_size: [8, 16]}", method="grid")
    study = nncli("sweep", it, *QUIET).json["run"]
    table.write_text(table.read_text().replace("39,1", "39,0"))
    done = nncli("sweep", "--resume", study)
    assert (done.code, done.err) == (2, f"{it}: the data has changed since the study began\n")


def test_grid_has_no_more_trials_than_combinations(nncli, config, record):
    it = config(space="{training.batch_size: [8, 16]}", method="grid")
    done = nncli("sweep", it, "--json")
    assert "2 combinations, and the config as given; all are tried" in done.err
    assert len(record(Path(done.json["run"]))) == 3
    again = nncli("sweep", "--resume", done.json["run"], "--set", "sweep.trials=9", "-q")
    assert (again.code, "nothing left to do" in again.err) == (0, True)


def test_values_among_which_the_config_s_own_is_are_trained_once_each(nncli, config, record):
    it = config(space="{training.batch_size: [8, 16, 32]}", method="grid")
    at = ("--set", "training.batch_size=16", "--set", "sweep.confirm=0")
    done = nncli("sweep", it, *at, "--json")
    assert "3 combinations, the config as given among them; all are tried" in done.err
    rows = record(Path(done.json["run"]))
    assert [row["training.batch_size"] for row in rows] == ["16", "8", "32"]


@pytest.mark.parametrize("name", ["test_loss", "val_lost", "loss"])
def test_objective_is_a_validation_metric(nncli, config, name):
    said = nncli("sweep", config(objective=name))
    assert said.code == 2
    assert "sweep.objective: expected one of val_loss, val_accuracy" in said.err
    assert ("test rows never choose" in said.err) == (name == "test_loss")


def test_objective_may_be_a_score(nncli, config, record):
    done = nncli("sweep", config(objective="val_accuracy"), *QUIET)
    rows = record(Path(done.json["run"]))
    assert done.json["best"]["value"] == max(float(row["value"]) for row in rows)


def test_without_validation_rows_there_is_nothing_to_judge_by(nncli, config):
    lines = ("data: {dataset: iris, split: {type: random, test: 0.2}}", *BASE[1:])
    said = nncli("sweep", config(*lines))
    assert (said.code, "there are no validation rows to judge by" in said.err) == (2, True)
    assert nncli("sweep", config(*lines, folds=2, trials=2), "-q").code == 0


def test_loss_that_changes_with_a_trial_doesn_t_judge_it(nncli, config):
    space = "{network.hidden.0.kernel_regularizer: [{type: l2, l2: 0.1}, null]}"
    lines = (BASE[0], "network: {hidden: [{type: dense, units: 3}]}", BASE[2])
    done = nncli("sweep", config(*lines, space=space, method="grid"), "--json")
    assert done.json["objective"] == "val_log_loss"
    assert "judged by val_log_loss: network.hidden.0.kernel_regularizer changes" in done.err


@pytest.mark.parametrize(("keys", "folders"), [({"seeds": 2}, "seed-1"), ({"folds": 3}, "fold-3")])
def test_trial_may_have_several_runs_whose_mean_counts(nncli, config, record, keys, folders):
    done = nncli("sweep", config(**keys, trials=2), *QUIET)
    assert done.code == 0, done.err
    row = record(Path(done.json["run"]))[1]
    assert (Path(done.json["run"]) / "trial-0001" / folders).is_dir()
    assert float(row["std"]) > 0
    assert float(row["epochs"]) == 4 * (keys.get("seeds") or keys["folds"])


def test_confirmation_has_seeds_that_the_search_hadn_t(nncli, config):
    done = nncli("sweep", config(confirm=3, seeds=2, trials=5), *QUIET)
    study, again = Path(done.json["run"]), done.json["confirmed"]
    assert sorted(path.name for path in (study / "confirm-0000").iterdir()) == [
        "seed-2",
        "seed-3",
        "seed-4",
    ]
    values = again["trials"][done.json["best"]["run"].split("/")[0]]
    assert values["n"] == 3
    assert math.isfinite(values["std"])
    if done.json["best"]["run"] != "trial-0000":
        assert len(again["better_by"]["interval"]) == 2


def test_pruned_trials_are_the_same_for_any_number_of_workers(nncli, config, record):
    lines = (*BASE[:2], "training: {epochs: 30}")
    space = "{optimizer.learning_rate: {low: 0.00001, high: 0.1, log: true}}"
    it = config(*lines, space=space, prune="median", trials=14, ahead=2)
    one = nncli("sweep", it, *QUIET, "--workers", 1)
    two = nncli("sweep", it, *QUIET, "--workers", 2)
    rows = [record(Path(done.json["run"])) for done in (one, two)]
    assert rows[0] == rows[1]
    pruned = [row for row in rows[0] if row["state"] == "pruned"]
    assert pruned
    assert all(int(row["epochs"]) < 30 for row in pruned)


def test_trials_that_are_judged_by_other_rows_each_are_told_so(nncli, config):
    it = config(space="{seed.split: [1, 2]}", method="grid")
    said = "seed.split: such trials are judged by other validation rows each"
    assert said in nncli("sweep", it).err


def test_trial_of_several_runs_names_one_to_take(nncli, config):
    study = nncli("sweep", config(seeds=2, trials=2, keep="all"), *QUIET).json["run"]
    said = nncli("evaluate", f"{study}/trial-0001")
    assert said.err == (
        f"{study}/trial-0001: holds several runs: take one, such as {study}/trial-0001/seed-0\n"
    )
    listed = [each["name"] for each in nncli("runs", study, "--json").json]
    assert "trial-0001/seed-1" in listed


def test_what_was_freed_before_is_remembered(nncli, config):
    from nncli.artifacts.freeing import free
    from nncli.artifacts.run_directory import RunDirectory
    from nncli.artifacts.run_reader import RunReader

    study = Path(nncli("sweep", config(keep="all"), *QUIET).json["run"])
    nncli("runs", study.parent, "--prune", "--yes")
    with RunDirectory.open(study / "trial-0001") as run:
        free(run, "again")
        names = {"checkpoints/last.safetensors", "model.safetensors"}
        assert set(RunReader(run).freed["files"]) == names


def test_workers_of_another_version_are_refused(nncli, config, monkeypatch):
    from nncli.study import sweep

    monkeypatch.setattr(sweep, "versions", lambda: {"nncli": "0.0.1"})
    done = nncli("sweep", config(), "-q", "--workers", 1)
    assert done.code == 2
    assert "has nncli " in done.err
    assert "(the study began with 0.0.1)" in done.err


def test_resume_with_another_optuna_says_so(nncli, config, monkeypatch):
    import optuna

    from nncli.study import versions

    study = nncli("sweep", config(method="tpe", trials=2), *QUIET).json["run"]
    facts = json.loads((Path(study) / "study.json").read_text())
    assert facts["versions"]["optuna"] == optuna.__version__
    more = ("sweep", "--resume", study, "-q", "--workers", 1, "--set")
    assert nncli(*more, "sweep.trials=3").err == ""
    monkeypatch.setattr(versions, "version", lambda name: "4.9")
    said = f"began with Optuna {optuna.__version__}, here is 4.9: its suggestions may differ\n"
    assert nncli(*more, "sweep.trials=4").err == f"note: the study {said}"


def test_search_without_optuna_records_no_version_of_it(nncli, config):
    study = nncli("sweep", config(method="random", trials=2), *QUIET).json["run"]
    assert "optuna" not in json.loads((Path(study) / "study.json").read_text())["versions"]


def test_train_imports_nothing_of_a_search(process, folder, config):
    import sys

    code = (
        "import sys; from nncli.cli.main import run; "
        f"run(['train', {str(config())!r}, '-q', '--set', 'output.plots=[]']); "
        "print([m for m in sys.modules if m.split('.')[0] in ('optuna', 'distributed', 'mpi4py')"
        " or m.startswith('nncli.study')])"
    )
    import subprocess

    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
