"""A transformed target: whatever a user sees is in the target's own units."""

import csv
import io
import json
import runpy
from pathlib import Path

import numpy as np
import pytest

TRANSFORMS = ("log", "log1p", "sqrt")
CONFIG = """\
data:
  path: t.csv
  target: price
  preprocessing: {{target: {{transform: {transform}, scale: {scale}}}}}
network: {{hidden: [8]}}
optimizer: {{type: adam, learning_rate: 0.02}}
training: {{epochs: 60}}
evaluation: {{metrics: [mae, rmse, r2, median_absolute_error]}}
output: {{plots: []}}
"""


@pytest.fixture
def prices(write):
    random = np.random.default_rng(5)
    x = random.uniform(0, 3, (150, 2))
    price = np.exp(2 * x[:, 0] - x[:, 1] + 0.1 * random.normal(size=150))
    rows = [f"{a:.4f},{b:.4f},{y:.4f}" for (a, b), y in zip(x, price, strict=True)]
    return write("t.csv", "a,b,price", *rows)


@pytest.fixture
def run_of(nncli, prices, write):
    def train(transform, scale="auto", *arguments):
        config = write("c.yaml", CONFIG.format(transform=transform, scale=scale))
        done = nncli("train", config, "--json", "-q", *arguments)
        assert done.code == 0, done.err
        return Path(done.json["run"])

    return train


def predicted(nncli, run, path):
    rows = list(csv.DictReader(io.StringIO(nncli("predict", run, path).out)))
    return np.array([[float(row["price"]), float(row["prediction"])] for row in rows]).T


@pytest.mark.parametrize("scale", ["standard", "none"])
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_metrics_are_those_worked_out_by_hand_from_what_is_predicted(
    nncli, prices, run_of, transform, scale
):
    run = run_of(transform, scale)
    truth, guess = predicted(nncli, run, prices)
    scores = nncli("evaluate", run, "--data", prices, "--json", "--no-plots").json
    error = guess - truth
    by_hand = {
        "mae": np.abs(error).mean(),
        "rmse": np.sqrt((error**2).mean()),
        "r2": 1 - (error**2).sum() / ((truth - truth.mean()) ** 2).sum(),
        "median_absolute_error": np.median(np.abs(error)),
    }
    found = {name: scores["metrics"][name] for name in by_hand}
    assert found == pytest.approx(by_hand)
    assert found["r2"] > 0.8
    test = np.load(run / "split.npz")["test"]
    last = nncli("evaluate", run, "--json", "--no-plots").json
    assert last["metrics"]["mae"] == pytest.approx(np.abs(error)[test].mean())
    train = np.load(run / "split.npz")["train"]
    mean = np.abs(truth[test] - truth[train].mean()).mean()
    assert last["baselines"]["mean"]["mae"] == pytest.approx(mean)


def test_the_network_learns_the_transformed_target_standardized(nncli, run_of, prices):
    run = run_of("log")
    fitted = json.loads((run / "preprocessing.json").read_text())["target"]
    learnt = np.log(predicted(nncli, run, prices)[0][np.load(run / "split.npz")["train"]])
    assert fitted["transform"] == "log"
    assert [fitted["shift"][0], fitted["scale"][0]] == pytest.approx([learnt.mean(), learnt.std()])
    assert "transform: log" in (run / "config.resolved.yaml").read_text()


def test_a_run_without_a_transform_records_none(run_of):
    assert (
        "transform" not in json.loads((run_of("none") / "preprocessing.json").read_text())["target"]
    )


@pytest.mark.parametrize("command", ["train", "validate", "trace", "explain"])
def test_a_target_that_has_no_logarithm_is_placed_with_a_fix(nncli, run_of, prices, command):
    run_of("log1p")
    lines = prices.read_text().splitlines()
    lines[7] = "1,1,0"
    prices.write_text("\n".join(lines) + "\n")
    done = nncli(command, "c.yaml", *["--set", "data.preprocessing.target.transform=log"])
    assert (done.code, done.err) == (
        2,
        "t.csv:8: column 'price': log is for targets of more than 0, found 0 "
        "(data.preprocessing.target.transform: log1p takes all of them)\n",
    )


def test_evaluate_places_a_target_of_another_table_that_has_no_logarithm(nncli, run_of, write):
    run = run_of("log")
    new = write("new.csv", "a,b,price", "1,1,3", "1,1,-2")
    done = nncli("evaluate", run, "--data", new)
    assert done.code == 2
    assert done.err.startswith(f"{new}:3: column 'price': log is for targets of more than 0")
    assert nncli("predict", run, new).code == 0


def test_classes_have_no_logarithm(nncli, prices, write):
    write("t.csv", "a,b,price", *[f"{i},{i % 5},{'ab'[i % 2]}" for i in range(40)])
    done = nncli("train", write("c.yaml", CONFIG.format(transform="log", scale="auto")))
    assert done.code == 2
    assert done.err.endswith(
        "target.transform: log is for numbers, and this task is binary: use none\n"
    )


def test_a_loss_that_needs_counts_takes_no_transform(nncli, run_of):
    run_of("log")
    done = nncli("train", "c.yaml", "--set", "loss=poisson", "--set", "evaluation.metrics=[mae]")
    assert done.code == 2
    assert (
        "data.preprocessing.target.transform: poisson needs the targets as they are: use none"
        in done.err
    )


def test_summary_explain_and_init_say_it(nncli, run_of, prices):
    run = run_of("log")
    assert (
        "of ln(price), scaled; metrics are in the target's own units"
        in nncli("train", "c.yaml").err
    )
    explained = nncli("explain", run).out
    assert (
        "numbers (u - mean) / standard deviation, of the training rows; u = ln(value)" in explained
    )
    assert "of the transformed target; the metrics are in the target's own units" in explained
    assert nncli("config", "c.yaml").out.count("transform: log") == 1
    assert nncli("init", prices, "--target", "price", "-o", "i.yaml").code == 0
    hints = [line for line in Path("i.yaml").read_text().splitlines() if "skewness" in line]
    assert len(hints) == 1
    assert hints[0].endswith("if relative errors matter, target: {transform: log}")
    assert nncli("train", "i.yaml", "-q").code == 0


@pytest.mark.parametrize("scale", ["standard", "none"])
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_an_exported_script_repeats_the_run_and_undoes_the_transform(
    nncli, run_of, prices, transform, scale, capsys
):
    run = run_of(transform, scale)
    assert nncli("export", run, "--to", "numpy", "-o", "script.py").code == 0
    script = runpy.run_path("script.py", run_name="script")
    assert f"np.{transform}(" in Path("script.py").read_text()
    values = np.array([[-0.5], [0.25]])
    fitted = json.loads((run / "preprocessing.json").read_text())["target"]
    learnt = values * fitted["scale"][0] + fitted["shift"][0]
    expected = {"log": np.exp, "log1p": np.expm1, "sqrt": lambda z: np.maximum(z, 0) ** 2}
    assert script["in_target_units"](values) == pytest.approx(expected[transform](learnt))
    script["train"]()
    losses = [line.split(",")[1] for line in capsys.readouterr().out.split()[1:]]
    logged = list(csv.DictReader(io.StringIO((run / "metrics.csv").read_text())))
    assert losses == [row["loss"] for row in logged]


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_scikit_learns_regressor_undoes_it_too(transform):
    from nncli.sklearn import NNRegressor

    x = np.linspace(0, 2, 80)[:, None]
    y = np.exp(3 * x[:, 0])
    network = NNRegressor(
        network={"hidden": [16]},
        optimizer={"type": "adam", "learning_rate": 0.02},
        training={"epochs": 200},
        preprocessing={"target": {"transform": transform}},
        random_state=0,
    ).fit(x, y)
    assert network.score(x, y) > 0.95
    with pytest.raises(ValueError, match=r"row 1.*log is for targets of more than 0"):
        NNRegressor(preprocessing={"target": {"transform": "log"}}).fit(x, y - y[0])


def test_permutation_and_pictures_are_drawn_in_the_targets_units(nncli, run_of):
    run = run_of("log")
    assert nncli("evaluate", run, "--json").code == 0
    assert nncli("doctor", run).code in (0, 1)
    assert nncli("plot-boundary", run, "-o", "b.png").code == 0


def test_trace_names_what_its_targets_are(nncli, run_of):
    assert " ln(price)\n" in nncli("trace", run_of("log")).out
    assert " price\n" in nncli("trace", run_of("none")).out


def test_a_target_written_as_a_block_is_led_to_its_keys(nncli, prices, write):
    block = "{column: price, transform: log}"
    config = write("c.yaml", f"data: {{path: t.csv, target: {block}}}", "network: {hidden: [4]}")
    assert nncli("train", config).err.endswith(
        "found a block of keys (its transform and scale are keys of data.preprocessing.target)\n"
    )
