"""Resolved: what can't hold `auto`, beside the Experiment that can."""

import dataclasses
from pathlib import Path
from typing import get_args

import pytest
from config_samples import CONFIGS

from nncli.assembly.build import build
from nncli.config import resolved
from nncli.config.dump import plain, to_yaml
from nncli.config.hints import alternatives, hints_of, required, spec
from nncli.config.load import decode, load
from nncli.config.nodes import parse
from nncli.config.resolved import Resolved
from nncli.engine.training_settings import Training
from nncli.errors import ConfigError

BLOCKS = [
    cls
    for cls in vars(resolved).values()
    if isinstance(cls, type) and cls.__module__ == resolved.__name__
]
BLOCKS.append(Training)
OLDER_RUNS_LACK = {"engine", "on_disk", "embedding_size"}


def ids(cls):
    return cls.__name__


def read(config: dict) -> Resolved:
    path = Path("config.resolved.yaml")
    return decode(parse(to_yaml(config), str(path)), path, Resolved)[0]


@pytest.fixture
def recorded(tmp_path):
    """A resolved config, as the values that its file has."""
    path = tmp_path / "iris.yaml"
    path.write_text("data: {dataset: iris}\n")
    return plain(build(*load(path)).experiment)


@pytest.mark.parametrize("cls", BLOCKS, ids=ids)
def test_a_resolved_block_has_the_keys_of_its_config_block_in_their_order(cls):
    names = [[key.name for key in dataclasses.fields(each)] for each in (cls, cls.__base__)]
    assert names[0] == names[1]


@pytest.mark.parametrize("cls", BLOCKS, ids=ids)
def test_no_key_of_a_resolved_block_may_be_auto(cls):
    words = {
        name
        for name, hint in hints_of(cls).items()
        for option in alternatives(hint)
        if "auto" in get_args(spec(option).base)
    }
    assert words <= {"name"}  # which a config file's own name has filled in


@pytest.mark.parametrize("cls", BLOCKS, ids=ids)
def test_what_a_config_may_leave_open_has_to_be_given(cls):
    optional = {key.name for key in dataclasses.fields(cls.__base__) if key.default is None}
    decided = set(cls.__annotations__) - {"name"} - OLDER_RUNS_LACK - optional
    assert decided <= set(required(cls))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_resolved_config_reads_back_as_resolved(path):
    experiment = build(*load(path)).experiment
    read_back = read(plain(experiment, lambda path: str(path.resolve())))
    assert type(read_back) is type(experiment)
    assert to_yaml(read_back, lambda path: path.name) == to_yaml(experiment, lambda path: path.name)


@pytest.mark.parametrize(
    "key",
    [
        *("data.task", "data.split", "data.preprocessing.numeric.scale"),
        *("network.input", "network.output.units", "network.output.activation", "loss"),
        *("training.steps_per_epoch", "training.threads", "evaluation.metrics"),
        "output.log_every",
    ],
)
def test_a_config_with_a_key_left_open_does_not_read_as_resolved(recorded, key):
    *blocks, last = key.split(".")
    block = recorded
    for name in blocks:
        block = block[name]
    block[last] = "auto"
    with pytest.raises(ConfigError) as caught:
        read(recorded)
    assert [problem.path for problem in caught.value.problems] == [key]


def test_units_without_a_layer_do_not_read_as_resolved(recorded):
    recorded["network"]["hidden"] = [16]
    with pytest.raises(ConfigError, match=r"network\.hidden\[0\]: expected a layer"):
        read(recorded)


def test_a_run_from_before_there_were_engines_was_numpy_s(recorded):
    del recorded["training"]["engine"]
    assert read(recorded).training.engine == "numpy"
