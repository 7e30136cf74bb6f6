"""Several labels on the command line: each command works with them, or refuses them by name."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics
from waiting import PATIENCE

from nncli.data import column_types

CONFIGS = Path(__file__).parents[2] / "configs"
NAMES = ("rain", "fog", "frost")
CONFIG = """\
data: {{path: t.csv, target: [wet, cold], {data}}}
{rest}
training: {{epochs: 3{training}}}
output: {{plots: []}}
"""


@pytest.fixture
def weather(nncli, folder):
    """A short run on the example, with a copy of its table."""
    shutil.copyfile(CONFIGS / "weather.csv", folder / "weather.csv")
    shutil.copyfile(CONFIGS / "weather.yaml", folder / "weather.yaml")
    short = ("--set", "training.epochs=40", "--set", "output.plots=[]")
    assert nncli("train", "weather.yaml", "--quiet", *short).code == 0
    return folder / "runs" / "weather-001"


@pytest.fixture
def config(folder):
    """config(data, rest, training, cells): a config with a table of two labels, t.yaml."""

    def write(data="", rest="", training="", cells=lambda i: (i % 2, int(i % 3 == 0))):
        rows = [f"{i % 7},{(i * i) % 11},{a},{b}" for i in range(80) for a, b in [cells(i)]]
        Path("t.csv").write_text("\n".join(["x,z,wet,cold", *rows, ""]))
        text = CONFIG.format(data=data, rest=rest, training=training)
        Path("t.yaml").write_text(text)
        return "t.yaml"

    return write


def table(path):
    with Path(path).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


# ---- train


def test_zeros_and_ones_are_trained_as_labels_and_the_choice_is_said(nncli, config):
    outcome = nncli("train", config())
    assert outcome.code == 0
    assert "data        multilabel, 80 rows" in outcome.err
    assert (
        "2 targets of two values each are labels, which a row has or has not: say data.task: "
        in (outcome.err)
    )
    assert "labels      wet = 1 (40), cold = 1 (27)" in outcome.err
    assert "dense, sigmoid" in outcome.err
    assert "loss        binary_cross_entropy" in outcome.err
    header = Path("runs/t-001/metrics.csv").read_text().split("\n")[0].split(",")
    assert header[3:8] == ["accuracy", "f1_macro", "f1_micro", "hamming_loss", "roc_auc"]


def test_the_same_table_is_a_regression_where_the_config_says_so(nncli, config):
    outcome = nncli("train", config("task: regression"))
    assert "data        regression" in outcome.err
    assert "mse" in outcome.err


def test_the_resolved_config_trains_the_same_weights(nncli, config):
    assert nncli("train", config(), "--quiet").code == 0
    resolved = Path("runs/t-001/config.resolved.yaml")
    assert "task: multilabel" in resolved.read_text()
    assert nncli("train", resolved, "--quiet", "--runs-dir", "again").code == 0
    first, second = (Path(f"{folder}/t-001/model.safetensors") for folder in ("runs", "again"))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("data", "rest", "training", "said"),
    [
        ("", "", ", class_weight: balanced", "training.class_weight: it weighs the classes of a "
         "single target, not labels: data.sample_weight weighs rows"),
        ("", "loss: cross_entropy", "", "loss: classes that exclude each other have "
         "cross_entropy, and labels don't: use binary_cross_entropy"),
        ("", "network: {output: {activation: softmax}}", "", "network.output: classes that exclude "
         "each other have softmax, and labels don't: use sigmoid"),
        ("", "network: {output: {units: 3}}", "", "network.output.units: expected 2, one unit a "
         "label, found 3"),
        ("task: classification", "", "", "data.task: several targets can't be classes: use task: "
         "multilabel, where each has two values, or task: regression"),
        ("classes: [a, b]", "", "", "data.classes: it is for a single target: each label "
         "has two values of its own"),
        ("", "decision: {threshold: 0.3}", "", "decision: a threshold parts two classes, and this "
         "is multilabel: drop the block"),
        ("", "evaluation: {metrics: [brier]}", "", "brier is for binary tasks, and this one is "
         "multilabel"),
        ("", "", ", early_stopping: {monitor: val_recall_micro}", "expected one of auto, loss"),
    ],
)  # fmt: skip
def test_what_labels_cannot_have_is_refused_with_what_to_use(
    nncli, config, data, rest, training, said
):
    outcome = nncli("validate", config(data, rest, training))
    assert outcome.code == 2
    assert said in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_a_missing_label_is_named_and_cured(nncli, config):
    path = config(cells=lambda i: (i % 2, "" if i == 5 else i % 2))
    outcome = nncli("train", path, "--quiet")
    assert outcome.code == 2
    assert "t.csv:7: column 'cold': the target is missing (data.missing_target: drop" in outcome.err
    assert nncli("train", config("missing_target: drop"), "--quiet").code == 0


def test_a_metric_that_labels_leave_undefined_is_said_before_training(nncli, config):
    path = config(cells=lambda i: (i % 2, 0))
    outcome = nncli("validate", path)
    assert outcome.code == 0
    assert "target 'cold' (always 0) never varies" in outcome.err
    assert (
        "roc_auc is undefined (nan) on the 56 training rows: all of them, or none, have a label"
        in (outcome.err)
    )


@pytest.mark.parametrize("loss", ["mse", "{type: huber, delta: 0.5}"])
def test_other_losses_keep_labels_as_they_are(nncli, config, loss):
    rest = f"network: {{output: {{activation: identity}}}}\nloss: {loss}"
    assert nncli("train", config(rest=rest), "--quiet").code == 0
    fitted = json.loads(Path("runs/t-001/preprocessing.json").read_text())
    assert fitted["target"]["method"] == "none"
    assert nncli("evaluate", "runs/t-001", "--no-plots").code == 0


def test_inline_rows_train_as_labels(nncli):
    Path("i.yaml").write_text(
        "data:\n  dataset: {type: inline, x: [[0, 0], [0, 1], [1, 0], [1, 1]], "
        "y: [[0, 0], [0, 1], [0, 1], [1, 1]]}\n  task: multilabel\n"
        "optimizer: {type: adam, learning_rate: 0.1}\ntraining: {epochs: 200}\n"
    )
    outcome = nncli("train", "i.yaml", "--quiet", "--json", "--set", "output.plots=[]")
    assert outcome.json["metrics"]["train"]["accuracy"] == 1.0


def test_a_stopped_run_goes_on_to_the_same_weights(nncli, config):
    assert nncli("train", config(), "--quiet").code == 0
    assert nncli("train", "--resume", "runs/t-001", "--set", "training.epochs=6", "-q").code == 0
    assert nncli("train", "t.yaml", "--set", "training.epochs=6", "-q").code == 0
    first, second = (Path(f"runs/t-00{number}/model.safetensors") for number in (1, 2))
    assert first.read_bytes() == second.read_bytes()


def test_folds_hold_out_their_share_of_each_label(nncli, config):
    outcome = nncli("train", config(), "--folds", "3", "--quiet")
    assert outcome.code == 0
    assert "f1_micro" in outcome.out


# ---- init


@pytest.mark.parametrize("task", ["auto", "multilabel"])
def test_init_writes_a_config_that_trains_labels(nncli, config, task):
    config()
    Path("t.yaml").unlink()
    asked = ("--target", "wet", "--target", "cold", "--task", task)
    assert nncli("init", "t.csv", *asked).code == 0
    text = Path("t.yaml").read_text()
    assert "# 80 rows; 2 labels" in text
    assert "output: {units: 2, activation: sigmoid}" in text
    assert "loss: binary_cross_entropy" in text
    assert "split: {type: stratified" in text
    assert ("task: multilabel" in text) == (task == "multilabel")
    assert ("are labels, which a row has or has not" in text) == (task == "auto")
    assert nncli("train", "t.yaml", "--quiet", "--set", "training.epochs=1").code == 0


def test_init_refuses_a_single_label_with_what_to_use(nncli, config):
    config()
    outcome = nncli("init", "t.csv", "--target", "wet", "--task", "multilabel", "-o", "-")
    assert outcome.code == 2
    assert "task multilabel needs several targets; one target of two values is task: binary" in (
        outcome.err
    )


# ---- predict


def test_predict_writes_each_label_and_its_probability(nncli, weather):
    assert nncli("predict", weather, "weather.csv", "-o", "p.csv", "--probabilities").code == 0
    rows = table("p.csv")
    expected = [f"{what}_{name}" for what in ("prediction", "probability") for name in NAMES]
    assert list(rows[0])[-6:] == expected
    for row in rows:
        for name in NAMES:
            decided = "1" if float(row[f"probability_{name}"]) > 0.5 else "0"
            assert row[f"prediction_{name}"] == decided


def test_predictions_spell_labels_as_the_training_table_does(nncli, config):
    path = config(cells=lambda i: ("yes" if i % 2 else "no", "ill" if i % 3 else "well"))
    assert nncli("train", path, "--quiet").code == 0
    outcome = nncli("predict", "runs/t-001", "t.csv")
    rows = list(csv.DictReader(outcome.out.splitlines()))
    assert {row["prediction_wet"] for row in rows} <= {"yes", "no"}
    assert {row["prediction_cold"] for row in rows} <= {"ill", "well"}
    assert "probability_wet" not in rows[0]


# ---- evaluate


def test_evaluate_scores_labels_as_scikit_learn_does(nncli, weather):
    found = nncli("evaluate", weather, "--data", "weather.csv", "--no-plots", "--json").json
    nncli("predict", weather, "weather.csv", "-o", "p.csv", "--probabilities")
    rows = table("p.csv")
    truth = np.array([[int(row[name]) for name in NAMES] for row in rows])
    score = np.array([[float(row[f"probability_{name}"]) for name in NAMES] for row in rows])
    decided = (score > 0.5).astype(int)
    given = {"zero_division": 0}
    for j, name in enumerate(NAMES):
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(
            truth[:, j], decided[:, j], average="binary", **given
        )
        assert found["labels"][name] == pytest.approx(
            {
                "precision": precision,
                "recall": recall,
                "f1": f1,
                "roc_auc": metrics.roc_auc_score(truth[:, j], score[:, j]),
                "average_precision": metrics.average_precision_score(truth[:, j], score[:, j]),
                "accuracy": metrics.accuracy_score(truth[:, j], decided[:, j]),
                "rows": truth[:, j].sum(),
            }
        )
    for average in ("macro", "micro"):
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(
            truth, decided, average=average, **given
        )
        assert found["averages"][average] == pytest.approx(
            {
                "precision": precision,
                "recall": recall,
                "f1": f1,
                "roc_auc": metrics.roc_auc_score(truth, score, average=average),
                "average_precision": metrics.average_precision_score(truth, score, average=average),
                "accuracy": (truth == decided).mean(),
                "rows": truth.sum(),
            }
        )
    assert found["subset_accuracy"] == pytest.approx(metrics.accuracy_score(truth, decided))
    assert found["hamming_loss"] == pytest.approx(metrics.hamming_loss(truth, decided))
    counts = metrics.multilabel_confusion_matrix(truth, decided)
    assert found["confusion"] == {"labels": list(NAMES), "counts": counts.tolist()}
    assert found["metrics"]["accuracy"] == found["subset_accuracy"]


def test_evaluate_says_label_by_label_what_it_found_beside_its_rivals(nncli, weather):
    outcome = nncli("evaluate", weather)
    assert outcome.code == 0
    header, *lines = outcome.out.splitlines()[2:]
    assert header.split("  ")[-2:] == ["linear model", "boosted trees"]
    starts = [line.split("  ")[0] for line in lines]
    first = starts.index("label")
    assert starts[first : first + 6] == ["label", *NAMES, "macro average", "micro average"]
    assert "all labels of a row right (subset accuracy)" in outcome.out
    pictures = {path.name for path in (weather / "evaluation" / "test").iterdir()}
    assert pictures == {"roc.png", "precision_recall.png", "calibration.png"}


def test_new_rows_without_a_label_are_named(nncli, weather, folder):
    text = (folder / "weather.csv").read_text().splitlines()
    (folder / "new.csv").write_text(f"{text[0]}\n{text[1][:-1]}\n{text[2][:-1]}2\n")
    outcome = nncli("evaluate", weather, "--data", "new.csv")
    assert outcome.code == 2
    assert "new.csv:2: column 'frost': the target is missing" in outcome.err
    (folder / "new.csv").write_text(f"{text[0]}\n{text[2][:-1]}2\n")
    outcome = nncli("evaluate", weather, "--data", "new.csv")
    assert "new.csv:2: column 'frost': expected 0 or 1, found '2'" in outcome.err


# ---- the other commands


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("doctor",), "times that of always predicting the label shares"),
        (("trace",), "output: dense, sigmoid"),
        (("gradcheck",), "gradients agree"),
        (("verify",), "bit-identical"),
        (("explain",), "t: 0 or 1 for each of 3 labels"),
        (("explain",), "MLPClassifier("),
        (("plot-loss", "-o", "l.png"), "l.png"),
    ],
)
def test_commands_that_look_into_a_run_work(nncli, weather, arguments, said):
    name, *options = arguments
    outcome = nncli(name, weather, *options)
    assert outcome.code == 0
    assert said in outcome.out + outcome.err


@pytest.mark.parametrize("name", ["rain", "frost"])
def test_the_boundary_of_one_label_is_drawn(nncli, weather, name):
    outcome = nncli("plot-boundary", weather, "--target", name, "-o", f"{name}.png")
    assert outcome.code == 0
    assert Path(f"{name}.png").stat().st_size > 10_000


def test_boundary_refuses_an_unknown_label_by_name(nncli, weather):
    outcome = nncli("plot-boundary", weather, "--target", "hail")
    assert outcome.code == 2
    assert "--target: unknown target 'hail'" in outcome.err


def test_the_numpy_script_trains_the_same_losses(nncli, weather):
    assert nncli("export", weather, "--to", "numpy", "-o", "script.py").code == 0
    done = subprocess.run(
        [sys.executable, "script.py"], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    epoch, loss, *_ = done.stdout.splitlines()[-1].split(",")
    recorded = table(weather / "metrics.csv")[-1]
    assert (epoch, float(loss)) == (recorded["epoch"], float(recorded["loss"]))


def test_run_keeps_the_values_of_its_labels_in_their_order(nncli, config, monkeypatch):
    """As of a version for which ja wasn't yes."""
    words = ("ja", "nein")
    given = config(cells=lambda i: (words[i % 2], words[int(i % 3 == 0)]))
    with monkeypatch.context() as older:
        older.setattr(column_types, "YES_FIRST", ())
        assert nncli("train", given, "-q").code == 0
        before = nncli("evaluate", "runs/t-001", "--json").json
    fitted = json.loads(Path("runs/t-001/preprocessing.json").read_text())
    assert fitted["labels"] == [["ja", "nein"]] * 2
    assert nncli("evaluate", "runs/t-001", "--json").json == before
    assert nncli("verify", "runs/t-001", "-q").code == 0
