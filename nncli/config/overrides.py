"""Overrides: sets the values of `--set key.path=value`, or of a search, in a config's nodes."""

import re
from collections.abc import Sequence
from dataclasses import replace

from nncli.config.nodes import OVERRIDE, Node, parse
from nncli.config.source_text import join, place_of, problem
from nncli.config.wording import show
from nncli.errors import ConfigError


def apply(root: Node, keys: Sequence[str], value: Node) -> Node:
    """The tree with one value set; missing blocks are created.

    A part written as a name becomes a block if one of its keys is set. Raises ConfigError, at the
    value's position, for a key that can't be set.
    """
    return _set(root, [*keys], value, value.where, "")


def read_assignment(assignment: str) -> tuple[list[str], Node]:
    """Parses `key.path=value` into the keys and the value, whose position names the option.

    Raises ConfigError for a malformed assignment.
    """
    where = place_of(OVERRIDE, assignment)
    path, equals, text = assignment.partition("=")
    keys = keys_in(path)
    if not equals or not all(keys):
        raise ConfigError([problem(where, "", "expected key.path=value")])
    return keys, parse(text, where, has_lines=False)


def keys_in(path: str) -> list[str]:
    """The keys of a dotted path; `hidden[0]` is `hidden.0`, an item of a list."""
    return re.sub(r"\[(\d+)\]", r".\1", path.strip()).split(".")


def _set(node: Node, keys: list[str], value: Node, where: str, path: str) -> Node:
    if not keys:
        return value
    key, *rest = keys
    if isinstance(node.value, list):
        items = list(node.value)
        if not key.isdecimal() or len(key) > 9 or int(key) >= len(items):
            known = (
                f"an index from 0 to {len(items) - 1}" if items else "no index: the list is empty"
            )
            raise ConfigError([problem(where, path, f"expected {known}, found '{key}'")])
        items[int(key)] = _set(items[int(key)], rest, value, where, f"{path}[{key}]")
        return replace(node, value=items)
    block = _as_block(node, where, path)
    child = _set(block.get(key, Node(None, where)), rest, value, where, join(path, key))
    places, overridden = dict(node.key_places), node.overridden
    if key not in block or not rest:
        places[key], overridden = where, overridden | {key}
    others = {name: other for name, other in block.items() if name != key}
    values = {**others, key: child}  # last: it overrides equivalent keys
    return Node(values, node.where, places, overridden=overridden)


def _as_block(node: Node, where: str, path: str) -> dict[str, Node]:
    if isinstance(node.value, dict):
        return node.value
    if isinstance(node.value, str):  # a bare name
        return {"type": node}
    if node.value is None:
        return {}
    message = f"expected a block to set a key in, found {show(node)}"
    raise ConfigError([problem(where, path, message)])
