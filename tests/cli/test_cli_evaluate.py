"""`nncli evaluate`: scores of a finished run."""

import shutil

import numpy as np
import pytest


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

    def of(x):
        scaled = (x - fitted["shift"]) / fitted["scale"]
        hidden = 1 / (1 + np.exp(-(scaled @ weights["hidden_1/W"] + weights["hidden_1/b"])))
        powers = np.exp(hidden @ weights["output/W"] + weights["output/b"])
        return powers / powers.sum(axis=1, keepdims=True)

    return of


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_scores_equal_scikit_learn_s_on_the_weights_in_the_run(
    nncli, iris, iris_rows, probabilities, split
):
    from sklearn.metrics import accuracy_score, f1_score, log_loss

    x, truth = iris_rows(split)
    predicted = probabilities(x)
    classes = predicted.argmax(axis=1)
    expected = {
        "loss": log_loss(truth, predicted),
        "accuracy": accuracy_score(truth, classes),
        "f1_macro": f1_score(truth, classes, average="macro"),
        "log_loss": log_loss(truth, predicted),
    }
    result = nncli("evaluate", iris.path, "--split", split, "--json").json
    assert list(result) == ["run", "split", "rows", "metrics", "baselines"]
    assert (result["run"], result["split"]) == (str(iris.path), split)
    assert result["rows"] == len(truth)
    assert result["metrics"] == pytest.approx(expected, rel=1e-12)
    assert list(result["metrics"]) == list(expected)


def test_baseline_of_classes_is_the_majority_class(nncli, iris, iris_rows):
    from sklearn.dummy import DummyClassifier
    from sklearn.metrics import accuracy_score, log_loss

    dummy = DummyClassifier(strategy="prior").fit(*iris_rows("train"))
    x, truth = iris_rows("test")
    (baseline,) = nncli("evaluate", iris.path, "--json").json["baselines"].values()
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
    baselines = nncli("evaluate", run.path, "--json").json["baselines"]
    assert baselines == {"mean": pytest.approx({"mae": 1.5, "r2": 0.0}, abs=1e-12)}


def test_validation_scores_are_those_of_the_log(nncli, iris):
    scores = nncli("evaluate", iris.path, "--split", "val", "--json").json["metrics"]
    assert scores == iris.json("metrics.json")["metrics"]["val"]


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
    assert nncli("evaluate", run.path, "--json").json["split"] == chosen


def test_scoring_training_rows_says_so(nncli, iris):
    assert "trained on" in nncli("evaluate", iris.path, "--split", "train").out
    assert "trained on" not in nncli("evaluate", iris.path).out


def test_table_shows_the_network_beside_its_baseline(nncli, iris):
    first, _, header, *rows = nncli("evaluate", iris.path).out.splitlines()
    assert first == f"{iris.path}: 22 test rows"
    assert header.split() == ["network", "majority", "class"]
    assert [row.split()[0] for row in rows] == ["loss", "accuracy", "f1_macro", "log_loss"]


def test_split_without_rows_is_a_user_error(nncli, train, gate):
    done = nncli("evaluate", train(gate).path, "--split", "test")
    assert (done.code, done.out) == (2, "")
    assert "no test rows" in done.err


def test_moved_run_scores_the_same(nncli, iris, iris_copy):
    scores = nncli("evaluate", iris.path, "--json").json["metrics"]
    assert nncli("evaluate", iris_copy.path, "--json").json["metrics"] == scores


def test_evaluate_changes_nothing(nncli, iris_copy):
    before = {name: iris_copy.file(name) for name in iris_copy.files}
    nncli("evaluate", iris_copy.path)
    assert {name: iris_copy.file(name) for name in iris_copy.files} == before


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


def test_what_is_no_run_is_a_user_error(nncli, folder, iris_copy):
    (folder / "file").touch()
    (folder / "empty").mkdir()
    (iris_copy.path / "manifest.json").unlink()
    for path in ("nowhere", "file", "empty", iris_copy.path):
        done = nncli("evaluate", path)
        assert done.code == 2
        assert done.err.startswith(f"{path}: ")
        assert done.err.count("\n") == 1


def test_run_may_be_named_from_inside(nncli, iris_copy, monkeypatch):
    monkeypatch.chdir(iris_copy.path)
    assert nncli("evaluate", ".").code == 0


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
    assert nncli("evaluate", moved).code == 0


def test_run_that_diverged_is_scored_with_a_note(gate, nncli, folder):
    loss = ["--set", "loss=mse", "--set", "network.output.activation=identity"]
    diverging = ["--set", "optimizer={type: gd, learning_rate: 1e200}", "--quiet"]
    assert nncli("train", gate, *loss, *diverging).code == 5
    done = nncli("evaluate", next((folder / "runs").iterdir()))
    assert done.err == "note: training has diverged; these are the last weights it kept\n"
