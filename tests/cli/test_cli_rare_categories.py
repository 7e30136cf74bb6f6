"""A column of many texts: what init, train, predict and evaluate make of it."""

import json
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def shops(write):
    """Sales of 40 shops with names of 20 rows each, and 900 of one row."""
    names = [f"shop {i}" for i in range(40) for _ in range(20)] + [f"stall {i}" for i in range(900)]
    random = np.random.default_rng(0)
    effect = random.normal(size=40)
    sold = [effect[i // 20] if i < 800 else 0.0 for i in range(len(names))]
    order = random.permutation(len(names))
    rows = [f"{random.normal():.2f},{names[i]},{sold[i]:.3f}" for i in order]
    return write("shops.csv", "size,name,sold", *rows)


def test_init_takes_them_and_says_so_and_every_command_follows(nncli, shops, write):
    made = nncli("init", shops, "--target", "sold", "--quick")
    assert made.code == 0, made.err
    text = Path("shops.yaml").read_text()
    assert "    # name: rarer and new texts are one category\n" in text
    assert "encode: onehot, min_count: 2, handle_unknown: ignore}" in text
    quick = ("--set", "training.epochs=2", "--set", "output.plots=[]")
    done = nncli("train", "shops.yaml", "--json", *quick)
    assert done.code == 0, done.err
    assert "rare ones are one)" in done.err
    assert "usable with" not in done.err  # what the config asks for already
    run = done.json["run"]
    column = json.loads(Path(run, "preprocessing.json").read_text())["features"][1]
    assert column["categories"][-1] == "(rare)"
    assert len(column["rare"]) > 400
    new = write("new.csv", "size,name,sold", "1,stall x,0", "1,stall y,0", "1,shop 1,0")
    predicted = nncli("predict", run, new)
    first, second, third = (line.split(",")[-1] for line in predicted.out.splitlines()[1:])
    assert first == second != third
    assert "note: column 'name': 2 cells hold categories that no training row had" in predicted.err


def test_a_config_without_the_key_is_told_of_it(nncli, shops, write):
    config = write("c.yaml", "data: {path: shops.csv, target: sold}", "training: {epochs: 1}")
    done = nncli("train", config, "--set", "output.plots=[]")
    assert (
        "name (id-like: 940 different texts in 1,700 rows; usable with "
        "data.preprocessing.categorical.min_count: 2)"
    ) in " ".join(done.err.split())


def test_one_place_alone_is_no_choice(nncli, shops, write):
    keys = "preprocessing: {categorical: {max_categories: 1}}"
    config = write("c.yaml", f"data: {{path: shops.csv, target: sold, {keys}}}")
    done = nncli("validate", config)
    assert done.code == 2
    assert "max_categories: expected an integer >= 2, found 1" in done.err
