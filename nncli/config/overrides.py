"""Overrides: `--set key.path=value` and values of a search, set in the nodes before decoding."""

import re
from collections.abc import Sequence
from dataclasses import replace

from nncli.config.nodes import OVERRIDE, Node, parse
from nncli.config.source_text import join, place_of, problem
from nncli.config.wording import show
from nncli.errors import ConfigError


def apply(root: Node, keys: Sequence[str], value: Node) -> Node:
    """The tree with one value set; blocks on the way are made where they are missing.

    A part written as a bare name becomes a block when a key is set inside it. Raises ConfigError,
    at the value's place, where the tree has no such key.
    """
    return _set(root, [*keys], value, value.where, "")


def read_assignment(assignment: str) -> tuple[list[str], Node]:
    """`key.path=value` as its keys and the value, whose place names the option.

    Raises ConfigError for an assignment that can't be read.
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
    values = {**others, key: child}  # last, as the last word has it
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
