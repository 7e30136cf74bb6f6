"""In healthy runs no problem is found, whatever they are made of."""

from pathlib import Path

import pytest
from doctor_runs import DIABETES, IRIS, MOONS, XOR, check, examined, layers

from nncli.cli.main import run as nncli
from nncli.doctor.diagnose import diagnose

CONFIGS = Path(__file__).parents[2] / "configs"
HEALTHY = {
    "defaults": (MOONS, ["training.epochs=100"]),
    "xor": (XOR, []),
    "tanh": (MOONS, [layers(2, units=16, activation="tanh")]),
    "regression": (DIABETES, []),
    "linear model": (DIABETES, ["network.hidden=[]"]),
    "huber": (DIABETES, ["loss=huber"]),
    "float32": (IRIS, ["training.dtype=float32"]),
    "lbfgs": (IRIS, ["optimizer=lbfgs", "training.epochs=20"]),
    "dropout": (IRIS, ["network.hidden=[32, {type: dropout, rate: 0.3}, 16]"]),
    "batch_norm on unscaled inputs": (
        IRIS,
        ["data.preprocessing=none", "network.hidden=[batch_norm, 16]"],
    ),
    "relu after batch_norm": (
        IRIS,
        [
            "network.hidden=[{type: dense, units: 16, activation: identity}, batch_norm, "
            "{type: activation, function: relu}]"
        ],
    ),
    "frozen first layer": (IRIS, ["network.hidden=[{type: dense, units: 32, trainable: false}]"]),
    "one rate for each epoch": (IRIS, ["schedule=cosine"]),
    "a single row": (
        "data: {dataset: {type: inline, x: [[1, 2]], y: [3]}}\nevaluation: {metrics: [mae]}\n",
        ["training.epochs=1"],
    ),
    "a target that never varies": (
        "data: {dataset: {type: inline, x: [[1], [2], [3]], y: [3, 3, 3]}}\n",
        ["training.epochs=1"],
    ),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_run_gets_a_clean_bill(tmp_path, name):
    config, assignments = HEALTHY[name]
    report = examined(tmp_path, config, *assignments)
    assert report.is_healthy, report.findings


@pytest.mark.parametrize(
    "name", ["and_gate", "iris", "linear_regression", "penguins", "toy_classification"]
)
def test_the_examples_get_a_clean_bill(tmp_path, name):
    options = ["-q", "--runs-dir", str(tmp_path / "runs"), "--set", "output.plots=[]"]
    assert nncli(["train", str(CONFIGS / f"{name}.yaml"), *options]) == 0
    report = diagnose(next((tmp_path / "runs").iterdir()))
    assert report.is_healthy, report.findings


def test_what_lbfgs_has_no_steps_for_is_skipped_and_said(tmp_path):
    report = examined(tmp_path, IRIS, "optimizer=lbfgs", "training.epochs=5")
    assert check(report, "steps").result == "skipped: lbfgs makes no steps along the gradient"
    assert all(layer.update_to_weight is None for layer in report.layers)
    assert all(layer.gradient_norm is not None for layer in report.layers)


def test_features_that_tell_nothing_are_reported_as_such(tmp_path):
    rows = [[(7 * i) % 11, (5 * i) % 13] for i in range(60)]
    labels = [(i * i // 7 + i // 3) % 2 for i in range(60)]
    config = f"data: {{dataset: {{type: inline, x: {rows}, y: {labels}}}, task: binary, split: "
    config += "random, preprocessing: {numeric: {scale: standard}}}\n"
    report = examined(tmp_path, config, "network.hidden=[]", "training.epochs=60")
    names = {finding.check for finding in report.findings}
    assert names <= {"guessing", "overfitting"}
