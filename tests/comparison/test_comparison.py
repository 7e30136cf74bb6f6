"""What is compared with what: groups, pairs, and what doesn't count."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from comparison_runs import CONFIG, seed
from scipy import stats

from nncli.artifacts.manifest import encode
from nncli.artifacts.study_directory import StudyDirectory, StudyFacts
from nncli.artifacts.trial_records import TrialRecord
from nncli.comparison.comparison import compare
from nncli.errors import CorruptRun, UserError

RATE = "optimizer.learning_rate"


def whys(comparison):
    return {each.name: each.why for each in comparison.left_out}


def test_runs_that_differ_by_their_seeds_are_a_group(on_one_split, all_of):
    found = compare(all_of(on_one_split))
    assert found.keys == [RATE]
    assert [group.settings for group in found.groups] == [{RATE: 0.1}, {RATE: 0.001}]
    assert [len(group.runs.results) for group in found.groups] == [4, 4]
    assert (found.metric, found.is_score, found.left_out) == ("val_loss", False, [])


def test_one_split_is_a_plain_paired_t_test_over_seeds(on_one_split, all_of, run_at):
    found = compare(all_of(on_one_split)[::-1])
    best, other = (
        [run_at(path).json("metrics.json")["metrics"]["val"]["loss"] for path in on_one_split[lr]]
        for lr in (0.1, 0.001)
    )
    versus = found.groups[1].versus
    assert versus.test == "paired t"
    assert versus.mean.p == pytest.approx(stats.ttest_rel(other, best).pvalue)
    assert versus.mean.value == pytest.approx(np.mean(other) - np.mean(best))
    assert found.groups[0].mean.value == pytest.approx(np.mean(best))
    assert found.groups[0].std == pytest.approx(np.std(best, ddof=1))


def test_splits_of_the_same_rows_are_corrected_for_their_overlap(resplit, all_of):
    found = compare(all_of(resplit))
    rows = found.groups[0].runs.results[0].rows
    values = [
        sorted(
            (result.pairing_key.split, group.runs.value(result)) for result in group.runs.results
        )
        for group in found.groups
    ]
    differences = [b - a for (_, a), (_, b) in zip(*values, strict=True)]
    error = np.sqrt(np.var(differences, ddof=1) * (1 / 4 + rows["val"] / rows["train"]))
    versus = found.groups[1].versus
    assert versus.test == "corrected paired t"
    assert versus.mean.p == pytest.approx(2 * stats.t.sf(abs(np.mean(differences)) / error, df=3))


def test_folds_are_compared_by_what_they_held_out(folds, run_at):
    found = compare(list(folds.values()))
    assert found.metric == "held_out_loss"
    scores = [run_at(folds[lr]).json("folds.json") for lr in (0.1, 0.001)]
    means = [each["mean"]["loss"] for each in scores]
    assert [group.mean.value for group in found.groups] == pytest.approx(sorted(means))
    assert found.groups[1].versus.test == "corrected paired t"
    rows = found.groups[0].runs.results[0].rows
    assert rows["held_out"] == rows["test"] > 40


def test_folds_without_a_study_are_compared_alike(folds, folder, run_at):
    """As they were left before folds became a study."""
    old = {}
    for lr, path in folds.items():
        old[lr] = Path(shutil.copytree(path, folder / f"old-{lr}"))
        (old[lr] / "study.json").unlink()
        (old[lr] / "trials.csv").unlink()
        run = run_at(old[lr])
        entry = {"folds.json": run.entry("folds.json")}
        (old[lr] / "manifest.json").write_bytes(encode(entry))
    found, as_study = compare(list(old.values())), compare(list(folds.values()))
    assert [group.runs.values for group in found.groups] == [
        group.runs.values for group in as_study.groups
    ]
    assert found.groups[1].versus == as_study.groups[1].versus


def test_study_of_seeds_is_a_group_like_its_runs_alone(nncli, maker, write, on_one_split):
    write("s.yaml", CONFIG)
    done = nncli("train", "s.yaml", "--seeds", "3", "--runs-dir", ".", "-q")
    assert done.code == 0
    found = compare([maker.folder / "s-seeds-001", *on_one_split[0.001]])
    assert [group.name for group in found.groups] == ["s-seeds-001", "one-005 +3"]
    assert found.groups[1].versus.test == "paired t"
    assert found.groups[1].versus.mean.n == 3


def sweep(folder, *trials):
    """A study of a sweep, whose trials are folders in it."""
    study = StudyDirectory(folder / "s-sweep-001")
    study.path.mkdir()
    facts = StudyFacts(
        kind="sweep", config="s.yaml", assignments=(), trials=len(trials), folds=0, vary=(),
        ahead=1, search={}, objective="val_loss", higher_is_better=False, keys=(),
        data_sha256="", versions={}, began="",
    )  # fmt: skip
    records = [
        TrialRecord(number, f"trial-{number:04d}", state=state)
        for number, state in enumerate(trials)
    ]
    study.save(facts, records)
    return study.path


def test_trials_of_a_sweep_are_groups_and_those_that_left_no_run_are_named(maker):
    path = sweep(maker.folder, "completed", "completed", "failed", "running", "pruned")
    for number, lr in enumerate((0.1, 0.01)):
        for s in (1, 2):
            run = maker.run("t", f"{RATE}={lr}", seed(s))
            shutil.move(run, path / f"trial-{number:04d}" / f"seed-{s}")
    shutil.move(maker.run("t", f"{RATE}=5.0", stopped="pruned"), path / "trial-0004")
    found = compare([path])
    assert [group.name for group in found.groups] == [
        "s-sweep-001/trial-0000",
        "s-sweep-001/trial-0001",
    ]
    assert [len(group.runs.results) for group in found.groups] == [2, 2]
    assert whys(found) == {
        "s-sweep-001/trial-0002": "failed",
        "s-sweep-001/trial-0003": "not ended",
        "s-sweep-001/trial-0004": "pruned",
    }


def test_trials_trained_again_are_compared_by_their_folders(maker):
    path = sweep(maker.folder, "completed", "completed")
    (path / "confirm.csv").touch()
    for trial, lr in (("0000", 0.1), ("0001", 0.01)):
        shutil.move(maker.run("t", f"{RATE}={lr}"), path / f"trial-{trial}")
        for s in (1, 2, 3):
            run = maker.run("t", f"{RATE}={lr}", seed(s))
            shutil.move(run, path / f"confirm-{trial}" / f"seed-{s}")
    note = f"the best of {path} was chosen by these values; {path}/confirm-* have others"
    assert compare([path]).notes == [note]
    found = compare(sorted(path.glob("confirm-*")))
    assert {group.name for group in found.groups} == {
        "s-sweep-001/confirm-0000",
        "s-sweep-001/confirm-0001",
    }
    assert found.groups[1].versus.mean.n == 3
    assert found.notes == []


def test_study_leads_to_no_run_outside_it(maker, on_one_split):
    path = sweep(maker.folder, "completed")
    study = StudyDirectory(path)
    elsewhere = os.path.relpath(on_one_split[0.1][0], path)
    study.save(study.facts(), [TrialRecord(0, elsewhere, state="completed")])
    with pytest.raises(CorruptRun, match="leads out"):
        compare([path])


def test_groups_of_one_name_are_told_apart_by_their_folders(on_one_split, maker):
    for lr, name in ((0.1, "a"), (0.01, "b")):
        (maker.folder / name).mkdir()
        shutil.move(maker.run("x", f"{RATE}={lr}"), maker.folder / name / "x-001")
    found = compare([maker.folder / name / "x-001" for name in ("a", "b")])
    assert {Path(group.name).relative_to(maker.folder).as_posix() for group in found.groups} == {
        "a/x-001",
        "b/x-001",
    }


def test_metric_of_folds_that_is_of_training_rows_is_told_apart(folds):
    found = compare(list(folds.values()), "accuracy")
    assert found.notes == ["accuracy is of training rows; see held_out_accuracy"]
    assert found.groups[1].versus.why == "training rows of several splits"
    assert compare(list(folds.values()), "held_out_accuracy").is_score


def test_fewer_than_three_pairs_have_no_p(on_one_split):
    found = compare([path for of_rate in on_one_split.values() for path in of_rate[:2]])
    versus = found.groups[1].versus
    assert (versus.mean.p, versus.mean.interval, versus.why) == (
        None,
        None,
        "fewer than 3 pairs of runs",
    )
    assert found.tested == 0


def test_other_seeds_on_the_same_split_are_not_paired(on_one_split, maker, all_of):
    others = [maker.run("other", f"{RATE}=0.001", seed(s)) for s in (7, 8, 9)]
    found = compare([*on_one_split[0.1], *others])
    versus, values = found.groups[1].versus, [group.runs.values for group in found.groups]
    assert versus.test == "Welch"
    assert versus.mean.p == pytest.approx(stats.ttest_ind(*values, equal_var=False).pvalue)


def test_other_split_is_not_paired(on_one_split, maker):
    others = [maker.run("other", f"{RATE}=0.001", seed(s, split=5)) for s in (1, 2, 3)]
    versus = compare([*on_one_split[0.1], *others]).groups[1].versus
    assert (versus.mean.interval, versus.mean.p, versus.why) == (None, None, "another split")


def test_other_data_is_a_difference_and_not_paired(maker):
    config = (
        "data: {dataset: {type: linear_regression, samples: 60, seed: %d}}\nnetwork: {hidden: []}"
    )
    runs = [
        maker.run(f"d{data}", seed(s), "training.epochs=2", config=config % data)
        for data in (1, 2)
        for s in (1, 2, 3)
    ]
    found = compare(runs)
    assert "data.dataset.seed" in found.keys
    assert found.groups[1].versus.why == "other data"


def test_same_table_in_two_runs_is_no_difference(maker):
    (maker.folder / "table.csv").write_text("x,y\n" + "".join(f"{i},{i % 7}\n" for i in range(40)))
    config = "data: {path: table.csv, target: y, task: regression}\ntraining: {epochs: 2}"
    found = compare([maker.run("t", f"seed={s}", config=config) for s in (1, 2, 3)])
    assert (found.keys, len(found.groups)) == ([], 1)
    assert found.groups[0].mean.interval is not None


def test_same_run_counts_once(on_one_split, maker):
    again = maker.run("again", f"{RATE}=0.1", seed(0))
    twice = [*on_one_split[0.1], on_one_split[0.1][0], again]
    found = compare(twice)
    assert len(found.groups[0].runs.results) == 4
    assert whys(found) == {"again-001": "the same config, split and seeds as one-001"}


def test_diverged_interrupted_and_begun_runs_are_left_out_by_name(on_one_split, maker):
    diverged = maker.run("big", f"{RATE}=1e300")
    stopped = maker.run("stopped", f"{RATE}=0.5", stopped="interrupted")
    huge = "kernel_initializer={type: normal, std: 1e200}"
    wide = "network.hidden=[{type: dense, units: 3, activation: identity}]"
    never = maker.run("never", wide, f"network.hidden.0.{huge}", f"network.output.{huge}")
    begun = maker.run("begun")
    (begun / "manifest.json").unlink()
    (begun / "checkpoints" / "last.safetensors").unlink()
    found = compare([*on_one_split[0.1], diverged, stopped, never, begun])
    assert (len(found.groups), found.keys) == (1, [])  # what the others change doesn't matter
    assert whys(found) == {
        "big-001": "diverged",
        "stopped-001": "not ended",
        "never-001": "its loss was never finite",
        "begun-001": "not ended",
    }


def test_column_that_a_run_lacks_leaves_it_out_by_name(on_one_split, maker):
    config = "data: {dataset: and_gate}\nnetwork: {hidden: []}\ntraining: {epochs: 2}"
    runs = [maker.run("gate", f"seed={s}", config=config) for s in (1, 2)]
    found = compare([*on_one_split[0.1], *runs], "val_accuracy")
    assert whys(found) == {"gate-001": "no val_accuracy", "gate-002": "no val_accuracy"}


def test_undefined_value_is_left_out_by_name(on_one_split, maker, run_at):
    run = run_at(maker.run("u", seed(9)))
    summary = run.json("metrics.json")
    summary["metrics"]["val"]["accuracy"] = None
    (run.path / "metrics.json").write_text(json.dumps(summary))
    run.write_manifest()
    found = compare([*on_one_split[0.1], run.path], "val_accuracy")
    assert whys(found) == {"u-001": "val_accuracy is undefined"}
    assert len(found.groups[0].runs.results) == 4


def test_other_weights_to_start_from_are_another_config(maker):
    config = CONFIG + "seed: {init: 1}\n"
    start = "network.output.kernel_initializer={type: from_file, path: w.npz}"
    runs = []
    for value, s in ((1.0, 1), (1.0, 2), (2.0, 1)):
        np.savez(maker.folder / "w.npz", **{"output/W": np.full((3, 3), value)})
        runs.append(maker.run("w", start, f"seed.shuffle={s}", config=config))
    found = compare(runs)
    assert sorted(len(group.runs.results) for group in found.groups) == [1, 2]
    assert list(found.keys) == ["network.output.kernel_initializer.path"]


def test_runs_none_of_which_has_begun_to_learn_are_refused(maker):
    run = maker.run("begun")
    (run / "manifest.json").unlink()
    (run / "checkpoints" / "last.safetensors").unlink()
    with pytest.raises(UserError, match="none of the runs can be read: begun-001: not ended"):
        compare([run])


def test_loss_that_differs_gives_way_to_a_metric(maker):
    runs = [maker.run("l", f"loss={loss}", seed(1)) for loss in ("cross_entropy", "mse")]
    found = compare(runs)
    assert found.metric == "val_accuracy"
    assert found.notes == ["compared by val_accuracy: the loss itself differs"]
    asked = compare(runs, "val_loss")
    assert asked.notes == ["the loss itself differs between groups: val_loss isn't one thing"]


def test_engines_differ_where_seconds_are_compared(maker):
    runs = [maker.run(e, f"training.engine={e}") for e in ("numpy", "compiled") for _ in range(3)]
    found = compare(runs, "seconds")
    assert found.keys == ["training.engine"]
    assert [len(group.runs.results) for group in found.groups] == [3, 3]
    values = [group.runs.values for group in found.groups]
    versus = found.groups[1].versus
    assert versus.mean.p == pytest.approx(stats.ttest_ind(*values, equal_var=False).pvalue)
    others = compare(runs)
    assert (others.keys, len(others.groups[0].runs.results)) == ([], 1)


def test_p_of_several_comparisons_is_holm_s_of_all_pairs(on_one_split, maker, all_of):
    third = [maker.run("third", f"{RATE}=0.05", seed(s)) for s in range(4)]
    found = compare([*all_of(on_one_split), *third])
    assert found.tested == 3
    for group in found.groups[1:]:
        assert group.versus.mean.p <= group.versus.p_holm <= 3 * group.versus.mean.p


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("test_accuracy", "test_accuracy: runs keep no scores of test rows"),
        ("val_acuracy", "no run has a val_acuracy (did you mean 'val_accuracy'?); known: loss"),
    ],
)
def test_metric_that_no_run_has_is_refused(on_one_split, metric, said):
    with pytest.raises(UserError, match=r".") as error:
        compare(on_one_split[0.1], metric)
    assert str(error.value).startswith(said)


def test_folder_that_is_no_run_is_refused(on_one_split, folder):
    with pytest.raises(UserError, match="neither a run nor a study"):
        compare([*on_one_split[0.1], folder])
    runs = on_one_split[0.1][0].parent
    with pytest.raises(UserError, match=r"it holds runs: give .*/\* instead"):
        compare([runs])
