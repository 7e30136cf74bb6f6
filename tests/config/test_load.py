"""Loading a file: its name, and where problems stand that are found after reading."""

import pytest

from nncli.assembly import memory_check
from nncli.assembly.build import build
from nncli.config.load import load
from nncli.errors import ConfigError


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "12:30.yaml"  # colons also stand before line and column
    path.write_text("data: {dataset: iris}\ntraining:\n  early_stopping: {patience: 3}\n")
    return load(path)[1]


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("training.early_stopping.patience", "3:30"),
        ("training.early_stopping.monitor", "3:19"),
        ("training.batch_size", "3:3"),
        ("network.output.units", "1:1"),  # nothing of it is written: the whole config
    ],
)
def test_a_problem_stands_at_its_key_or_what_is_written_around_it(source, key, place):
    (line,) = source.error([(key, "no good")]).lines()
    assert line == f"{source.path}:{place}: {key}: no good"


def test_problems_are_sorted_as_they_are_read(source):
    keys = ["training.early_stopping.patience", "data.dataset", "network", "training.epochs"]
    lines = source.error([(key, "no good") for key in keys]).lines()
    assert [line.split(": ")[1] for line in lines] == [
        "network",
        "data.dataset",
        "training.epochs",
        "training.early_stopping.patience",
    ]


def test_a_problem_with_the_default_optimizer_stands_where_the_config_begins(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("data: {dataset: iris}\n")
    _, source = load(path, ["optimizer.learning_rate=0.5"])
    (line,) = source.error([("optimizer.epsilon", "no good")]).lines()
    assert line == f"{path}:1:1: optimizer.epsilon: no good"


@pytest.mark.parametrize(("line", "name"), [("", "wide"), ("name: deep\n", "deep")])
def test_an_experiment_without_a_name_has_that_of_its_file(tmp_path, line, name):
    path = tmp_path / "wide.yaml"
    path.write_text(f"{line}data: {{dataset: iris}}\n")
    assert load(path)[0].name == name


@pytest.mark.parametrize(
    ("dataset", "needed", "message"),
    [
        # x and y of 100 rows, five times over
        (
            "{type: moons, samples: 100}",
            12_000,
            "data.dataset: its rows would take about 11.72 KiB",
        ),
        # 7 copies of 3 parameters (two are Adam's), and 32 numbers for the 4 rows
        (
            "and_gate",
            424,
            "network: training 3 parameters, 4 rows a step, would take about 424 bytes",
        ),
    ],
)
def test_what_the_memory_has_no_room_for_is_refused_before_it_is_taken(
    tmp_path, monkeypatch, dataset, needed, message
):
    path = tmp_path / "gate.yaml"
    path.write_text(f"data: {{dataset: {dataset}}}\nnetwork: {{hidden: []}}\n")
    monkeypatch.setattr(memory_check, "available", lambda: needed - 1)
    with pytest.raises(ConfigError, match=f"{message} of memory: "):
        build(*load(path))
    monkeypatch.setattr(memory_check, "available", lambda: needed)
    build(*load(path))


def test_converged_can_leave_what_it_monitors_open(tmp_path):
    path = tmp_path / "gate.yaml"
    path.write_text("data: {dataset: iris}\ntraining: {converged: {monitor: auto}}\n")
    assert build(*load(path)).experiment.training.converged.monitor == "val_loss"
