"""What pages show of commands and configs is what nncli takes; none of it is run here."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from jsonschema import Draft202012Validator
from pages import PAGES, ROOT, Command, blocks, commands, name_of, spans, text_of

from nncli.cli.main import COMMANDS, cli
from nncli.config.json_schema import config_schema
from nncli.config.load import load_text
from nncli.errors import UserError
from nncli.starter.dataset_starter import starter
from nncli.starter.lessons import lesson

ANY = "data: {dataset: iris}\nsweep: {space: {training.batch_size: [8]}}\n"
PLACEHOLDERS = {
    "N": "2",
    "K": "2",
    "FORMAT": "numpy",
    "KEY=VALUE": "seed=1",
    "key.path=value": "seed=1",
    "KEY=VALUES": "seed=1,2",
}
OF_OTHERS = {"--nthreads", "--host"}  # options of Dask's commands
NAMED = re.compile(r"^`([^`]+\.yaml)`:\n\n```yaml\n(.*?)^```$", re.M | re.S)
PAIR = re.compile(r"\{?[a-z_]+(\.[a-z_0-9]+)*: [^ ].*")
SCHEMA = config_schema()
KEY = re.compile(rf"({'|'.join(SCHEMA['properties'])})(\.[a-z_0-9]+)+(?<!\.json)")
FILE = re.compile(r"(configs|examples|tests|benchmarks|docs|nncli)/[\w/.-]+")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_of_a_page_are_taken(page):
    configs = _configs(page)
    assert [lie for command in commands(page) for lie in _lies(command, configs)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_options_that_a_page_names_are_there(page):
    known = OF_OTHERS.union(*map(_options, COMMANDS))
    named = [span.split() for span in spans(page) if re.match("--?[a-z]", span)]
    assert [words[0] for words in named if words[0].partition("/")[0] not in known] == []
    given = [_filled(words[1]) for words in named if words[0] == "--set" and len(words) > 1]
    assert [lie for each in given for lie in _lies_of_config(ANY, each)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_configs_that_a_page_shows_are_valid(page):
    shown = [block.text for block in blocks(page) if block.kind == "yaml"]
    assert [lie for text in shown for lie in _lies_of_config(_with_data(text))] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_keys_and_values_in_a_page_s_sentences_are_those_of_a_config(page):
    found = spans(page)
    pairs = [span for span in found if PAIR.fullmatch(span)]
    assert [pair for pair in pairs if not _is_part_of_a_config(_nested(pair))] == []
    keys = [key for span in found if KEY.fullmatch(key := span.partition("=")[0])]
    assert [key for key in keys if not _is_key(key)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_that_a_page_names_are_there(page):
    shown = [*spans(page), *(block.text for block in blocks(page))]
    names = {match[0].rstrip(".") for text in shown for match in FILE.finditer(text)}
    assert [name for name in sorted(names) if not (ROOT / name).exists()] == []


def test_options_of_commands_that_messages_name_are_there():
    wrong = []
    for path in sorted((ROOT / "nncli").rglob("*.py")):
        text = re.sub(r'"\s*\n\s*f?"', "", text_of(path))  # a string in several lines
        for name, rest in re.findall(r"nncli ([a-z]+(?:-[a-z]+)*)([^`\"\n]*)", text):
            named = re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest) if name in COMMANDS else []
            wrong += [(path.name, name, each) for each in named if each not in _options(name)]
    assert wrong == []


def _lies(command: Command, configs: dict[str, str]) -> list[str]:
    """Why nncli wouldn't take a command."""
    name, *words = [*map(_filled, command.words), ""]
    if not name or name.isupper() or name.startswith("-"):
        return []
    found = cli.get_command(click.Context(cli), name)
    if found is None:
        return [f"{name}: no such command"]
    try:
        taken = found.make_context(name, words[:-1]).params
    except (click.MissingParameter, click.BadOptionUsage) as error:
        return [] if command.is_mention else [f"{command.words}: {error.format_message()}"]
    except click.UsageError as error:
        return [f"{command.words}: {error.format_message()}"]
    given = [value for key, value in taken.items() if key != "output"]
    config = next((str(each) for each in given if str(each).endswith(".yaml")), "")
    if config and config not in configs and not (config.startswith("runs/") or command.is_mention):
        return [f"{config}: the page doesn't say what is in it, or what writes it"]
    text, changes = configs.get(config, ANY), [*taken.get("assignments", ())]
    lies = _lies_of_config(text, *changes)
    if name == "sweep" and not taken.get("over") and "\nsweep:" not in text:
        lies.append(f"{config}: has nothing to sweep")
    for value in _values(taken.get("over")):
        lies += _lies_of_config(text, *changes, value)
    return lies


def _lies_of_config(text: str, *changes: str) -> list[str]:
    try:
        load_text(text, ROOT / "configs" / "shown.yaml", changes)
    except UserError as error:
        return error.lines()
    return []


def _values(over: str | None) -> list[str]:
    """Each assignment that `--over KEY=VALUE,VALUE` tries."""
    key, _, values = (over or "").partition("=")
    return [f"{key}={json.dumps(each)}" for each in yaml.safe_load(f"[{values}]")]


def _options(name: str) -> set[str]:
    command = cli.get_command(click.Context(cli), name)
    return {option for each in command.params for option in [*each.opts, *each.secondary_opts]}


def _filled(word: str) -> str:
    """A word with a value for a placeholder: `training.epochs=N`."""
    before, equals, last = word.rpartition("=")
    return PLACEHOLDERS.get(word) or before + equals + PLACEHOLDERS.get(last, last)


def _configs(page: Path) -> dict[str, str]:
    """The configs that a page's commands can read, by name: shipped, shown, or of `nncli init`."""
    configs = {name_of(path): text_of(path) for path in (ROOT / "configs").rglob("*.yaml")}
    plugged_in = (ROOT / "examples").rglob("*.yaml")  # with parts that aren't installed here
    configs |= {name_of(path): ANY for path in plugged_in}
    for words in [command.words for command in commands(page) if command.words[:1] == ["init"]]:
        if "--lesson" in words[:-1]:
            configs[f"{words[2]}.yaml"] = lesson(words[2])
        elif len(words) > 1:
            configs[Path(words[1]).with_suffix(".yaml").name] = ANY
        else:
            configs["iris.yaml"] = starter("iris")
    configs |= {block.title: block.text for block in blocks(page) if block.title}
    return configs | dict(NAMED.findall(text_of(page)))


def _with_data(text: str) -> str:
    """A config; one that lacks data gets them."""
    shown = yaml.safe_load(text)
    data = shown.get("data", {})
    if data.keys() & {"dataset", "path"}:
        return text
    return json.dumps({**shown, "data": {"dataset": "iris", **data}})


def _nested(pair: str) -> Any:
    """`training.threads: 1` as the blocks that it stands for."""
    read = yaml.safe_load(pair)
    (key, value), *others = read.items()
    *outer, inner = key.split(".")
    nested = {inner: value, **dict(others)}
    for block in reversed(outer):
        nested = {block: nested}
    return nested


def _is_part_of_a_config(shown: Any) -> bool:
    """Whether some block of a config may have these keys and values."""
    return any(place.is_valid(shown) for place in _places())


@cache
def _places() -> list[Draft202012Validator]:
    """Every block of a config; none of its keys has to be there."""
    schema = _optional(SCHEMA)
    blocks = [each for each in _within(schema) if "properties" in each]
    return [Draft202012Validator({**block, "$defs": schema["$defs"]}) for block in blocks]


def _optional(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {name: _optional(each) for name, each in schema.items() if name != "required"}
    return [*map(_optional, schema)] if isinstance(schema, list) else schema


def _within(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema and all schemas in it."""
    if isinstance(schema, dict):
        yield schema
    inner = schema.values() if isinstance(schema, dict) else schema
    for each in [each for each in inner if isinstance(each, dict | list)]:
        yield from _within(each)


def _is_key(path: str) -> bool:
    try:
        load_text(ANY, ROOT / "configs" / "shown.yaml", [f"{path}=null"])
    except UserError as error:
        return not any("unknown key" in line for line in error.lines())
    return True
