"""What `nncli config` prints reads back as the same experiment."""

import os
from pathlib import Path

import pytest
from config_samples import CONFIGS, PARTS, instances, quick
from hypothesis import given
from hypothesis import strategies as st

from nncli.assembly.build import build
from nncli.cli.main import run
from nncli.config.data_keys import Data
from nncli.config.decode import Decoder
from nncli.config.dump import to_yaml
from nncli.config.experiment import Experiment
from nncli.config.hints import required
from nncli.config.load import load
from nncli.config.nodes import parse
from nncli.config.source_text import read_text
from nncli.parts.datasets import AndGate
from nncli.registry import members


def reads_back(value, hint):
    """What the dumped value is decoded as."""
    decoder = Decoder(Path())
    node = parse(to_yaml({"key": value}), "dump.yaml").value["key"]
    found = decoder.decode(node, hint, "key")
    assert decoder.problems == []
    return found


def same(one, other):
    """Equal, where a list and a tuple of equal items are."""
    return to_yaml(one) == to_yaml(other) and type(one) is type(other)


@pytest.mark.parametrize("cls", PARTS, ids=lambda cls: f"{cls.kind}-{cls.name}")
def test_part_with_default_keys_round_trips(cls):
    if required(cls):
        return
    assert same(reads_back(cls(), cls if cls.name in ("input", "output") else family(cls)), cls())


def family(cls):
    """The base class that a kind of parts shares."""
    return next(base for base in reversed(cls.__mro__) if vars(base).get("kind") == cls.kind)


@pytest.mark.parametrize("cls", PARTS, ids=lambda cls: f"{cls.kind}-{cls.name}")
@quick(12)
@given(data=st.data())
def test_part_with_odd_keys_round_trips(cls, data):
    part = data.draw(instances(cls))
    assert same(reads_back(part, cls if cls.name in ("input", "output") else family(cls)), part)


@quick(60)
@given(instances(Experiment))
def test_any_experiment_round_trips(experiment):
    assert same(reads_back(experiment, Experiment), experiment)


@quick(300)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_text_is_read_back_as_it_was(text):
    text = text.replace("\0", "")
    assert reads_back(text, str) == text


def resolved_twice(path, tmp_path):
    """A config resolved, and its printed form resolved again, both with paths as they are."""
    experiment = build(*load(path)).experiment
    again = tmp_path / f"{path.stem}.yaml"
    again.write_text(to_yaml(experiment, lambda p: os.path.abspath(p)), encoding="utf-8")
    return experiment, build(*load(again)).experiment


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_resolved_config_loads_back_as_itself(path, tmp_path):
    first, second = resolved_twice(path, tmp_path)
    assert to_yaml(second, os.path.abspath) == to_yaml(first, os.path.abspath)


def test_smallest_config_resolves_and_loads_back(tmp_path):
    path = tmp_path / "least.yaml"
    path.write_text("data: {dataset: and_gate}\n", encoding="utf-8")
    first, second = resolved_twice(path, tmp_path)
    assert second == first
    assert first.name == "least"
    assert first.training.batch_size == "full"
    assert first.network.output.units == 1


@pytest.mark.parametrize("name", members("dataset"))
def test_defaults_of_every_dataset_resolve_and_load_back(name, tmp_path):
    if name == "inline" or required(members("dataset")[name]):
        return
    path = tmp_path / "data.yaml"
    path.write_text(f"data: {{dataset: {name}}}\n", encoding="utf-8")
    first, second = resolved_twice(path, tmp_path)
    assert to_yaml(second) == to_yaml(first)


def test_printed_config_is_what_the_command_prints(tmp_path, capsys):
    path = tmp_path / "least.yaml"
    path.write_text("data: {dataset: and_gate}\n", encoding="utf-8")
    assert run(["config", str(path)]) == 0
    printed = capsys.readouterr().out
    assert printed == to_yaml(build(*load(path)).experiment)
    assert read_text(path).startswith("data:")


def test_null_switches_a_block_off_and_stays_off():
    experiment = Experiment(data=Data(dataset=AndGate()))
    assert experiment.training.early_stopping is None
    assert reads_back(experiment, Experiment).training.early_stopping is None


def test_a_path_whose_bytes_are_no_text_is_written_with_escapes():
    assert to_yaml({"path": Path("a\udcff")}) == "path: a\\udcff\n"
