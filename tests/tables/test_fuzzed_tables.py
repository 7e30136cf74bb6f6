"""Whatever is in a table and in its data block, building raises nothing but NncliError."""

import random

import numpy as np
import pytest

from nncli.assembly.build import build
from nncli.config.load import load
from nncli.engine.trainer import train
from nncli.errors import NncliError
from nncli.starter.table_starter import table_starter

COLUMNS = [
    lambda r, n: [r.choice("01") for _ in range(n)],
    lambda r, n: [f"{r.gauss(0, 1):.3f}" for _ in range(n)],
    lambda r, n: [r.choice("abc") for _ in range(n)],
    lambda r, n: [str(i) for i in range(n)],
    lambda r, n: [r.choice(["yes", "no", ""]) for _ in range(n)],
    lambda r, n: [r.choice(["", "NA", f"{r.random():.2f}"]) for _ in range(n)],
    lambda r, n: ["" for _ in range(n)],
    lambda r, n: ["5" for _ in range(n)],
    lambda r, n: [f"2026-{r.randint(1, 12):02}-{r.randint(1, 28):02}" for _ in range(n)],
    lambda r, n: [r.choice(["train", "val", "test"]) for _ in range(n)],
    lambda r, n: [r.choice(["1e300", "-1e300", "1e308", "3"]) for _ in range(n)],
    lambda r, n: [r.choice(["", "", "", "", "", "", "", "", "", "7", "8.5"]) for _ in range(n)],
    lambda r, n: [f"{r.random():.3f}e301" for _ in range(n)],
    lambda r, n: [f"{r.random():.3f}e-200" for _ in range(n)],
    lambda r, n: [str(r.randint(1, 4)) for _ in range(n)],
    lambda r, n: [r.choice(["inf", "1", "x", '"1,5"', "", '"q""r"', "1e-320"]) for _ in range(n)],
    lambda r, n: [f"id{i}" for i in range(n)],
]
KEYS = [  # of which some are written; COL stands for any column
    ["missing_target: drop"],
    ["task: classification", "task: binary", "task: regression"],
    ["on_disk: true", "on_disk: false"],
    ["columns: {COL: numeric}", "columns: {COL: categorical}", "columns: {COL: boolean}"],
    ["features: {include: [COL]}", "features: {exclude: [COL]}"],
    ["sample_weight: COL"],
    [
        "split: none", "split: random", "split: stratified",
        "split: {type: random, train: 0.5, test: 0.5}", "split: {type: group, column: COL}",
        "split: {type: time, column: COL}", "split: {type: fixed, column: COL}",
        "split: {type: fixed, test: table.csv}",
    ],
    [
        "preprocessing: none", "preprocessing: {numeric: {scale: minmax, impute: mean}}",
        "preprocessing: {numeric: {scale: robust, impute: most_frequent}}",
        "preprocessing: {categorical: {impute: category, handle_unknown: error}}",
        "preprocessing: {numeric: {impute: none}}",
        "preprocessing: {numeric: {scale: none}, categorical: {impute: none}}",
    ],
]  # fmt: skip


def write_table(folder, r, rows):
    """Writes a table of random columns, and gives their names."""
    names = [f"c{i}" for i in range(r.randint(2, 6))]
    table = [names, *zip(*(r.choice(COLUMNS)(r, rows) for _ in names), strict=True)]
    (folder / "table.csv").write_text("".join(",".join(row) + "\n" for row in table))
    return names


def write_experiment(folder, r):
    """A table of random columns and a config with random keys."""
    names = write_table(folder, r, r.choice([1, 2, 5, 9, 20, 40]))
    keys = [r.choice(ways) for ways in KEYS if r.random() < 0.25]
    lines = ["path: table.csv", f"target: {r.choice(names)}", *keys]
    data = "".join(f"  {line.replace('COL', r.choice(names))}\n" for line in lines)
    (folder / "c.yaml").write_text(f"data:\n{data}training: {{epochs: 1}}\n")


@pytest.mark.parametrize("seed", range(4))
def test_no_table_leads_to_an_internal_error(tmp_path, seed):
    r, trained = random.Random(seed), 0
    for _ in range(60):
        write_experiment(tmp_path, r)
        try:
            built = build(*load(tmp_path / "c.yaml"))
            inputs = built.job.train.x[0 : len(built.rows.train)]
            assert np.isfinite(inputs).all()
            trained += len(list(train(built.job))) > 1
        except NncliError as error:
            lines = error.lines()
            assert lines
            assert all(line.isprintable() for line in lines), lines
    assert trained


@pytest.mark.parametrize("seed", range(3))
def test_what_init_writes_is_valid(tmp_path, seed):
    r, valid = random.Random(seed), 0
    config = tmp_path / "c.yaml"
    for _ in range(40):
        names = write_table(tmp_path, r, 40)
        try:
            config.write_text(table_starter(tmp_path / "table.csv", [r.choice(names)], config))
        except NncliError:
            continue
        valid += bool(build(*load(config)))
    assert valid > 5
