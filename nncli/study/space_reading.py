"""Read a search space: the nodes of `sweep.space` -> dimensions, in the order they are set."""

import itertools
from collections.abc import Iterator
from pathlib import Path

from nncli.config.decode import FAILED, Decoder
from nncli.config.dump import plain
from nncli.config.load import reading_order
from nncli.config.nodes import Node
from nncli.config.overrides import keys_in
from nncli.config.source_text import join, problem
from nncli.config.sweep_keys import Range
from nncli.errors import ConfigError, printable
from nncli.study.dimensions import Choice, Condition, Dimension, Numeric

NOT_SEARCHED = ("name", "output", "sweep")
RANGE_KEYS = ("low", "high")


def read_dimensions(root: Node, path: Path) -> tuple[Dimension, ...]:
    """The dimensions of a config's `sweep.space`, outer keys first.

    Raises ConfigError with every problem.
    """
    reader = _Reader(path.parent)
    blocks = _outer_first(dict(reader.blocks(root)))
    dimensions = tuple(each for block in blocks for each in reader.dimensions(*block))
    if reader.decoder.problems:
        raise ConfigError(sorted(reader.decoder.problems, key=reading_order))
    return dimensions


def _outer_first(blocks: dict[str, Node]) -> list[tuple[str, Node]]:
    """In file order, but each outer key right before its inner keys."""
    places = {key: place for place, key in enumerate(blocks)}

    def place(key: str) -> tuple[int, int]:
        outer = min((o for o in places if f"{key}.".startswith(f"{o}.")), key=len)
        return places[outer], key.count(".")

    return sorted(blocks.items(), key=lambda block: place(block[0]))


class _Reader:
    """Turns nodes into dimensions, and collects problems."""

    def __init__(self, folder: Path) -> None:
        self.decoder = Decoder(folder)
        self.columns: dict[str, str] = {}  # each with the choice that owns it; "" for none

    def blocks(self, root: Node) -> Iterator[tuple[str, Node]]:
        """(dotted key, node) of each key of the space."""
        space = _inside(_inside(root, "sweep"), "space")
        if not isinstance(space.value, dict):
            raise ConfigError([problem(root.where, "sweep.space", "there is nothing to search")])
        seen: set[str] = set()
        for key, node in space.value.items():
            keys, where = keys_in(key), space.place_of(key)
            column = ".".join(keys)
            if not all(keys):
                self._note(where, key, "expected a dotted key such as optimizer.learning_rate")
            elif keys[0] in NOT_SEARCHED:
                self._note(where, key, f"{keys[0]} is the same for all trials")
            elif column in seen:
                self._note(where, key, "the key is searched twice")
            else:
                seen.add(column)
                yield column, node

    def dimensions(self, column: str, node: Node) -> Iterator[Dimension]:
        """The dimensions of a key: a range, or a choice and the ranges inside its options."""
        self._take(column, "", node)
        if not isinstance(node.value, list):
            if found := self._range(node, column):
                yield Numeric(column, column, node.where, found)
            return
        yield Choice(column, column, node.where, node.value, self._labels(column, node.value))
        for i, option in enumerate(node.value):
            condition = Condition(column, i)
            if _is_range(option):
                self._note(option.where, f"{column}[{i}]", "a range can't be one of the choices")
                continue
            for keys, inner in _ranges(option, ()):
                name, own = (".".join((start, *keys)) for start in (f"{column}[{i}]", column))
                self._take(own, column, inner)
                if found := self._range(inner, name):
                    yield Numeric(name, own, inner.where, found, condition)

    def _range(self, node: Node, name: str) -> Range | None:
        found = self.decoder.decode(node, Range, join("sweep.space", name))
        return None if found is FAILED else found

    def _take(self, column: str, owner: str, node: Node) -> None:
        """Note a key that is searched twice; only options of one choice may share a key."""
        if column in self.columns and not owner == self.columns[column] != "":
            self._note(node.where, column, "the key is searched twice")
        self.columns[column] = owner

    def _labels(self, column: str, options: list[Node]) -> list[str]:
        """A short unique text for each option."""
        labels: list[str] = []
        for i, option in enumerate(options):
            if any(_same(option, other) for other in options[:i]):
                self._note(option.where, f"{column}[{i}]", "the same choice is given twice")
            own = _label(option)
            numbered = (f"{own} #{number}" for number in itertools.count(2))
            labels.append(next(e for e in itertools.chain([own], numbered) if e not in labels))
        return labels

    def _note(self, where: str, name: str, message: str) -> None:
        self.decoder.note(where, join("sweep.space", name), message)


def _inside(node: Node, key: str) -> Node:
    """The value of a key in a block; a node of None if either is missing."""
    block = node.value if isinstance(node.value, dict) else {}
    return block.get(key, Node(None, node.where))


def _is_range(node: Node) -> bool:
    block = node.value
    return isinstance(block, dict) and "type" not in block and any(k in block for k in RANGE_KEYS)


def _ranges(node: Node, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Node]]:
    """(keys, node) of every range inside an option."""
    if _is_range(node):
        yield keys, node
    elif isinstance(node.value, dict):
        for key, child in node.value.items():
            yield from _ranges(child, (*keys, key))
    elif isinstance(node.value, list):
        for i, child in enumerate(node.value):
            yield from _ranges(child, (*keys, str(i)))


def _same(option: Node, other: Node) -> bool:
    """Whether two options have the same YAML value: 1 and true do not."""
    return repr(plain(option)) == repr(plain(other))


def _label(node: Node) -> str:
    """A short label of an option without its ranges: `sgd (nesterov true)`."""
    return printable(_words(node), 80) or "''"


def _words(node: Node) -> str:
    value = node.value
    if isinstance(value, dict):
        pairs = [(k, child) for k, child in value.items() if k != "type" and not _is_range(child)]
        inner = ", ".join(f"{key} {_words(child)}" for key, child in pairs)
        if "type" not in value:
            return f"({inner})"
        name = _words(value["type"])
        return f"{name} ({inner})" if inner else name
    if isinstance(value, list):
        return f"[{', '.join('range' if _is_range(each) else _words(each) for each in value)}]"
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
