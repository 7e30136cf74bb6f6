"""Compared config: the part of a config that defines the experiment, and which keys differ."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nncli.artifacts.numbered_directory import FILES
from nncli.artifacts.run_reader import RunReader
from nncli.config.dump import plain
from nncli.config.source_text import join

DATA = "data (SHA-256)"


def compared_config(reader: RunReader, *, is_timed: bool = False) -> dict[str, Any]:
    """A run's config without names, seeds, and values that follow from the rows or the machine.

    is_timed: keep threads and engine, because seconds are compared.
    A file stands with its original name; a file of weights with its SHA-256 as well.
    """
    config, rows = reader.recorded, len(reader.rows.train)
    tree: dict[str, Any] = plain(config, lambda path: _file_name(path, reader))
    steps = config.training.steps_per_pass(rows)
    decided = ("steps_per_epoch",) if config.training.steps_per_epoch == steps else ()
    for key in ("name", "seed", "output"):
        del tree[key]
    for block, keys in (
        ("network", ("input",)),
        ("data", ("on_disk",)),
        ("training", (*(() if is_timed else ("threads", "engine")), *decided)),
    ):
        for key in keys:
            tree[block].pop(key, None)
    return {**tree, DATA: str(reader.environment().get("data_sha256"))[:12]}


def _file_name(path: Path, reader: RunReader) -> str:
    """A copied file's original name: weights.npz for `files/1-weights.npz`."""
    name = re.sub(r"^\d+-", "", path.name)
    if path in reader.recorded.data.tables.values():  # whose SHA-256 the environment has
        return name
    entry = reader.run.manifest().get(f"{FILES}/{path.name}", {})
    return f"{name} ({str(entry.get('sha256'))[:8]})"


def differing_keys(several: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The innermost differing keys, each with its value in every config.

    >>> differing_keys([{"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}])
    {'a.c': [2, 3]}
    """
    return dict(_differing("", list(several))) if several else {}


def _differing(key: str, values: list[Any]) -> list[tuple[str, list[Any]]]:
    if all(value == values[0] for value in values):
        return []
    if all(isinstance(value, dict) for value in values) and len({_type(v) for v in values}) == 1:
        names = dict.fromkeys(name for value in values for name in value)
        return [
            found
            for name in names
            for found in _differing(join(key, name), [value.get(name) for value in values])
        ]
    if all(isinstance(value, list) for value in values) and len({len(v) for v in values}) == 1:
        return [
            found
            for place, own in enumerate(zip(*values, strict=True))
            for found in _differing(f"{key}[{place}]", list(own))
        ]
    return [(key, values)]


def _type(block: Mapping[str, Any]) -> Any:
    return block.get("type")
