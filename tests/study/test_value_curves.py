"""Studies of one key: `sweep --over`, the picture of its values, and `plot-sweep`."""

from pathlib import Path

import pytest

from nncli.artifacts.study_directory import StudyDirectory
from nncli.artifacts.trial_records import COMPLETED, TrialRecord
from nncli.cli.main import run
from nncli.study.value_curve import ValueCurve, _by_label, value_curve
from nncli.study.value_curve_plot import title, value_figure, without_common

BASE = ("data: {dataset: iris}", "network: {hidden: [4]}", "training: {epochs: 2}")


@pytest.fixture
def config(write):
    return write("it.yaml", *BASE)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Of 5, 20 and 60 training rows, two seeds each; to be read only."""
    folder = tmp_path_factory.mktemp("rows")
    (folder / "it.yaml").write_text("\n".join(BASE))
    over = ["--over", "data.train_rows=20,5,60", "--seeds", "2", "--workers", "1", "-q"]
    assert run(["sweep", str(folder / "it.yaml"), *over, "--runs-dir", str(folder)]) == 0
    return folder / "it-sweep-001"


def curve_of(path, metric=None):
    study = StudyDirectory.open(path)
    facts = study.facts()
    return value_curve(study, facts, study.trials(facts), metric)


def test_values_are_in_order_with_each_run_of_each(study, run_at):
    curve = curve_of(study)
    assert curve.labels == ("5", "20", "60")
    assert curve.numbers == (5.0, 20.0, 60.0)
    assert (curve.metric, curve.is_score, curve.most_runs) == ("loss", False, 2)
    summaries = [
        run_at(study / f"trial-0001/seed-{seed}").json("metrics.json")["metrics"] for seed in (0, 1)
    ]
    for part in ("train", "val"):
        assert curve.runs[part][1] == [each[part]["loss"] for each in summaries]
    assert title(curve) == "Learning curve: mean and range of 2 runs"
    assert curve_of(study, "val_accuracy").is_score


def test_of_folds_the_rows_held_out_are_shown_too(nncli, config, record):
    space = "sweep={space: {training.batch_size: [8, 32]}, method: grid, folds: 2, confirm: 0}"
    done = nncli("sweep", config, "--set", space, "--set", "sweep.trials=3", "-q", "--json")
    path = Path(done.json["run"])
    for metric in ("loss", "accuracy"):
        found = curve_of(path, metric)
        own = {row["training.batch_size"]: row[f"held_out_{metric}"] for row in record(path)}
        assert found.runs["held_out"] == [[float(own[label])] for label in found.labels]
        assert [len(each) for each in found.runs["train"]] == [2] * len(found.labels)
    legend = value_figure(found).axes[0].get_legend().get_texts()
    assert legend[-1].get_text() == "held out, mean of the folds"


def test_the_study_leaves_its_picture_sealed(nncli, study):
    assert sorted(path.name for path in (study / "plots").iterdir()) == [
        *("history.png", "space.png", "values.png"),
    ]
    assert nncli("verify", study).code == 0


def test_plot_sweep_draws_another_metric(nncli, study, folder):
    done = nncli("plot-sweep", study, "--metric", "accuracy", "-o", "a.svg")
    assert (done.code, done.out, done.err) == (0, "a.svg\n", "")
    assert b"accuracy over training rows. train: " in (folder / "a.svg").read_bytes()
    assert nncli("plot-sweep", study).out == "it-sweep-001-loss.png\n"
    wrong = nncli("plot-sweep", study, "--metric", "acuracy")
    assert wrong.code == 2
    assert "no metric 'acuracy' (did you mean 'accuracy'?)" in wrong.err


def test_what_is_no_sweep_of_one_key_is_refused(nncli, config):
    space = "sweep={space: {seed.init: [1, 2], training.batch_size: [8, 16]}, method: grid}"
    arguments = ("--set", space, "--set", "sweep.confirm=0", "--set", "output.plots=[]")
    two = nncli("sweep", config, *arguments, "-q", "--json").json["run"]
    assert not (Path(two) / "plots").exists()
    done = nncli("plot-sweep", two)
    assert done.code == 2
    assert (
        "expected a sweep over one key, found 2 keys (seed.init, training.batch_size)" in done.err
    )
    seeds = nncli("train", config, "--seeds", 2, "-q", "--json").json["run"]
    assert "expected a sweep over one key, found seeds" in nncli("plot-sweep", seeds).err


@pytest.mark.parametrize(
    ("given", "tried"),
    [
        ("network.hidden=[],[3],[3,3]", ["[]", "[3]", "[3, 3]"]),
        ("training.batch_size=[8, 16]", ["8", "16"]),
        ("optimizer.learning_rate={low: 0.1, high: 0.3, step: 0.1}", ["0.1", "0.2", "0.3"]),
        ("optimizer=sgd, {type: adam, epsilon: 0.1}", ["sgd", "adam (epsilon 0.1)"]),
    ],
)
def test_over_takes_values_as_they_are_written(nncli, config, record, given, tried):
    done = nncli("sweep", config, "--over", given, "-q", "--json", "--set", "training.epochs=1")
    assert done.code == 0, done.err
    path = Path(done.json["run"])
    key = given.partition("=")[0]
    assert [row[key] for row in record(path)[1:]] == tried
    assert list(curve_of(path).labels)[-len(tried) :] == tried


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--over", "training.batch_size"), "--over: expected KEY=VALUE,VALUE,..., found"),
        (("--over", "training.batch_size=[8"), "--over: can't read the values '[8'"),
        (
            ("--over", "training.batchsize=8,16"),
            "--over training.batchsize=8,16: training.batchsize: unknown key (did you mean",
        ),
        (
            ("--over", "training.epochs=a,2"),
            "--over training.epochs=a,2: training.epochs: expected an integer >= 1",
        ),
        (
            ("--over", "training.epochs=1,2,1"),
            "--over training.epochs=1,2,1: sweep.space.training.epochs[2]: the same choice",
        ),
    ],
)
def test_what_cannot_be_tried_is_said(nncli, config, arguments, words):
    done = nncli("sweep", config, *arguments, "-q")
    assert done.code == 2
    assert words in done.err
    assert "--set" not in done.err


def test_a_value_that_the_data_has_not_is_an_invalid_trial_alone(nncli, config, record):
    done = nncli("sweep", config, "--over", "data.train_rows=5,50,1000", "-q", "--json")
    assert done.code == 0
    *_, last = record(Path(done.json["run"]))
    assert last["state"] == "invalid"
    assert "expected at most 105, the training rows, found 1,000" in last["message"]
    assert curve_of(Path(done.json["run"])).labels == ("5", "50")


def test_a_resumed_study_has_its_own_values(nncli, study):
    done = nncli("sweep", "--resume", study, "--over", "training.batch_size=8,16")
    assert done.code == 2
    assert "a resumed one has its own" in done.err


# ---- axes


def seen(labels, numbers=None, **more):
    runs = {part: [[1.0, 2.0]] * len(labels) for part in ("train", "val")}
    return ValueCurve("it", "a.key", "loss", labels, numbers, more.get("runs", runs), False)


@pytest.mark.parametrize(
    ("numbers", "is_log"),
    [
        ((4, 8, 16, 32, 64), True),
        ((10, 20, 30, 40, 50, 60, 70, 80), False),
        ((1, 2, 3), False),
        ((0, 1, 10, 100), False),
        ((0.001, 0.01, 0.1), True),
        ((2, 200), False),
    ],
)
def test_values_that_grow_by_factors_have_a_logarithmic_axis(numbers, is_log):
    curve = seen(tuple(map(str, numbers)), numbers)
    assert curve.is_geometric == is_log
    axes = value_figure(curve).axes[0]
    assert axes.get_xscale() == ("log" if is_log else "linear")
    assert [tick.get_text() for tick in axes.get_xticklabels()] == [f"{n:g}" for n in numbers]


def test_the_value_of_the_config_as_given_counts_once():
    trials = [
        TrialRecord(0, "trial-0000", {"k": "b"}, COMPLETED),
        TrialRecord(1, "trial-0001", {"k": "a"}, COMPLETED),
        TrialRecord(2, "trial-0002", {"k": "b"}, COMPLETED),
        TrialRecord(3, "trial-0003", {"k": "c"}, "diverged"),
    ]
    assert {k: t.number for k, t in _by_label(trials, "k").items()} == {"a": 1, "b": 2}


def test_a_vanished_training_loss_leaves_the_validation_curve_its_room():
    runs = {"train": [[1.0], [1e-12]], "val": [[2.0], [3.0]]}
    axes = value_figure(seen(("a", "b"), runs=runs)).axes[0]
    assert axes.get_ylim()[0] > 0.01


def test_long_labels_lose_what_they_share():
    assert without_common(["8", "16"]) == ["8", "16"]
    assert without_common(["[dense (units 3, a)]", "[dense (units 3, b)]"]) == ["…a)]", "…b)]"]
