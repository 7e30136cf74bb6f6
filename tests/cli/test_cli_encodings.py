"""Encodings by every door: what each command makes of them is what training did."""

import contextlib
import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.export.numpy_script.script import numpy_script

CONFIG = """\
data:
  path: t.csv
  target: y
  preprocessing: {{numeric: {{{numeric}}}}}
network: {{hidden: [8]}}
training: {{epochs: {epochs}, engine: numpy}}
output: {{plots: []}}
"""
NUMERIC = [
    "encode: piecewise_linear",
    "encode: piecewise_linear, bins: 3, with_value: true, missing_indicator: true",
    "scale: quantile",
    "scale: robust_clip, missing_indicator: true",
]


@pytest.fixture
def rows(write):
    """Numbers with gaps, tails and few values, yes and no, categories and dates."""
    random = np.random.default_rng(3)
    cells = [
        f"{'' if i % 17 == 0 else f'{random.normal():.3f}'},{random.lognormal(0, 5):.4g},{i % 3},"
        f"{'yes' if random.random() < 0.5 else 'no'},{'abc'[i % 3]},2024-0{1 + i % 9}-11,"
        f"{'pq'[i % 2]}"
        for i in range(160)
    ]
    return write("t.csv", "a,tail,few,flag,city,day,y", *cells)


@pytest.fixture(params=NUMERIC)
def numeric(request):
    return request.param


@pytest.fixture
def trained(nncli, rows, write, numeric):
    def train(*arguments, epochs=8, name="c.yaml"):
        config = write(name, CONFIG.format(numeric=numeric, epochs=epochs))
        done = nncli("train", config, "--json", "-q", *arguments)
        assert done.code == 0, done.err
        return Path(done.json["run"])

    return train


def test_rows_read_again_are_scored_as_they_were(nncli, trained, rows):
    run = trained()
    lines = Path(rows).read_text().splitlines()
    test = np.load(run / "split.npz")["test"].tolist()
    Path("new.csv").write_text("\n".join([lines[0], *(lines[1 + row] for row in test)]) + "\n")
    own = nncli("evaluate", run, "--json", "--no-plots").json
    again = nncli("evaluate", run, "--data", "new.csv", "--json", "--no-plots").json
    assert again["metrics"] == own["metrics"]
    told = list(csv.DictReader(io.StringIO(nncli("predict", run, "new.csv").out)))
    right = np.mean([row["prediction"] == row["y"] for row in told])
    assert right == pytest.approx(own["metrics"]["accuracy"])


def test_cells_that_no_training_row_had_are_predicted(nncli, trained, write):
    run = trained()
    write("new.csv", "a,tail,few,flag,city,day", "1e300,-1e300,7,yes,z,2031-01-01", ",,,,,")
    done = nncli("predict", run, "new.csv", "--probabilities")
    assert done.code == 0, done.err
    assert "nan" not in done.out.lower()


def test_it_verifies_is_resumed_and_says_what_it_does(nncli, trained):
    run, short = trained(), trained(epochs=4, name="short.yaml")
    assert "bit-identical" in nncli("verify", run).out
    longer = nncli("train", "--resume", short, "-q", "--set", "training.epochs=8")
    assert longer.code == 0, longer.err
    for name in ("model.safetensors", "preprocessing.json"):
        assert (short / name).read_bytes() == (run / name).read_bytes()
    for command in ("explain", "doctor", "trace", "plot-boundary", "gradcheck"):
        done = nncli(command, run)
        assert done.code in (0, 1), (command, done.err)


def test_its_script_prints_the_losses_of_the_run(trained):
    run = trained()
    page = numpy_script(RunReader(RunDirectory.open(run)), "script.py")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(page, "script.py", "exec"), {"__name__": "__main__"})
    logged = [line.split(",")[:3] for line in (run / "metrics.csv").read_text().splitlines()]
    assert out.getvalue().split() == [",".join(row) for row in logged]


def test_config_shows_it(nncli, trained, numeric):
    run = trained()
    shown = nncli("config", "c.yaml").out
    for key in numeric.split(", "):
        assert f"      {key}\n" in shown
    recorded = json.loads((run / "preprocessing.json").read_text())
    assert recorded["fitted_rows"] == len(np.load(run / "split.npz")["train"])


@pytest.mark.parametrize("key", ["bins: 3", "with_value: true"])
def test_bins_without_an_encoding_are_refused(nncli, rows, write, key):
    config = write("c.yaml", CONFIG.format(numeric=key, epochs=1))
    done = nncli("config", config)
    assert done.code == 2
    assert "c.yaml:4:" in done.err
    assert (
        f"{key.split(':')[0]}: it is for encode: piecewise_linear, and encode is none" in done.err
    )
