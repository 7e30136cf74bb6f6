"""A config of a table that names no network trains what `nncli init --quick` writes."""

from dataclasses import replace
from pathlib import Path

import pytest

from nncli.assembly.build import build
from nncli.cli.main import run
from nncli.config.dump import plain
from nncli.config.experiment import NetworkKeys
from nncli.config.load import load, load_text
from nncli.engine.training_settings import TrainingKeys
from nncli.parts.optimizers import Adam

SPLIT = "split: {type: random, train: 0.7, val: 0.15, test: 0.15}"


def write_table(folder: Path, rows: int) -> Path:
    """Numbers, one of them missing, and texts."""
    cells = (
        f"{i % 97},{'' if i == 5 else i * i % 31},{'abc'[i % 3]},{(3 * i + i * i) % 89}"
        for i in range(rows)
    )
    path = folder / "t.csv"
    path.write_text("\n".join(["x,z,kind,y", *cells]), encoding="utf-8")
    return path


def read(text: str, *assignments: str):
    return load_text(text, Path("c.yaml"), assignments)[0]


def test_it_is_what_init_writes_for_one_network(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path, 1500)
    assert run(["init", "t.csv", "--target", "y", "--quick", "-o", "init.yaml"]) == 0, capsys
    Path("bare.yaml").write_text(
        f"seed: 42\ndata: {{path: t.csv, target: y, task: regression, {SPLIT}}}"
    )
    given, source = load(Path("bare.yaml"))
    bare = build(given, source).experiment
    written = build(*load(Path("init.yaml"), ["data.task=regression"])).experiment
    same = replace(bare, name=written.name)
    assert plain(same, str) == plain(written, str)


@pytest.mark.parametrize(
    "more",
    [
        "network: {}",
        "optimizer: adam",
        "data: {split: none}",
    ],
)
def test_who_names_a_network_or_an_optimizer_or_holds_no_rows_back_chooses(more):
    text = f"data: {{path: t.csv, target: y}}\n{more}"
    if more.startswith("data"):
        text = "data: {path: t.csv, target: y, split: none}"
    found = read(text)
    assert (found.network, found.optimizer) == (NetworkKeys(), Adam())
    assert found.training == TrainingKeys()


def test_built_in_data_keep_their_defaults():
    found = read("data: {dataset: iris}")
    assert (found.network, found.training) == (NetworkKeys(), TrainingKeys())


def test_keys_that_are_given_stay_and_the_others_are_filled_in():
    text = "data: {path: t.csv, target: y, preprocessing: {numeric: {scale: minmax}}}\n"
    found = read(text + "training: {epochs: 7, dtype: float64}")
    numeric, training = found.data.preprocessing.numeric, found.training
    assert (numeric.scale, numeric.encode) == ("minmax", "none")
    assert found.data.preprocessing.categorical.impute == "category"
    assert (training.epochs, training.dtype, training.batch_size) == (7, "float64", 128)
    assert read("data: {path: t.csv, target: y, preprocessing: none}").data.preprocessing == "none"


def test_set_changes_what_is_filled_in_and_takes_another_optimizer_at_its_word():
    text = "data: {path: t.csv, target: y}"
    found = read(text, "network.hidden.1=8", "optimizer.learning_rate=0.1")
    assert len(found.network.hidden) == 5
    assert found.network.hidden[1] == 8
    assert (found.optimizer.learning_rate, found.training.batch_size) == (0.1, 128)
    found = read(text, "optimizer=lbfgs")
    assert (found.network, found.training) == (NetworkKeys(), TrainingKeys())
