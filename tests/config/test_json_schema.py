"""The JSON Schema: valid itself, and of one mind with the decoder."""

import json
from dataclasses import fields

import pytest
from config_samples import CONFIGS, PARTS
from jsonschema import Draft202012Validator

from nncli.assembly.build import build
from nncli.cli.main import run
from nncli.config.dump import plain
from nncli.config.experiment import Experiment
from nncli.config.hints import hints_of
from nncli.config.json_schema import config_schema
from nncli.config.load import load
from nncli.config.nodes import parse
from nncli.config.source_text import read_text
from nncli.parts.optimizers import Adam, Lbfgs
from nncli.registry import aliases_of

SCHEMA = config_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def values(node):
    """A node's plain values, as an editor sees them."""
    if isinstance(node.value, dict):
        return {key: values(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [values(child) for child in node.value]
    return node.value


def errors(text):
    return [error.message for error in VALIDATOR.iter_errors(values(parse(text, "c.yaml")))]


def test_schema_is_valid_draft_2020_12():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_command_prints_the_schema(capsys):
    assert run(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == SCHEMA


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_shipped_configs_satisfy_the_schema(path):
    assert errors(read_text(path)) == []


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_resolved_configs_satisfy_the_schema(path):
    resolved = plain(build(*load(path)).experiment)
    assert [
        error.message for error in VALIDATOR.iter_errors(json.loads(json.dumps(resolved)))
    ] == []


@pytest.mark.parametrize(
    "text",
    [
        "data: {dataset: and_gate}",
        "data: {dataset: xor}\nnetwork: {hidden: []}\ntraining:\nevaluation:\n",
        "data: {dataset: {type: spiral}}\noptimizer: {type: adam, lr: 0.1}",
        "data: {dataset: iris}\nnetwork: {hidden: [{type: fully_connected, units: 3}]}",
        "data: {dataset: iris}\nnetwork: {output: {type: output, use_bias: false}}",
        "data: {dataset: iris, split: none, preprocessing: none}\nloss: nll",
        "data: {dataset: iris}\nseed: {split: 1, init: 2, shuffle: 3, dropout: 4}",
    ],
)
def test_other_ways_to_write_satisfy_the_schema(text):
    assert errors(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "data: {dataset: irsi}",
        "data: {dataset: iris}\ntraning: {}",
        "data: {dataset: iris}\nseed: -1",
        "data: {dataset: iris}\nname: 3",
        "data: {dataset: iris}\noptimizer: {type: sgd, learning_rate: 0}",
        "data: {dataset: iris}\noptimizer: {type: sgd, lr: 0}",
        "data: {dataset: iris}\noptimizer: {learning_rate: 0.1}",
        "data: {dataset: iris}\noptimizer: {type: adam, betas: [0.9]}",
        "data: {dataset: iris}\noptimizer: {type: adam, betas: [0.9, 1.5]}",
        "data: {dataset: iris}\noptimizer: {type: lbfgs, lr: 0.1}",
        "data: {dataset: iris}\nnetwork: {hidden: 16}",
        "data: {dataset: iris}\nnetwork: {hidden: [dense]}",
        "data: {dataset: iris}\nnetwork: {hidden: [{type: output, units: 3}]}",
        "data: {dataset: iris}\nnetwork: {output: {type: dense}}",
        "data: {dataset: iris}\ntraining: {epochs: many}",
        "data: {dataset: iris}\ntraining: {early_stopping: true}",
        "data: {dataset: iris}\nevaluation: {metrics: [f1]}",
        "data: {dataset: {type: inline, x: [], y: []}}",
    ],
)
def test_bad_configs_fail_the_schema(text):
    assert errors(text)


@pytest.mark.parametrize("cls", PARTS, ids=lambda cls: f"{cls.kind}-{cls.name}")
def test_every_part_and_key_is_in_the_schema(cls):
    if cls.name == "input":
        place = SCHEMA["properties"]["network"]["properties"]["input"]["anyOf"][1]
    elif cls.name == "output":
        place = SCHEMA["properties"]["network"]["properties"]["output"]
    else:
        blocks = SCHEMA["$defs"][cls.kind]["anyOf"][1:]
        (place,) = [b for b in blocks if cls.name in b["properties"]["type"]["enum"]]
    expected = {
        "type",
        *hints_of(cls),
        *(a for a, n in cls.key_aliases.items() if n in hints_of(cls)),
    }
    assert set(place["properties"]) == expected
    assert set(place["properties"]["type"]["enum"]) == {cls.name, *aliases_of(cls)}
    assert place["additionalProperties"] is False
    assert place["description"]


def test_every_key_of_the_root_is_in_the_schema():
    assert list(SCHEMA["properties"]) == [field.name for field in fields(Experiment)]
    assert SCHEMA["required"] == ["data"]


def test_defaults_satisfy_their_own_schemas():
    def check(schema, key=""):
        if isinstance(schema, dict):
            if "default" in schema:
                whole = {**schema, "$defs": SCHEMA["$defs"]}
                assert Draft202012Validator(whole).is_valid(schema["default"]), key
            for name, inner in schema.items():
                check(inner, f"{key}/{name}")
        elif isinstance(schema, list):
            for inner in schema:
                check(inner, key)

    check(SCHEMA)


def test_another_name_of_a_key_is_no_key_of_a_part_that_lacks_it(monkeypatch):
    def keys(name):
        blocks = config_schema()["$defs"]["optimizer"]["anyOf"][1:]
        (found,) = (
            block["properties"] for block in blocks if name in block["properties"]["type"]["enum"]
        )
        return set(found)

    monkeypatch.setattr(Lbfgs, "key_aliases", Adam.key_aliases)  # as an optimizer inherits them
    assert {"lr", "learning_rate"} <= keys("adam")
    assert not {"lr", "learning_rate"} & keys("lbfgs")
