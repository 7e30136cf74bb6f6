"""`predict --interval`: a share of targets lies between two numbers that mean what they say."""

import csv
import json

import numpy as np
import pytest

import nncli as package
from nncli.errors import UserError

CONFIG = """\
data:
  path: t.csv
  target: [y, z]
  features: {include: [x]}
  split: {type: random, train: 0.4, val: 0.3, test: 0.3}
  preprocessing: {target: {transform: TRANSFORM}}
network: {hidden: [6]}
optimizer: {type: adam, learning_rate: 0.02}
training: {epochs: 15}
output: {plots: []}
"""


def write_table(path, targets):
    """Targets around a line in x, with noise that no network can learn."""
    random = np.random.default_rng(3)
    x = random.uniform(0, 2, 600)
    y, z = 20 + 3 * x + random.normal(0, 1, 600), 50 - x + random.normal(0, 4, 600)
    rows = (f"{a:.4f},{b:.4f},{c:.4f}" for a, b, c in zip(x, y, z, strict=True))
    path.write_text("\n".join([",".join(["x", *targets]), *rows]) + "\n")


@pytest.fixture
def run_of(nncli, folder):
    def train(transform="none", *arguments, targets=("y", "z")):
        write_table(folder / "t.csv", targets)
        config = folder / "t.yaml"
        text = CONFIG.replace("TRANSFORM", transform)
        config.write_text(text.replace("[y, z]", f"[{', '.join(targets)}]"))
        done = nncli("train", config, "--json", "-q", *arguments)
        assert done.code == 0, done.err
        return folder / done.json["run"]

    return train


def predicted(nncli, run, level):
    done = nncli("predict", run, run.parents[1] / "t.csv", "--interval", level)
    assert done.code == 0, done.err
    rows = [*csv.DictReader(done.out.splitlines())]
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


@pytest.mark.parametrize("transform", ["none", "log"])
@pytest.mark.parametrize("how", [(), ("--set", "ensemble={members: 3}")])
def test_intervals_cover_the_share_of_new_rows_that_was_asked_for(nncli, run_of, transform, how):
    run = run_of(transform, *how)
    split = dict(np.load((run if not how else run / "member-1") / "split.npz"))
    for level in (0.5, 0.9):
        found = predicted(nncli, run, level)
        for name in ("y", "z"):
            own = found[name][split["test"]]
            low, high = (
                found[f"prediction_{name}_{end}"][split["test"]] for end in ("low", "high")
            )
            assert np.mean((low <= own) & (own <= high)) == pytest.approx(level, abs=0.07)


def test_widths_are_the_errors_of_the_validation_rows(nncli, run_of):
    """Of 180 errors the 163rd smallest, 163 = ceil(181 * 0.9)."""
    run = run_of()
    found, val = predicted(nncli, run, 0.9), np.load(run / "split.npz")["val"]
    errors = np.sort(np.abs(found["y"] - found["prediction_y"])[val])
    width = found["prediction_y_high"] - found["prediction_y"]
    assert len(errors) == 180
    assert width == pytest.approx(errors[162], rel=1e-6)


def test_intervals_of_a_logarithm_are_factors(nncli, run_of):
    found = predicted(nncli, run_of("log"), 0.9)
    factor = found["prediction_z_high"] / found["prediction_z"]
    assert factor == pytest.approx(factor[0])
    assert found["prediction_z"] / found["prediction_z_low"] == pytest.approx(factor)


def test_target_called_like_an_interval_s_end_has_its_own_column(nncli, run_of):
    run = run_of(targets=("y", "y_low"))
    found = predicted(nncli, run, 0.5)
    assert [*found][3:] == [
        *("prediction_y", "prediction_y_low", "prediction_y_high"),
        *("prediction_y_low_2", "prediction_y_low_low", "prediction_y_low_high"),
    ]
    for name, low in (("y", "y_low"), ("y_low_2", "y_low_low")):
        assert (found[f"prediction_{low}"] < found[f"prediction_{name}"]).all()


def test_evaluate_says_how_many_rows_lie_in_theirs(nncli, run_of):
    run = run_of()
    said = nncli("evaluate", run, "--no-plots").out
    found = json.loads((run / "evaluation" / "test.json").read_text())["prediction_intervals"]
    assert [each["target"] for each in found] == ["y", "z"]
    assert f"90% prediction intervals: y ± {found[0]['half_width']:.4g} in the median" in said
    test = np.load(run / "split.npz")["test"]
    columns = predicted(nncli, run, 0.9)
    low, high = columns["prediction_y_low"][test], columns["prediction_y_high"][test]
    share = np.mean((low <= columns["y"][test]) & (columns["y"][test] <= high))
    assert found[0]["share"] == pytest.approx(share)


def test_rows_that_made_the_intervals_aren_t_asked_how_many_lie_in_them(nncli, run_of):
    done = nncli("evaluate", run_of(), "--split", "val", "--json", "--no-plots")
    assert "prediction_intervals" not in done.json


def test_a_run_in_python_gives_the_same_intervals(nncli, run_of):
    run = run_of()
    found = predicted(nncli, run, 0.8)
    low, high = package.Run(run).predict_interval({"x": found["x"]}, 0.8)
    assert low[:, 1] == pytest.approx(found["prediction_z_low"])
    assert high[:, 0] == pytest.approx(found["prediction_y_high"])


def test_too_few_validation_rows_are_an_error_that_says_how_many_it_takes(nncli, run_of):
    run = run_of()
    done = nncli("predict", run, run.parents[1] / "t.csv", "--interval", "0.999")
    assert done.code == 2
    assert "180 validation rows are too few for intervals of 0.999: it takes 999" in done.err
    with pytest.raises(UserError, match=r"of 0\.9999: it takes 9999"):  # as 0.9999 * 10,000 = 9,999
        package.Run(run).predict_interval({"x": [1]}, 0.9999)


@pytest.mark.parametrize("level", [0, 1, -0.5, 1.5, float("nan")])
def test_level_that_is_no_share_is_refused(run_of, level):
    with pytest.raises(UserError, match="level: expected a number > 0 and < 1"):
        package.Run(run_of()).predict_interval({"x": [1]}, level)


def test_classes_and_runs_without_validation_rows_have_no_intervals(nncli, write, run_of):
    iris = write("i.yaml", "data: {dataset: iris}", "training: {epochs: 1}", "output: {plots: []}")
    run = nncli("train", iris, "--json", "-q").json["run"]
    done = nncli("predict", run, write("n.csv", "a"), "--interval", "0.9")
    assert (done.code, "intervals are for numbers" in done.err) == (2, True)
    without = run_of("none", "--set", "data.split=none")
    done = nncli("predict", without, without.parents[1] / "t.csv", "--interval", "0.9")
    assert (done.code, "this run has no validation rows" in done.err) == (2, True)
