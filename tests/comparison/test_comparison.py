"""What is compared with what: groups, pairs, and what doesn't count."""

import numpy as np
import pytest
from comparison_runs import seed
from scipy import stats

from nncli.comparison.comparison import compare
from nncli.errors import UserError

RATE = "optimizer.learning_rate"


def whys(comparison):
    return {each.path.name: each.why for each in comparison.left_out}


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
        sorted((result.luck.split, group.runs.value(result)) for result in group.runs.results)
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


def test_metric_of_folds_that_is_of_training_rows_is_told_apart(folds):
    found = compare(list(folds.values()), "accuracy")
    assert found.notes == ["accuracy is of training rows; see held_out_accuracy"]
    assert found.groups[1].versus.why == "training rows of several splits"
    assert compare(list(folds.values()), "held_out_accuracy").is_score


def test_fewer_than_three_pairs_have_no_p(on_one_split):
    found = compare([path for of_rate in on_one_split.values() for path in of_rate[:2]])
    versus = found.groups[1].versus
    assert (versus.mean.p, versus.mean.interval, versus.why) == (None, None, "fewer than 3 pairs")
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
    stopped = maker.run("stopped", f"{RATE}=0.5", ends=False)
    begun = maker.run("begun")
    (begun / "manifest.json").unlink()
    found = compare([*on_one_split[0.1], diverged, stopped, begun])
    assert len(found.groups) == 1
    assert whys(found) == {
        "big-001": "diverged",
        "stopped-001": "not ended",
        "begun-001": "not ended",
    }


def test_undefined_value_is_left_out_by_name(on_one_split, maker):
    config = "data: {dataset: and_gate}\nnetwork: {hidden: []}\ntraining: {epochs: 2}"
    runs = [maker.run("gate", f"seed={s}", config=config) for s in (1, 2)]
    found = compare([*on_one_split[0.1], *runs], "val_accuracy")
    assert whys(found) == {"gate-001": "no val_accuracy", "gate-002": "no val_accuracy"}


def test_loss_that_differs_gives_way_to_a_metric(maker):
    runs = [maker.run("l", f"loss={loss}", seed(1)) for loss in ("cross_entropy", "mse")]
    assert compare(runs).metric == "val_accuracy"
    asked = compare(runs, "val_loss")
    assert asked.notes == ["the loss itself differs between groups: val_loss isn't one thing"]


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
