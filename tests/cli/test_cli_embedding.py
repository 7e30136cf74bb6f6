"""Embeddings by every door: what each command makes of them is what training did."""

import contextlib
import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.export.numpy_script.script import numpy_script
from nncli.report.facts import LayerFacts, NetworkFacts
from nncli.report.html.network import drawing

CONFIG = """\
data:
  path: t.csv
  target: y
  preprocessing: {{categorical: {{encode: embedding, {keys}}}}}
network: {{hidden: [{{type: batch_norm}}, 6, {{type: dropout, rate: 0.2}}, 4]}}
training: {{epochs: {epochs}, engine: {engine}, batch_size: 32}}
output: {{plots: []}}
"""
MERGED = "embedding_size: 3, min_count: 4"


@pytest.fixture
def rows(write):
    """Numbers, two columns of many categories, one of few, and cells that lack one."""
    random = np.random.default_rng(3)
    cells = [
        f"{random.normal():.3f},city {random.integers(12)},{'' if i % 19 == 0 else f's/{i % 40}'},"
        f"{'abc'[i % 3]},{'pq'[i % 2]}"
        for i in range(200)
    ]
    return write("t.csv", "a,city,shop,kind,y", *cells)


@pytest.fixture
def trained(nncli, rows, write):
    def train(*arguments, keys=MERGED, epochs=4, engine="numpy", name="c.yaml"):
        config = write(name, CONFIG.format(keys=keys, epochs=epochs, engine=engine))
        done = nncli("train", config, "--json", "-q", *arguments)
        assert done.code == 0, done.err
        return Path(done.json["run"])

    return train


def test_a_run_has_a_table_a_column_and_few_categories_stay_inputs(nncli, trained):
    run = trained()
    tensors = {name: array.shape for name, array in load_file(run / "model.safetensors").items()}
    # shops: 38 or 39 of 40 have 4 training rows or are rare; city: all of them, and one for others
    assert tensors["embedding/city/W"] == (13, 3)
    assert tensors["embedding/shop/W"][1] == 3
    assert tensors["hidden_2/W"] == (1 + 3 + 3 + 3, 6)  # a, city, shop, kind=a b c
    features = {
        f["name"]: f for f in json.loads((run / "preprocessing.json").read_text())["features"]
    }
    assert features["shop"]["categories"][-1] == "(rare)"
    assert len(features["shop"]["categories"]) == tensors["embedding/shop/W"][0]
    assert "embedding" not in features["kind"]
    shown = nncli("config", run / "config.resolved.yaml").out
    assert "embedding_size: 3" in shown
    assert "one_hot_max_size: 8" in shown


def test_a_new_category_is_as_the_rare_ones_or_else_as_no_other(nncli, trained, write):
    run = trained()
    new = write("n.csv", "a,city,shop,kind", "0,city 1,s/new,a", "0,city 1,s/newer,a", "0,x,s/1,a")
    done = nncli("predict", run, new, "--probabilities")
    first, second, _ = (line.split(",")[4:] for line in done.out.splitlines()[1:])
    assert first == second
    assert "column 'shop': 2 cells hold categories that no training row had" in done.err
    tables = load_file(run / "model.safetensors")
    assert (tables["embedding/city/W"][-1] == 0).all()
    assert (tables["embedding/shop/W"][-1] != 0).all()
    refused = trained("--set", "data.preprocessing.categorical.handle_unknown=error")
    assert "unknown category 's/new'" in nncli("predict", refused, new).err


def test_stopped_runs_go_on_to_the_same_bits_and_are_verified(nncli, trained):
    whole, part = trained(epochs=6), trained(epochs=3)
    assert nncli("train", "--resume", part, "-q", "--set", "training.epochs=6").code == 0
    assert (part / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    assert nncli("verify", part).code == 0


def test_rows_on_disk_and_in_memory_end_in_the_same_bits(trained):
    runs = [trained("--set", f"data.on_disk={value}") for value in ("true", "false")]
    first, second = ((run / "model.safetensors").read_bytes() for run in runs)
    assert first == second


def test_every_weight_is_found_right_by_gradcheck(nncli, trained):
    done = nncli("gradcheck", trained(), "--all")
    assert done.code == 0
    assert "embedding/shop/dW" in done.out


def test_a_trace_shows_which_row_of_a_table_was_taken(nncli, trained):
    run = trained()
    done = nncli("trace", run, "--rows", "0,7", "--format", "json")
    tensors = {each["name"]: each for each in done.json["tensors"]}
    codes, table = tensors["input/category/city"], tensors["embedding/city/W"]
    assert (codes["symbol"], table["symbol"]) == ("c1", "E1")
    taken = tensors["embedding/city/a"]
    assert taken["formula"] == "e1 = row c1 of E1, for each row"
    assert taken["values"] == [table["values"][code] for code in codes["values"]]
    assert tensors["embedding/a"]["formula"] == "a0 = [x, e1, e2]"
    slopes = np.array(tensors["embedding/da"]["values"])[:, 4:7]  # behind a and the kinds
    expected = np.zeros((13, 3))
    np.add.at(expected, codes["values"], slopes)
    np.testing.assert_array_equal(tensors["embedding/city/dW"]["values"], expected)
    assert "embedding/city/W/after" in tensors
    for form in ("text", "markdown", "html"):
        assert nncli("trace", run, "--rows", "0,7", "--format", form).code == 0


def test_the_script_of_a_run_prints_its_losses(trained):
    run = trained()
    text = numpy_script(RunReader(RunDirectory.open(run)), "c.py")
    assert "a0 = np.concatenate([x, E1[c1], E2[c2]], axis=1)" in text
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(text, "c.py", "exec"), {"__name__": "__main__"})
    rows = csv.DictReader(io.StringIO((run / "metrics.csv").read_text()))
    recorded = [f"{row['epoch']},{row['loss']},{row['val_loss']}" for row in rows]
    assert printed.getvalue().splitlines() == ["epoch,loss,val_loss", *recorded]


def test_what_looks_at_a_run_knows_them(nncli, trained):
    run = trained(epochs=25)
    explained = nncli("explain", run).out
    assert "c2: shop: a row of E2 for each category, the last for rare ones and for those" in (
        " ".join(explained.split())
    )
    assert "a0 = [x, e1, e2]" in explained
    assert nncli("doctor", run).code in (0, 1)
    assert nncli("plot-boundary", run, "--features", "a,city").code == 0


def test_a_table_of_embedded_columns_alone_passes_every_door(nncli, trained):
    alone = ("--set", "data.features.include=[city]", "--set", "network.hidden=[4]")
    runs = [trained(*alone, "--set", f"data.on_disk={value}") for value in ("true", "false")]
    first, run = runs
    assert (first / "model.safetensors").read_bytes() == (run / "model.safetensors").read_bytes()
    assert nncli("trace", run, "--rows", "0,7").code == 0
    assert nncli("predict", run, "t.csv").code == 0
    layer = LayerFacts("embedding", "embedding", 3, 39, "", has_weights=True)
    assert "embedding 3" in drawing(NetworkFacts(0, (layer,), 39, ()))  # a report's picture


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("encode: onehot, embedding_size: 4", "embedding_size: it is for encode: embedding"),
        ("one_hot_max_size: 3", "one_hot_max_size: it is for encode: embedding"),
        ("encode: embedding, embedding_size: 0", "expected an integer >= 1, found 0"),
        ("encode: embeddings", "did you mean 'embedding'"),
    ],
)
def test_keys_that_mean_nothing_are_refused(nncli, rows, write, keys, message):
    config = write(
        "c.yaml",
        f"data: {{path: t.csv, target: y, preprocessing: {{categorical: {{{keys}}}}}}}",
    )
    done = nncli("validate", config)
    assert done.code == 2
    assert message in done.err
