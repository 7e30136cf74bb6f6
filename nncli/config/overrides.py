"""Overrides: `--set key.path=value`, applied to the nodes before they are decoded."""

import re
from dataclasses import replace

from nncli.config.nodes import OVERRIDE, Node, parse
from nncli.config.source_text import join, problem
from nncli.config.wording import show
from nncli.errors import ConfigError, printable


def apply(root: Node, assignment: str) -> Node:
    """The tree with one value set; blocks on the way are made where they are missing.

    A part written as a bare name becomes a block when a key is set inside it, and `hidden.0` or
    `hidden[0]` reaches into a list. Raises ConfigError, naming the option, for an assignment that
    can't be.
    """
    where = f"{OVERRIDE} {printable(assignment, 200)}"
    path, equals, text = assignment.partition("=")
    keys = re.sub(r"\[(\d+)\]", r".\1", path.strip()).split(".")
    if not equals or not all(keys):
        raise ConfigError([problem(where, "", "expected key.path=value")])
    return _set(root, keys, parse(text, where, has_lines=False), where, "")


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
    places = dict(node.key_places)
    if key not in block or not rest:
        places[key] = where
    others = {name: other for name, other in block.items() if name != key}
    return Node({**others, key: child}, node.where, places)  # last, as the last word has it


def _as_block(node: Node, where: str, path: str) -> dict[str, Node]:
    if isinstance(node.value, dict):
        return node.value
    if isinstance(node.value, str):  # a bare name
        return {"type": node}
    if node.value is None:
        return {}
    message = f"expected a block to set a key in, found {show(node)}"
    raise ConfigError([problem(where, path, message)])
