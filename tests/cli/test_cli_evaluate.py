"""`nncli evaluate`: scores of a finished run."""

import json
import shutil
from xml.etree import ElementTree

import numpy as np
import pytest
from safetensors.numpy import save_file

FIGURES = ["--json", "--no-plots"]


@pytest.fixture(scope="module")
def iris(iris, tmp_path_factory):
    """A copy, as `evaluate` leaves files in it."""
    place = tmp_path_factory.mktemp("evaluated") / "iris-001"
    return type(iris)(shutil.copytree(iris.path, place))


@pytest.fixture
def iris_copy(iris_copy):
    """A run that wasn't evaluated yet."""
    shutil.rmtree(iris_copy.path / "evaluation", ignore_errors=True)
    return iris_copy


@pytest.fixture
def iris_rows(iris):
    """iris_rows("test"): the rows of a split as the flower's own measurements, and its species."""
    from sklearn.datasets import load_iris

    data = load_iris()
    with np.load(iris.path / "split.npz") as archive:
        split = dict(archive)
    return lambda name: (data.data[split[name]], data.target[split[name]])


@pytest.fixture
def probabilities(iris):
    """The network of configs/iris.yaml, written out from what the run directory says."""
    weights, fitted = iris.weights, iris.json("preprocessing.json")["features"]
    shift, scale = ([column[key] for column in fitted] for key in ("shift", "scale"))

    def of(x):
        scaled = (x - shift) / scale
        hidden = 1 / (1 + np.exp(-(scaled @ weights["hidden_1/W"] + weights["hidden_1/b"])))
        powers = np.exp(hidden @ weights["output/W"] + weights["output/b"])
        return powers / powers.sum(axis=1, keepdims=True)

    return of


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_scores_equal_scikit_learn_s_on_the_weights_in_the_run(
    nncli, iris, iris_rows, probabilities, split
):
    from sklearn.metrics import (
        accuracy_score,
        average_precision_score,
        f1_score,
        log_loss,
        matthews_corrcoef,
    )

    x, truth = iris_rows(split)
    predicted = probabilities(x)
    classes = predicted.argmax(axis=1)
    expected = {
        "loss": log_loss(truth, predicted),
        "accuracy": accuracy_score(truth, classes),
        "f1_macro": f1_score(truth, classes, average="macro"),
        "log_loss": log_loss(truth, predicted),
        "average_precision": average_precision_score(np.eye(3)[truth], predicted),
        "matthews_corrcoef": matthews_corrcoef(truth, classes),
    }
    result = nncli("evaluate", iris.path, "--split", split, *FIGURES).json
    assert list(result)[:5] == ["run", "split", "rows", "metrics", "baselines"]
    assert (result["run"], result["split"]) == (str(iris.path), split)
    assert result["rows"] == len(truth)
    assert result["metrics"] == pytest.approx(expected, rel=1e-12)
    assert list(result["metrics"]) == list(expected)


def test_baseline_of_classes_is_the_majority_class(nncli, iris, iris_rows):
    from sklearn.dummy import DummyClassifier
    from sklearn.metrics import accuracy_score, log_loss

    dummy = DummyClassifier(strategy="prior").fit(*iris_rows("train"))
    x, truth = iris_rows("test")
    baseline = nncli("evaluate", iris.path, *FIGURES).json["baselines"]["majority class"]
    assert baseline["accuracy"] == pytest.approx(accuracy_score(truth, dummy.predict(x)))
    assert baseline["log_loss"] == pytest.approx(log_loss(truth, dummy.predict_proba(x)))


def test_baseline_of_numbers_is_the_mean_of_the_training_targets(nncli, train, write):
    config = write(
        "line.yaml",
        "data: {dataset: {type: inline, x: [[1], [2], [3], [6]], y: [1, 2, 3, 6]}}",
        "training: {epochs: 1}",
        "evaluation: {metrics: [mae, r2]}",
    )
    run = train(config)
    # the mean is 3, its distances 2, 1, 0 and 3
    baselines = nncli("evaluate", run.path, *FIGURES).json["baselines"]
    assert baselines["mean"] == pytest.approx({"mae": 1.5, "r2": 0.0}, abs=1e-12)
    assert baselines["linear model"] == pytest.approx({"mae": 0.0, "r2": 1.0}, abs=1e-5)


def test_validation_scores_are_those_of_the_log(nncli, iris):
    scores = nncli("evaluate", iris.path, "--split", "val", *FIGURES).json["metrics"]
    logged = iris.json("metrics.json")["metrics"]["val"]
    assert {name: scores[name] for name in logged} == logged
    assert scores.keys() - logged.keys() == {"average_precision", "matthews_corrcoef"}


@pytest.mark.parametrize(
    ("split", "chosen"),
    [
        ("{type: random, train: 0.5, val: 0.25, test: 0.25}", "test"),
        ("{type: random, train: 0.5, val: 0.5}", "val"),
        ("none", "train"),
    ],
)
def test_default_split_is_the_last_that_training_did_not_see(nncli, train, gate, split, chosen):
    run = train(gate, "--set", f"data.split={split}")
    assert nncli("evaluate", run.path, *FIGURES).json["split"] == chosen


def test_scoring_training_rows_says_so(nncli, iris):
    assert "trained on" in nncli("evaluate", iris.path, "--split", "train", "--no-plots").out
    assert "trained on" not in nncli("evaluate", iris.path, "--no-plots").out


def test_table_shows_the_network_with_its_interval_beside_its_rivals(nncli, iris):
    first, scores, *_ = nncli("evaluate", iris.path, "--no-plots").out.split("\n\n")
    assert first == f"{iris.path}: 22 test rows"
    header, *rows = scores.splitlines()
    rivals = ["majority class", "linear model", "boosted trees"]
    assert header.split() == ["network", "95%", "interval", *" ".join(rivals).split()]
    measured = ["loss", "accuracy", "f1_macro", "log_loss"]
    besides = ["average_precision", "matthews_corrcoef"]
    assert [row.split()[0] for row in rows] == [*measured, *besides]
    result = nncli("evaluate", iris.path, *FIGURES).json
    low, high = result["intervals"]["log_loss"]
    assert rows[3].split()[2:5] == [f"{low:.4g}", "to", f"{high:.4g}"]


def test_classes_are_told_apart_by_name(nncli, iris):
    out = nncli("evaluate", iris.path, "--no-plots").out
    counts = nncli("evaluate", iris.path, *FIGURES).json["confusion"]["counts"]
    names = ["setosa", "versicolor", "virginica"]
    table = next(block for block in out.split("\n\n") if block.startswith("rows by true class"))
    _, header, *rows = table.splitlines()
    assert header.split() == names
    assert [row.split() for row in rows] == [
        [name, *map(str, row)] for name, row in zip(names, counts, strict=True)
    ]
    assert sum(map(sum, counts)) == 22


def test_scores_of_each_class_equal_scikit_learn_s(nncli, iris, iris_rows, probabilities):
    from sklearn.metrics import classification_report, confusion_matrix

    x, truth = iris_rows("test")
    predicted = probabilities(x).argmax(axis=1)
    result = nncli("evaluate", iris.path, *FIGURES).json
    expected = classification_report(truth, predicted, output_dict=True, zero_division=0)
    for index, scores in enumerate(result["classes"].values()):
        one = expected[str(index)]
        assert list(scores.values()) == pytest.approx(
            [one["precision"], one["recall"], one["f1-score"], one["support"]]
        )
    assert result["confusion"]["counts"] == confusion_matrix(truth, predicted).tolist()


def test_linear_model_is_scikit_learn_s_on_the_same_training_rows(nncli, iris, iris_rows):
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, log_loss
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=10, tol=1e-8, max_iter=10_000))
    model.fit(*iris_rows("train"))
    x, truth = iris_rows("test")
    linear = nncli("evaluate", iris.path, *FIGURES).json["baselines"]["linear model"]
    assert linear["accuracy"] == accuracy_score(truth, model.predict(x))
    assert linear["log_loss"] == pytest.approx(log_loss(truth, model.predict_proba(x)), rel=1e-2)


def test_network_that_is_no_better_than_a_line_is_told_so(nncli, train, write):
    x = [[number] for number in range(40)]
    config = write(
        "line.yaml",
        f"data: {{dataset: {{type: inline, x: {x}, y: {[2 * value for (value,) in x]}}}}}",
        "network: {hidden: []}",
        "training: {epochs: 2}",
        "evaluation: {metrics: [mae]}",
    )
    out = nncli("evaluate", train(config).path, "--split", "train", "--no-plots").out
    assert "Worse than the linear model in mae." in out


def test_network_that_does_what_a_line_can_not_is_not_told_off(nncli, train, write):
    config = write(
        "circles.yaml",
        "data: {dataset: circles}",
        "network: {hidden: [16]}",
        "training: {epochs: 60}",
        "optimizer: {type: adam, learning_rate: 0.02}",
    )
    out = nncli("evaluate", train(config).path, "--no-plots").out
    assert "No better" not in out
    assert "Worse" not in out


def test_figures_are_the_same_every_time(nncli, iris):
    first, second = (nncli("evaluate", iris.path, *FIGURES).json for _ in range(2))
    assert first == second
    low, high = first["intervals"]["log_loss"]
    assert low < first["metrics"]["log_loss"] < high


def test_figures_and_pictures_are_kept_in_the_run(nncli, iris_copy):
    before = iris_copy.files
    result = nncli("evaluate", iris_copy.path, "--json").json
    assert result["files"] == [
        "evaluation/test.json",
        "evaluation/test/confusion.png",
        "evaluation/test/roc.png",
        "evaluation/test/precision_recall.png",
        "evaluation/test/calibration.png",
    ]
    assert iris_copy.files - before == {*result["files"], "evaluation/manifest.json"}
    kept = iris_copy.json("evaluation/test.json")
    assert kept == {**result, "run": iris_copy.path.name}


def test_pictures_are_named_last(nncli, iris_copy):
    out = nncli("evaluate", iris_copy.path, "--split", "val").out
    assert out.splitlines()[-1] == f"plots: {iris_copy.path}/evaluation/val/"
    assert "plots:" not in nncli("evaluate", iris_copy.path, "--no-plots").out


def test_pictures_of_a_regression(nncli, train, write):
    config = write(
        "line.yaml",
        "data: {dataset: {type: linear_regression, samples: 200}}",
        "training: {epochs: 1}",
    )
    result = nncli("evaluate", train(config).path, "--json").json
    assert [file.rpartition("/")[2] for file in result["files"][1:]] == [
        "predicted_vs_true.png",
        "residuals.png",
    ]
    assert "classes" not in result


def test_run_that_can_not_be_written_is_scored_with_a_note(nncli, iris_copy):
    (iris_copy.path / "evaluation").write_bytes(b"in the way")
    done = nncli("evaluate", iris_copy.path, "--json")
    assert done.code == 0
    assert done.json["files"] == []
    assert done.json["metrics"]["accuracy"] > 0.5
    assert done.err.startswith("note: not saved: ")
    assert done.err.count("\n") == 1


def test_run_goes_on_after_it_was_evaluated(nncli, train, gate):
    run = train(gate)
    assert nncli("evaluate", run.path).code == 0
    more = ["--resume", run.path, "--set", "training.epochs=6", "--quiet"]
    assert nncli("train", *more).code == 0
    assert json.loads((run.path / "evaluation" / "train.json").read_bytes())["rows"] == 4
    assert nncli("evaluate", run.path, *FIGURES).code == 0


def test_network_whose_predictions_are_not_finite_is_scored_all_the_same(nncli, train, write):
    config = write(
        "line.yaml",
        "data: {dataset: {type: inline, x: [[1], [2], [3]], y: [1, 2, 4]}}",
        "network: {hidden: []}",
        "training: {epochs: 1}",
    )
    run = train(config)
    path = run.path / "model.safetensors"
    save_file({name: tensor * np.nan for name, tensor in run.weights.items()}, path)
    run.write_manifest()
    done = nncli("evaluate", run.path, "--json")
    assert done.code == 0
    assert done.json["metrics"]["rmse"] is None
    assert done.json["baselines"]["linear model"]["rmse"] is not None
    assert done.err == "note: no plots: the predictions are not all finite\n"


def test_split_without_rows_is_a_user_error(nncli, train, gate):
    done = nncli("evaluate", train(gate).path, "--split", "test")
    assert (done.code, done.out) == (2, "")
    assert "no test rows" in done.err


def test_moved_run_scores_the_same(nncli, iris, iris_copy):
    scores = nncli("evaluate", iris.path, *FIGURES).json
    moved = nncli("evaluate", iris_copy.path, *FIGURES).json
    assert {**moved, "run": scores["run"]} == scores


def test_evaluate_changes_no_file_of_the_run(nncli, iris_copy):
    before = {name: iris_copy.file(name) for name in iris_copy.files}
    nncli("evaluate", iris_copy.path)
    assert {name: iris_copy.file(name) for name in before} == before


READ = [
    "config.resolved.yaml",
    "split.npz",
    "preprocessing.json",
    "environment.json",
    "model.safetensors",
]


@pytest.mark.parametrize("name", READ)
def test_changed_byte_in_a_file_it_reads_is_noticed(nncli, iris_copy, name):
    content = bytearray(iris_copy.file(name))
    content[len(content) // 2] ^= 1
    (iris_copy.path / name).write_bytes(content)
    done = nncli("evaluate", iris_copy.path)
    assert (done.code, done.out) == (4, "")
    assert done.err.startswith(f"{iris_copy.path / name}: ")


@pytest.mark.parametrize("name", READ)
def test_missing_file_is_noticed(nncli, iris_copy, name):
    (iris_copy.path / name).unlink()
    done = nncli("evaluate", iris_copy.path)
    assert done.code == 4
    assert done.err.startswith(f"{iris_copy.path / name}: ")


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"files": []}', '{"files": {"split.npz": 1}}', "\udcff"]
)
def test_garbage_for_a_manifest_is_a_corrupt_run(nncli, iris_copy, content):
    (iris_copy.path / "manifest.json").write_bytes(content.encode(errors="surrogateescape"))
    done = nncli("evaluate", iris_copy.path)
    assert done.code == 4
    assert done.err.count("\n") == 1


def test_run_that_lost_its_manifest_is_a_corrupt_one(nncli, iris_copy):
    (iris_copy.path / "manifest.json").unlink()
    done = nncli("evaluate", iris_copy.path)
    assert (done.code, done.err) == (4, f"{iris_copy.path}/manifest.json: missing from the run\n")


def test_what_is_no_run_is_a_user_error(nncli, folder):
    (folder / "file").touch()
    (folder / "empty").mkdir()
    for path in ("nowhere", "file", "empty"):
        done = nncli("evaluate", path)
        assert done.code == 2
        assert done.err.startswith(f"{path}: ")
        assert done.err.count("\n") == 1


def test_run_may_be_named_from_inside(nncli, iris_copy, monkeypatch):
    monkeypatch.chdir(iris_copy.path)
    assert nncli("evaluate", ".", "--no-plots").code == 0
    assert iris_copy.json("evaluation/test.json")["run"] == iris_copy.path.name


def test_warm_started_run_needs_no_source_file(nncli, train, write, folder):
    np.savez(folder / "w.npz", **{"output/W": np.ones((2, 1))})
    start = "{type: from_file, path: w.npz}"
    config = write(
        "warm.yaml",
        "data: {dataset: and_gate}",
        f"network: {{hidden: [], output: {{kernel_initializer: {start}}}}}",
        "training: {epochs: 1}",
    )
    run = train(config)
    (folder / "w.npz").unlink()
    moved = shutil.move(run.path, folder / "moved")
    assert nncli("evaluate", moved, "--no-plots").code == 0


def test_run_that_diverged_is_scored_with_a_note(gate, nncli, folder):
    loss = ["--set", "loss=mse", "--set", "network.output.activation=identity"]
    diverging = ["--set", "optimizer={type: gd, learning_rate: 1e200}", "--quiet"]
    assert nncli("train", gate, *loss, *diverging).code == 5
    done = nncli("evaluate", next((folder / "runs").iterdir()), "--no-plots")
    assert done.err == "note: training has diverged; these are the last weights it kept\n"


def test_format_of_pictures_is_chosen(nncli, iris_copy):
    result = nncli("evaluate", iris_copy.path, "--json", "--format", "svg").json
    pictures = [iris_copy.path / name for name in result["files"] if not name.endswith(".json")]
    assert len(pictures) == 4
    for picture in pictures:
        said = result["alt"][picture.relative_to(iris_copy.path).as_posix()]
        root = ElementTree.parse(picture).getroot()
        assert picture.suffix == ".svg"
        assert (root.get("role"), root.get("aria-label")) == ("img", said)


def test_formats_that_exclude_each_other_are_refused(nncli, iris):
    done = nncli("evaluate", iris.path, "--format", "svg", "--format", "pdf")
    assert done.code == 2
    assert "--format: svg and pdf exclude each other" in done.err
    done = nncli("evaluate", iris.path, "--format", "csv")
    assert done.code == 2
    assert "--format csv is for --data -, standard input" in done.err


def test_best_of_network_line_and_trees_is_said_and_given(nncli, iris):
    best = nncli("evaluate", iris.path, "--json", "--no-plots").json["best"]
    assert set(best["values"]) == {"network", "linear model", "boosted trees"}
    assert best["words"] in nncli("evaluate", iris.path, "--no-plots").out
