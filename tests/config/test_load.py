"""Loading a file: its name, and where problems stand that are found after reading."""

import pytest

from nncli.config.load import load


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
