"""Overrides: `--set key.path=value`, applied to the nodes before they are decoded."""

from dataclasses import replace

from nncli.config.nodes import Node, parse
from nncli.errors import ConfigError, Problem


def apply(root: Node, assignment: str) -> Node:
    """The tree with one value set; blocks on the way are made where they are missing.

    A part written as a bare name becomes a block when a key is set inside it, and `hidden.0`
    reaches into a list. Raises ConfigError, naming the option, for an assignment that can't be.
    """
    where = f"--set {assignment}"
    path, equals, text = assignment.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise ConfigError([Problem(where, "", "expected key.path=value")])
    value = parse(text, where, has_lines=False) if text.strip() else Node(None, where)
    return _set(root, keys, value, where, "")


def _set(node: Node, keys: list[str], value: Node, where: str, path: str) -> Node:
    if not keys:
        return value
    key, *rest = keys
    full = f"{path}.{key}" if path else key
    if isinstance(node.value, list):
        if not key.isdigit() or int(key) >= len(node.value):
            message = f"expected an index from 0 to {len(node.value) - 1}, found '{key}'"
            raise ConfigError([Problem(where, path, message)])
        items = list(node.value)
        items[int(key)] = _set(items[int(key)], rest, value, where, full)
        return replace(node, value=items)
    block = node.value
    if isinstance(block, str):  # a bare name
        block = {"type": node}
    elif block is None:
        block = {}
    elif not isinstance(block, dict):
        raise ConfigError([Problem(where, path, f"has no keys: it is {block}")])
    child = _set(block.get(key, Node(None, where)), rest, value, where, full)
    places = {**node.key_places, key: where}
    return Node({**block, key: child}, node.where, places)
