"""`nncli runs`: what lies in a folder, and room made in it."""

import json
from pathlib import Path

import pytest

LINES = ("data: {dataset: iris}", "network: {hidden: [3]}", "training: {epochs: 3}")


@pytest.fixture
def some(nncli, write):
    """Two runs that differ in a key, one that has diverged, and a study."""
    it = write("it.yaml", *LINES)
    quiet = ("-q", "--set", "output.plots=[]")
    nncli("train", it, *quiet)
    nncli("train", it, *quiet, "--set", "optimizer.learning_rate=0.02")
    nncli("train", it, *quiet, "--set", "optimizer={type: sgd, learning_rate: 1.0e+300}")
    nncli("train", it, *quiet, "--seeds", 2)
    return it


def rows(out: str) -> dict[str, list[str]]:
    return {line.split()[0]: line.split()[1:] for line in out.splitlines()[1:]}


def test_runs_are_listed_with_what_they_differ_in(nncli, some):
    done = nncli("runs")
    assert (done.code, done.err) == (0, "")
    found = rows(done.out)
    assert list(found) == ["it-001", "it-002", "it-003", "it-seeds-001"]
    assert found["it-001"][:2] == ["epochs", "val_loss"]
    assert found["it-002"][-1] == "optimizer.learning_rate=0.02"
    assert found["it-003"][0] == "diverged"
    assert found["it-seeds-001"][:2] == ["2/2", "seeds"]


def test_runs_are_sorted_and_filtered(nncli, some):
    found = nncli("runs", "--sort", "value", "--json").json
    values = [each["value"] for each in found if each["value"] is not None]
    assert values == sorted(values, reverse=True)
    assert list(rows(nncli("runs", "--state", "diverged").out)) == ["it-003"]
    assert list(rows(nncli("runs", "--name", "seeds").out)) == ["it-seeds-001"]
    assert nncli("runs", "--name", "other").out == "runs: none such\n"
    sizes = [each["bytes"] for each in nncli("runs", "--sort", "size", "--json").json]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("asked", [("--folds", 3), ("--set", "ensemble={members: 3}")])
def test_members_and_folds_without_a_result_are_counted(nncli, write, asked):
    it = write("it.yaml", *LINES, "optimizer: {type: sgd, learning_rate: 1.0e+300}")
    assert nncli("train", it, "-q", *asked).code == 5
    (listed,) = nncli("runs", "--json").json
    kind = asked[0].removeprefix("--") if asked[1] == 3 else "members"
    assert listed["state"] == f"3/3 {kind}, 3 diverged"


def test_value_is_that_of_the_weights_kept(nncli, some):
    listed = {each["path"]: each for each in nncli("runs", "--json").json}
    summary = json.loads(Path("runs/it-001/metrics.json").read_text())
    assert listed["runs/it-001"]["value"] == summary["metrics"]["val"]["loss"]
    assert listed["runs/it-001"]["when"] == summary["ended"]


def test_damaged_and_unfinished_runs_are_listed_as_such(nncli, some):
    (Path("runs/it-001/manifest.json")).write_text("{}")
    (Path("runs/it-002/manifest.json")).unlink()
    Path("runs/empty").mkdir()
    found = rows(nncli("runs").out)
    assert found["it-001"][0] == "damaged"
    assert found["it-002"][0] == "unfinished"
    assert "empty" not in found


def test_no_folder_and_no_runs(nncli, folder):
    assert nncli("runs").err == "runs: no such folder\n"
    (folder / "runs").mkdir()
    assert nncli("runs").out == "runs: no runs\n"


def test_prune_says_first_what_it_would_remove(nncli, some):
    said = nncli("runs", "--prune")
    assert said.code == 2
    assert "the checkpoints of 5 runs that have come to their end" in said.err
    assert said.err.endswith("nothing was removed (--yes removes without asking)\n")
    assert len([*Path("runs").rglob("last.safetensors")]) == 5


def test_pruned_runs_evaluate_and_predict_but_don_t_go_on(nncli, some):
    done = nncli("runs", "--prune", "--yes", "--json")
    assert (done.code, len(done.json["runs"])) == (0, 5)
    assert not [*Path("runs").rglob("last.safetensors")]
    assert nncli("evaluate", "runs/it-001", "--no-plots").code == 0
    said = nncli("train", "--resume", "runs/it-001", "--set", "training.epochs=9")
    assert said.err == (
        "runs/it-001: its checkpoints/last.safetensors was removed to make room "
        "(nncli runs --prune): nncli train runs/it-001/config.resolved.yaml trains it again\n"
    )
    assert nncli("verify", "runs/it-001").code == 0
    assert nncli("runs", "--prune").out == "there is nothing to remove\n"
    assert nncli("train", "--resume", "runs/it-seeds-001", "--seeds", 3, "-q").code == 0


def test_run_that_could_go_on_keeps_its_checkpoint(nncli, some):
    run = Path("runs/it-001")
    from nncli.artifacts.run_directory import RunDirectory

    with RunDirectory.open(run) as opened:
        opened.recover()
        opened.commit({}, outdated=["metrics.json"])  # as when it was killed
    freed = nncli("runs", "--prune", "--yes", "--json").json["runs"]
    assert "runs/it-001" not in freed
    assert nncli("train", "--resume", run, "-q").code == 0


def test_begin_and_end_are_recorded(nncli, some):
    environment = json.loads(Path("runs/it-001/environment.json").read_text())
    ended = json.loads(Path("runs/it-001/metrics.json").read_text())["ended"]
    assert environment["began"] <= ended
    assert ended.endswith("Z")
