"""`validate`, `config`, `schema`, `init` and `list`: what may be written, and what it means."""

import json
from dataclasses import fields
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import yaml

from nncli.registry import MODULES, aliases_of, members

PARTS = [(kind, name) for kind in MODULES for name in members(kind)]
PLURALS = {kind: f"{kind}s" for kind in MODULES} | {"loss": "losses"}
EXAMPLES = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))


def test_validate_shows_the_network_and_trains_nothing(nncli, configs):
    done = nncli("validate", configs / "iris.yaml")
    assert (done.code, done.err) == (0, "")
    assert "67 trained" in done.out
    assert done.out.endswith(f"{configs / 'iris.yaml'}: valid\n")
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_valid(nncli, path):
    assert nncli("validate", path).code == 0


def test_validate_reports_every_problem_at_its_place_on_a_line_of_its_own(nncli, write):
    config = write("bad.yaml", "data: {dataset: irs}", "training:", "  epochs: 0", "  speed: 1")
    done = nncli("validate", config)
    assert (done.code, done.out) == (2, "")
    places = [line.partition(": ")[0] for line in done.err.splitlines()]
    assert places == [f"{config}:1:17", f"{config}:3:11", f"{config}:4:3"]


@pytest.mark.parametrize("command", ["validate", "config", "train"])
def test_config_that_is_not_there_is_a_user_error(nncli, command):
    done = nncli(command, "nowhere.yaml")
    assert (done.code, done.err) == (2, "nowhere.yaml: no such file\n")


def test_validate_takes_set(nncli, gate):
    assert nncli("validate", gate, "--set", "training.epochs=-1").code == 2


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_config_prints_what_reads_back_as_itself(nncli, folder, path):
    printed = nncli("config", path).out
    (folder / path.name).write_text(printed)
    assert nncli("config", path.name).out == printed


@pytest.mark.parametrize(("epochs", "expected"), [(200, 1), (500, 10), (12000, 12)])
def test_log_every_is_more_where_scoring_would_cost_much(nncli, write, epochs, expected):
    # scoring 1,528 rows has 0.398 of the products of 40 steps of 32: a twenty-fifth in 10 epochs
    lines = ("data: {dataset: digits}", "network: {hidden: [128, 64]}", "optimizer: adam")
    config = write("digits.yaml", *lines)
    told = nncli("config", config, "--json", "--set", f"training.epochs={epochs}")
    assert told.json["output"]["log_every"] == expected


@pytest.mark.parametrize(("patience", "expected"), [(1, 1), (6, 3), (40, 10)])
def test_log_every_leaves_a_curve_where_early_stopping_may_end_a_run(
    nncli, write, patience, expected
):
    lines = ("data: {dataset: digits}", "network: {hidden: [128, 64]}", "optimizer: adam")
    stopping = f"training: {{epochs: 500, early_stopping: {{patience: {patience}}}}}"
    told = nncli("config", write("digits.yaml", *lines, stopping), "--json")
    assert told.json["output"]["log_every"] == expected


def test_config_as_json_has_the_same_values(nncli, configs):
    printed = nncli("config", configs / "iris.yaml").out
    assert nncli("config", configs / "iris.yaml", "--json").json == yaml.safe_load(printed)


def test_config_takes_set(nncli, configs):
    done = nncli("config", configs / "iris.yaml", "--json", "--set", "optimizer=adam")
    assert done.json["optimizer"]["type"] == "adam"


def test_config_printed_to_another_folder_still_finds_its_files(nncli, write, folder):
    config = write(
        "deep/warm.yaml",
        "data: {dataset: and_gate}",
        "network: {hidden: [], output: {kernel_initializer: {type: from_file, path: w.npz}}}",
        "training: {epochs: 1}",
    )
    np.savez(folder / "deep" / "w.npz", **{"output/W": np.ones((2, 1))})
    (folder / "other").mkdir()
    (folder / "other" / "warm.yaml").write_text(nncli("config", config.relative_to(folder)).out)
    assert nncli("train", "other/warm.yaml", "--quiet", "--set", "output.plots=[]").code == 0


def test_validate_misses_a_warm_start_file_as_training_would(nncli, write):
    start = "{type: from_file, path: nowhere.npz}"
    output = f"{{kernel_initializer: {start}}}"
    config = write("warm.yaml", "data: {dataset: and_gate}", f"network: {{output: {output}}}")
    for command in ("validate", "train"):
        done = nncli(command, config)
        assert done.code == 2
        assert "nowhere.npz: no such file" in done.err


def test_schema_accepts_every_example_and_refuses_a_typo(nncli):
    schema = nncli("schema").json
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for path in EXAMPLES:
        validator.validate(yaml.safe_load(path.read_text()))
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({"data": {"dataset": "iris"}, "trainin": {}})


STARTERS = [name for name in members("dataset") if name != "inline"]


@pytest.mark.parametrize("dataset", STARTERS)
def test_init_writes_a_config_that_is_valid(nncli, dataset):
    done = nncli("init", "--dataset", dataset)
    assert (done.code, done.err) == (0, "")
    assert f"nncli train {dataset}.yaml" in done.out
    assert nncli("validate", f"{dataset}.yaml").code == 0


def test_init_writes_iris_by_default_and_never_overwrites(nncli):
    assert nncli("init").code == 0
    before = Path("iris.yaml").read_bytes()
    again = nncli("init")
    assert again.code == 2
    assert "iris.yaml: exists already" in again.err
    assert Path("iris.yaml").read_bytes() == before


def test_init_writes_where_it_is_told(nncli):
    assert nncli("init", "-o", "my first.yaml").code == 0
    assert nncli("validate", "my first.yaml").code == 0


def test_init_to_stdout_leaves_no_file(nncli):
    done = nncli("init", "-o", "-")
    assert yaml.safe_load(done.out)["data"]["dataset"] == "iris"
    assert list(Path().iterdir()) == []


def test_init_of_an_unknown_dataset_guesses_the_one_meant(nncli):
    done = nncli("init", "--dataset", "irs")
    assert done.code == 2
    assert "did you mean 'iris'?" in done.err
    assert list(Path().iterdir()) == []


def test_init_into_a_folder_that_is_not_there_is_an_io_failure(nncli):
    done = nncli("init", "-o", "nowhere/iris.yaml")
    assert done.code == 74
    assert "nowhere/iris.yaml" in done.err


def test_list_names_every_part_of_every_kind(nncli):
    words = nncli("list").out.replace(",", "").split()
    assert {*MODULES, *(name for _, name in PARTS)} <= set(words)


@pytest.mark.parametrize("kind", MODULES)
def test_list_of_a_kind_has_an_entry_per_part_in_singular_and_plural(nncli, kind):
    singular = nncli("list", kind)
    assert (singular.code, singular.err) == (0, "")
    titles = [line for line in singular.out.splitlines() if line and not line.startswith(" ")]
    assert [title.split()[0] for title in titles] == list(members(kind))
    assert nncli("list", PLURALS[kind]).out == singular.out


@pytest.mark.parametrize(("kind", "name"), PARTS, ids=[f"{kind}-{name}" for kind, name in PARTS])
def test_part_is_listed_with_formula_aliases_and_keys(capsys, kind, name):
    from nncli.cli.commands.list import _entry

    cls = members(kind)[name]
    title, formula, *rest = _entry(cls).splitlines()
    assert all(alias in title for alias in aliases_of(cls))
    assert formula.strip()
    keys = [field.name for field in fields(cls) if field.init]
    assert all(any(line.split()[:1] == [key] for line in rest) for key in keys)


@pytest.mark.parametrize("kind", [*MODULES, "lesson"])
def test_list_in_json_has_the_names_of_the_text_and_what_they_mean(nncli, kind):
    names = nncli("list", "--json").json[kind]
    found = nncli("list", PLURALS.get(kind, "lessons"), "--json").json[kind]
    text = nncli("list", kind).out
    assert [*found] == names
    assert all(name in text for name in names)
    if kind == "lesson":
        assert all(said in text for said in found.values())
        return
    for name, part in found.items():
        assert all(alias in text for alias in part["aliases"]), name
        assert part["text"].splitlines()[0] in text, name
        assert all(key["expects"] in text for key in part["keys"].values()), name


def test_unknown_kind_guesses_the_one_meant_and_names_the_known(nncli):
    done = nncli("list", "optimiser")
    assert (done.code, done.out) == (2, "")
    assert "did you mean 'optimizer'?" in done.err
    assert all(kind in done.err for kind in MODULES)


def test_json_is_utf_8_and_not_escaped(nncli, gate):
    done = nncli("config", gate, "--json", "--set", "name=жизнь")
    assert json.loads(done.out)["name"] == "жизнь"
    assert "жизнь" in done.out
