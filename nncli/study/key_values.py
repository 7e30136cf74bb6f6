"""Look up an experiment's values by dotted key, and turn values into YAML nodes."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from nncli.config.dump import plain
from nncli.config.nodes import Node
from nncli.registry import Part

MISSING = object()


def value_at(value: Any, keys: Sequence[str]) -> Any:
    """The value at a path of keys and list indices; MISSING if there is none."""
    for key in keys:
        value = _child(value, key)
    return value


def _child(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(key, MISSING)
    if isinstance(value, list | tuple):
        return value[int(key)] if key.isdecimal() and int(key) < len(value) else MISSING
    if isinstance(value, Part):
        key = value.key_aliases.get(key, key)
    if is_dataclass(value) and key in {each.name for each in fields(value)}:
        return getattr(value, key)
    return MISSING


def node_of(value: Any) -> Node:
    """A config value as a YAML node."""
    return _node(plain(value))


def _node(value: Any) -> Node:
    if isinstance(value, dict):
        return Node({key: _node(item) for key, item in value.items()}, "")
    if isinstance(value, list):
        return Node([_node(item) for item in value], "")
    return Node(value, "")
