"""An ensemble: its members are runs of one study, and predict as one model."""

import csv
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import nncli as package
from nncli import study
from nncli.artifacts.ensemble_model import objective
from nncli.artifacts.open_model import trained_model
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.study_directory import StudyDirectory
from nncli.artifacts.trained_model import TrainedNetwork
from nncli.artifacts.trial_records import TrialRecord
from nncli.engine import duration as measured
from nncli.engine.duration import duration
from nncli.engine.steppers import choice
from nncli.errors import UserError

MEMBERS = 3
LINES = (
    "data: {path: t.csv, target: kind, split: {type: random, train: 0.7, val: 0.15, test: 0.15}}",
    "network: {hidden: [4]}",
    "optimizer: {type: adam, learning_rate: 0.05}",
    "training: {epochs: 4, batch_size: 16, early_stopping: {patience: 2}}",
    f"ensemble: {{members: {MEMBERS}}}",
    "output: {plots: []}",
)


def write_table(path: Path) -> None:
    """80 rows of two classes; the colour `rare` is in one of them only."""
    random = np.random.default_rng(0)
    size = random.normal(size=80).round(3)
    colour = np.array(["red", "blue"])[random.integers(2, size=80)]
    colour[11] = "rare"
    kind = np.where(size + (colour == "red") + random.normal(0, 0.5, 80) > 0.4, "yes", "no")
    rows = zip(size, colour, kind, range(80), strict=True)
    lines = [f"{a},{b},{c},{2 * a + d % 3:.3f}" for a, b, c, d in rows]
    path.write_text("\n".join(["size,colour,kind,price", *lines]) + "\n")


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """An ensemble that nothing changes."""
    folder = tmp_path_factory.mktemp("ensemble")
    write_table(folder / "t.csv")
    (folder / "t.yaml").write_text("\n".join(LINES))
    return study.run(folder / "t.yaml", runs_dir=folder).path


@pytest.fixture
def ours(trained, tmp_path) -> Path:
    """A copy of its folder that may be changed, with its table and its config beside it."""
    shutil.copytree(trained.parent, tmp_path / "copy")
    return tmp_path / "copy" / trained.name


def readers(path: Path) -> list[RunReader]:
    folders = sorted(path.glob("member-*"))
    return [RunReader(RunDirectory.open(folder)) for folder in folders]


def test_every_row_but_the_test_rows_validates_once_and_trains_all_others(trained):
    rows = [reader.rows for reader in readers(trained)]
    assert len(rows) == MEMBERS
    held_out = np.concatenate([each.val for each in rows])
    pool = np.sort(held_out)
    assert len(np.unique(pool)) == len(pool)
    for each in rows:
        assert np.array_equal(np.union1d(each.train, each.val), pool)
        assert np.array_equal(each.test, rows[0].test)
    assert np.array_equal(np.union1d(pool, rows[0].test), np.arange(80))


def test_members_start_from_weights_of_their_own(trained):
    seeds = [reader.recorded.seeds for reader in readers(trained)]
    assert [each.init for each in seeds] == [0, 1, 2]
    assert {each.split for each in seeds} == {0}


def test_it_predicts_the_mean_of_its_members(trained, nncli):
    table = trained.parent / "t.csv"

    def probabilities(path: Path) -> np.ndarray:
        done = nncli("predict", path, table, "--probabilities")
        assert done.code == 0
        rows = [*csv.DictReader(done.out.splitlines())]
        return np.array([float(row["probability_yes"]) for row in rows])

    alone = [probabilities(reader.run.path) for reader in readers(trained)]
    assert probabilities(trained) == pytest.approx(np.mean(alone, axis=0), rel=1e-12)


def test_held_out_predictions_are_those_of_the_member_that_held_a_row_out(trained):
    held_out = np.load(trained / "held_out.npz")
    for reader in readers(trained):
        table = reader.built.table
        own = TrainedNetwork(reader).predict(table, reader.rows.val)
        places = np.searchsorted(held_out["rows"], reader.rows.val)
        assert np.array_equal(held_out["predictions"][places], own)
        assert np.array_equal(held_out["truth"][places], table.y[reader.rows.val])


def test_result_has_the_metrics_of_the_held_out_predictions(trained):
    held_out = np.load(trained / "held_out.npz")
    found = json.loads((trained / "study.json").read_text())["result"]["metrics"]["val"]
    probability = held_out["predictions"][np.arange(len(held_out["rows"])), held_out["truth"]]
    assert found["loss"] == pytest.approx(-np.log(probability).mean(), rel=1e-9)
    assert found["accuracy"] == pytest.approx(np.mean(probability > 0.5))


def test_metrics_json_has_what_a_run_s_has_and_how_each_member_ended(trained):
    found = json.loads((trained / "metrics.json").read_text())
    assert found["metrics"] == json.loads((trained / "study.json").read_text())["result"]["metrics"]
    keys = ("epochs", "stopped", "best_epoch")
    ends = [{key: reader.summary()[key] for key in keys} for reader in readers(trained)]
    assert found["members"] == [
        {"run": f"member-{number}", **end} for number, end in enumerate(ends, start=1)
    ]
    assert found["epochs"] == max(end["epochs"] for end in ends)
    assert {key: found[key] for key in keys} in ends


def test_test_rows_are_scored_beside_a_linear_model_that_has_the_same_rows(trained, nncli):
    found = nncli("evaluate", trained, "--json", "--no-plots").json
    assert (found["split"], "linear model" in found["baselines"]) == ("test", True)
    model = trained_model(trained)
    assert len(model.built.job.train) == len(model.built.rows.train) == 80 - found["rows"]


def test_validation_rows_are_scored_out_of_fold_and_beside_no_linear_model(trained, nncli):
    found = nncli("evaluate", trained, "--split", "val", "--json", "--no-plots").json
    result = json.loads((trained / "study.json").read_text())["result"]["metrics"]["val"]
    assert found["metrics"]["loss"] == pytest.approx(result["loss"], rel=1e-12)
    assert found["metrics"]["accuracy"] == result["accuracy"]
    assert "linear model" not in found["baselines"]
    assert "no linear model beside it" in " ".join(found["notes"])


def test_rows_are_counted_once(trained):
    model = trained_model(trained)
    assert {name: len(rows) for name, rows in model.splits.items()} == {
        "train": 68,
        "val": 68,
        "test": 12,
    }
    assert {name: len(rows) for name, rows in model.built.rows.named().items()} == {
        "train": 68,
        "test": 12,
    }


def test_it_needs_nothing_outside_its_folder(ours, nncli, tmp_path):
    moved = tmp_path / "elsewhere"
    shutil.move(ours, moved)
    shutil.move(ours.parent / "t.csv", tmp_path / "new.csv")
    assert nncli("predict", moved, tmp_path / "new.csv").code == 0
    assert nncli("evaluate", moved, "--no-plots").code == 0


def test_category_that_only_some_members_know_is_not_unseen(trained, nncli, tmp_path):
    new = tmp_path / "new.csv"
    new.write_text("size,colour,price\n0.1,rare,1\n0.2,green,1\n")
    done = nncli("predict", trained, new)
    known = ["rare" in reader.model.preprocessing.inputs[2:] for reader in readers(trained)]
    assert done.code == 0
    assert "'colour': 1 cell" in done.err
    assert not all(known)


def test_verify_replays_every_member(trained, nncli):
    found = nncli("verify", trained, "--json", "-q").json["runs"]
    assert [each["identical"] for each in found] == [True] * MEMBERS


def test_verify_sees_a_changed_held_out_file(ours, nncli):
    content = (ours / "held_out.npz").read_bytes()
    (ours / "held_out.npz").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    done = nncli("verify", ours, "-q")
    assert (done.code, "held_out.npz" in done.err) == (4, True)
    assert nncli("evaluate", ours, "--no-plots").code == 4


def test_too_few_groups_for_its_members_are_told_at_its_own_key(ours, nncli):
    """The split itself has enough of them: 3 groups are left for 4 members."""
    rows = [f"{i},g{i % 4},{'yes' if i % 3 else 'no'}" for i in range(80)]
    (ours.parent / "g.csv").write_text("\n".join(["size,group,kind", *rows]))
    split = "data.split={type: group, column: group, train: 0.5, val: 0.25, test: 0.25}"
    asked = ("--set", "data.path=g.csv", "--set", split, "--set", "ensemble.members=4")
    done = nncli("train", ours.parent / "t.yaml", *asked)
    said = (
        "ensemble.members: 4 members: column 'group' has 3 groups in these 60 rows: too few for 4"
    )
    assert (done.code, said in done.err) == (2, True), done.err
    done = nncli("train", ours.parent / "t.yaml", *asked, "--folds", 4)
    assert (done.code, "4 folds: column 'group' has 3 groups" in done.err) == (2, True), done.err


def test_members_differ_in_their_seeds_and_not_in_where_their_copy_of_the_table_is(trained, nncli):
    first, *others = nncli("runs", trained, "--json").json
    assert first["differences"] == []
    for each in others:
        keys = [difference.partition("=")[0] for difference in each["differences"]]
        assert keys[:3] == ["seed.init", "seed.shuffle", "seed.dropout"]
        assert {*keys[3:]} <= {"network.input"}  # where a category is rare for one alone


def test_verify_misses_a_member_that_was_removed(ours, nncli):
    shutil.rmtree(ours / "member-2")
    done = nncli("verify", ours, "-q")
    assert (done.code, "member-2: missing, though recorded as completed" in done.err) == (4, True)


def test_one_that_was_stopped_goes_on_to_the_same_files(ours, nncli):
    """As a kill before its third member leaves it."""
    held_out = (ours / "held_out.npz").read_bytes()
    shutil.rmtree(ours / "member-3")
    with StudyDirectory.open(ours) as directory:
        directory.recover()
        facts = directory.facts()
        trials = directory.trials(facts)
        trials[2] = TrialRecord(2, "member-3", trials[2].keys)
        directory.commit({"held_out.npz": [b""]})
        directory.save(replace(facts, ended=None, result={}), trials)
    refused = nncli("evaluate", ours)
    assert (refused.code, "nncli train --resume" in refused.err) == (2, True)
    assert nncli("train", "--resume", ours, "-q").code == 0
    assert (ours / "held_out.npz").read_bytes() == held_out


def test_resume_of_a_finished_one_says_which_member_is_gone(trained, tmp_path, nncli):
    copy = shutil.copytree(trained, tmp_path / "copy")
    shutil.rmtree(copy / "member-2")
    done = nncli("train", "--resume", copy)
    assert done.code == 2
    assert f"lacks member-2, of {MEMBERS} members" in done.err


def test_resume_of_a_finished_one_has_nothing_left(trained, nncli):
    done = nncli("train", "--resume", trained)
    assert (done.code, "its 3 members are trained" in done.err) == (0, True)


def test_a_member_is_not_trained_for_longer_but_a_copy_of_it_is(ours, tmp_path, nncli):
    member = ours / "member-1"
    longer = ("-q", "--set", "training.epochs=100", "--set", "training.early_stopping.patience=99")
    refused = nncli("train", "--resume", member, *longer)
    assert (refused.code, "a member of an ensemble" in refused.err) == (2, True)
    assert nncli("train", "--resume", member).code == 0  # nothing left
    copy = shutil.copytree(member, tmp_path / "alone")
    assert nncli("train", "--resume", copy, *longer).code == 0


@pytest.mark.parametrize("command", ["trace", "doctor", "plot-boundary", "plot-loss", "gradcheck"])
def test_commands_for_one_network_name_a_member(trained, nncli, command):
    done = nncli(command, trained)
    assert done.code == 2
    assert f"an ensemble: this takes one network, such as {trained / 'member-1'}" in done.err


def test_split_by_time_has_members_with_other_seeds(tmp_path, nncli):
    write_table(tmp_path / "t.csv")
    config = tmp_path / "t.yaml"
    lines = [line for line in LINES if not line.startswith("data")]
    split = "{type: time, column: price}"
    config.write_text("\n".join([f"data: {{path: t.csv, target: kind, split: {split}}}", *lines]))
    refused = nncli("train", config, "--set", "ensemble.by=folds")
    assert (refused.code, "ensemble.by: with a split by time" in refused.err) == (2, True)
    done = nncli("train", config, "--runs-dir", tmp_path, "--json", "-q")
    path = Path(done.json["run"])
    rows = [reader.rows for reader in readers(path)]
    assert all(np.array_equal(rows[0].val, each.val) for each in rows)
    held_out, model = np.load(path / "held_out.npz"), trained_model(path)
    together = model.predict(model.built.table, rows[0].val)
    assert np.array_equal(held_out["predictions"], together)
    found = nncli("evaluate", path, "--split", "val", "--json", "--no-plots").json
    assert "linear model" in found["baselines"]  # which hasn't seen these rows


def test_more_members_than_rows_is_an_error_before_anything_is_written(ours, nncli):
    config = ours.parent / "t.yaml"
    for command in ("train", "validate"):
        done = nncli(command, config, "--set", "ensemble.members=70")
        assert done.code == 2
        assert "ensemble.members: 70 members of 68 rows" in done.err


def test_threshold_is_chosen_on_the_held_out_predictions(ours, nncli):
    config, runs = ours.parent / "t.yaml", ours.parent / "decided"
    asked = ("--set", "decision={maximize: f1}", "--runs-dir", runs)
    path = Path(nncli("train", config, *asked, "-q", "--json").json["run"])
    model = trained_model(path)
    chosen = json.loads((path / "decision.json").read_text())
    assert model.decision.threshold == chosen["threshold"]
    assert chosen["rows"] == 68
    predicted, truth = (
        model.held_out().predictions[:, 1] > chosen["threshold"],
        model.held_out().truth,
    )
    hits = np.sum(predicted & (truth == 1))
    assert chosen["value"] == pytest.approx(2 * hits / (predicted.sum() + truth.sum()))


def test_numbers_are_averaged_in_their_own_units(ours, nncli):
    config, runs = ours.parent / "t.yaml", ours.parent / "numbers"
    asked = ("--set", "data.target=price", "--set", "data.features={exclude: [kind]}")
    done = nncli("train", config, *asked, "--runs-dir", runs, "-q", "--json")
    model = trained_model(Path(done.json["run"]))
    rows = model.chosen_rows("test")
    alone = [member.predict(rows.table, rows.rows) for member in model.members]
    scored = model.score(rows)
    assert scored.predictions == pytest.approx(np.mean(alone, axis=0))
    scale = model.networks[0].model.preprocessing.target.scale[0]
    errors = (scored.predictions - scored.rows.truth) / scale
    assert scored.loss == pytest.approx(np.mean(errors**2))


def test_config_shows_the_block_and_a_member_trains_one_network(trained, nncli):
    shown = nncli("config", trained.parent / "t.yaml").out
    assert "ensemble:\n  members: 3\n  by: auto\n" in shown
    assert "ensemble" not in (trained / "member-1" / "config.resolved.yaml").read_text()


def test_runs_lists_it_by_its_held_out_score(trained, nncli):
    found = nncli("runs", trained.parent, "--json").json
    result = json.loads((trained / "study.json").read_text())["result"]
    own = next(each for each in found if each["name"] == trained.name)
    assert own["value"] == result["metrics"]["val"]["loss"]


def test_workers_without_several_runs_are_refused(trained, nncli):
    done = nncli("train", trained.parent / "t.yaml", "--set", "ensemble=null", "--workers", 2)
    assert (done.code, "or an ensemble" in done.err) == (2, True)


def test_in_python_it_is_a_run_like_others(trained):
    run, rows = (
        package.Run(trained),
        {"size": [0.1, 2.0], "colour": ["red", "blue"], "price": [1, 2]},
    )
    alone = [package.Run(trained / f"member-{i}").predict_proba(rows) for i in (1, 2, 3)]
    assert run.predict_proba(rows) == pytest.approx(np.mean(alone, axis=0))
    result = json.loads((trained / "study.json").read_text())["result"]["metrics"]
    assert run.metrics["val"] == result["val"]
    with pytest.raises(UserError, match="each member has a history of its own"):
        _ = run.history


def test_its_duration_is_said_before_it_trains(ours, nncli):
    done = nncli(
        "train", ours.parent / "t.yaml", "--runs-dir", ours.parent / "said", "--workers", 1
    )
    said = "3 such networks, each stopped by its own validation rows; this is the first\n"
    assert re.search(said + r"about \d+ (s|min)\b", done.err)
    assert "with 1 at a time (--workers N)" in done.err


def test_duration_leaves_the_job_as_it_is(ours):
    """And counts the epochs that early stopping leaves, or all of them."""
    job = readers(ours)[0].built.job
    before = {name: np.array(block) for name, block in job.train.named()}
    found = duration(job)
    assert 0 < found.likely <= found.most
    assert found.most == pytest.approx(found.likely * 4 / min(4, 4 * 2))
    for name, block in job.train.named():
        assert np.array_equal(before[name], block)


def test_duration_counts_what_comes_before_the_steps_once(ours, monkeypatch):
    """Making machine code takes a second: as one step, it would be hours."""
    job, now, make = readers(ours)[0].built.job, [0.0], choice.stepper

    def passed(seconds):
        now[0] += seconds
        return now[0]

    def slow(*arguments):
        passed(1000.0)
        return make(*arguments)

    monkeypatch.setattr(choice, "stepper", slow)
    monkeypatch.setattr(measured, "time", SimpleNamespace(perf_counter=lambda: passed(0.01)))
    assert 1000 < duration(job).most < 1010


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_loss_of_a_probability_rounded_to_one_is_that_of_the_nearest_below(ours, dtype):
    """A row that is surely wrong costs some 17 or 37 nats, as by its score, and not 87 or 708."""
    built = readers(ours)[0].built
    rows = built.model.evaluation_set(built.table, np.flatnonzero(built.table.y == 0)[:1], None)
    found = objective(built.model, np.array([[0.0, 1.0]], dtype), rows)
    assert found == pytest.approx(-np.log(np.finfo(dtype).epsneg))


def test_other_studies_of_its_config_are_of_single_networks_and_say_so(ours, nncli):
    config, runs = ours.parent / "t.yaml", ours.parent / "others"
    seeds = nncli("train", config, "--seeds", 2, "-q", "--runs-dir", runs)
    assert "warning: ensemble: left aside: each of these runs is one network" in seeds.err
    assert (runs / "t-seeds-001" / "seed-1" / "model.safetensors").is_file()
    search = "sweep={space: {optimizer.learning_rate: [0.01]}, method: grid, confirm: 0}"
    swept = nncli("sweep", config, "--set", search, "--workers", 1, "--runs-dir", runs)
    assert "a trial is one network: the config's ensemble is trained by best.yaml" in swept.err
    assert "ensemble:\n  members: 3" in (runs / "t-sweep-001" / "best.yaml").read_text()


def test_compare_says_that_members_are_compared_and_not_what_they_are_together(trained, nncli):
    done = nncli("compare", trained)
    assert done.code == 0
    assert "note: " in done.err
    assert "an ensemble, whose members are compared here, each as one network" in done.err
    assert "note" not in nncli("compare", trained / "member-1").err


def test_members_without_validation_rows_are_averaged_all_the_same(write, nncli):
    config = write("i.yaml", "data: {dataset: iris, split: {type: random, test: 0.2}}", *LINES[1:3])
    asked = ("--set", "ensemble={members: 2, by: seeds}", "--set", "training.epochs=1")
    done = nncli("train", config, *asked, "-q", "--json")
    assert (done.code, done.json.get("metrics")) == (0, None)
    assert nncli("evaluate", done.json["run"], "--no-plots").code == 0
    refused = nncli("evaluate", done.json["run"], "--split", "val")
    assert (refused.code, "no val rows: this run has train and test rows" in refused.err) == (
        2,
        True,
    )


def test_members_that_all_diverge_are_said_to_have(ours, nncli):
    rate = ("--set", "optimizer={type: sgd, learning_rate: 1e200}")
    done = nncli("train", ours.parent / "t.yaml", *rate, "--runs-dir", ours.parent / "diverged")
    assert (done.code, "no member came to its end" in done.out) == (5, True)
    refused = nncli("evaluate", ours.parent / "diverged" / "t-001")
    assert (refused.code, "no member of this ensemble came to its end" in refused.err) == (2, True)
