"""Nodes: parses YAML into values with line and column. Nothing in the text is executed.

Scalars follow YAML 1.2, equal keys are an error, tags and merge keys are refused, and size, depth
and aliases are capped.
"""

from dataclasses import field
from typing import Any

import yaml

from nncli.config.compose import MAX_DEPTH, MAX_NODES, Loader, composed_fast
from nncli.config.scalars import TAG, Scalar, read_scalar, shown_tag
from nncli.config.source_text import join, place_in, problem
from nncli.config.syntax import syntax_error_in_words
from nncli.errors import ConfigError, Problem, printable
from nncli.frozen import frozen

OVERRIDE = "--set"


@frozen
class Node:
    """A scalar, a list of nodes or a dict of nodes, with its position in the file.

    where: `file:line:column`.  key_places: the position of each key of a dict.
    text: a scalar as it is written.  overridden: the keys of a dict that --set or a search has set.
    """

    value: "Scalar | list[Node] | dict[str, Node]"
    where: str
    key_places: dict[str, str] = field(default_factory=dict)
    text: str = ""
    overridden: frozenset[str] = frozenset()

    def place_of(self, key: str) -> str:
        """The position of `key`; that of the block if it has no such key."""
        return self.key_places.get(key, self.where)

    def is_override(self, key: str) -> bool:
        """Whether `key` was set after the block was read, by --set or a search."""
        return key in self.overridden


def parse(text: str, source: str, *, has_lines: bool = True) -> Node:
    """Parses YAML into its root node, of value None if it is empty.

    source: the file's name in positions.  has_lines: whether positions have line and column.
    Raises ConfigError for text that isn't YAML, or that a config may not contain.
    """
    text = text.removeprefix("\ufeff")  # the byte order mark
    convert = _Converter(source, has_lines)
    if found := Loader.NON_PRINTABLE.search(text):  # the loader's error has no position
        where = source + (place_in(text, found.start()) if has_lines else "")
        message = f"the character U+{ord(found[0]):04X} can't stand in YAML"
        raise ConfigError([problem(where, "", message)])
    root = composed_fast(text) or _composed(text, convert)
    if root is None:
        return Node(None, source + (":1:1" if has_lines else ""))
    node = convert(root, "")
    if convert.problems:
        raise ConfigError(convert.problems)
    return node


def _composed(text: str, convert: "_Converter") -> Any:
    """The root node, by PyYAML's own parser; None for an empty text. Raises ConfigError."""
    loader = Loader(text)
    try:
        return loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark, message = syntax_error_in_words(error)
        raise ConfigError([problem(convert.place(mark), "", message)]) from None
    except (yaml.YAMLError, ValueError, OverflowError):
        # PyYAML doesn't catch Python's errors on \UFFFFFFFF or %YAML 99999...
        where = convert.place(loader.get_mark())
        raise ConfigError(
            [problem(where, "", "not YAML: a character or number out of range")]
        ) from None


class _Converter:
    """Converts PyYAML's nodes, and collects syntax problems."""

    def __init__(self, source: str, has_lines: bool) -> None:
        self.source, self.has_lines = source, has_lines
        self.problems: list[Problem] = []
        self.nodes = 0
        self.open: list[Any] = []

    def place(self, mark: Any) -> str:
        if not self.has_lines or mark is None:
            return self.source
        return f"{self.source}:{mark.line + 1}:{mark.column + 1}"

    def note(self, where: str, path: str, message: str) -> None:
        self.problems.append(problem(where, path, message))

    def __call__(self, node: Any, path: str) -> Node:
        where = self.place(node.start_mark)
        self.nodes += 1
        if refusal := self._refusal(node):
            raise ConfigError([*self.problems, problem(where, path, refusal)])
        self.open.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, where, path)
            if isinstance(node, yaml.SequenceNode):
                self._check_tag(node, "seq", where, path)
                items = [self(item, f"{path}[{i}]") for i, item in enumerate(node.value)]
                return Node(items, where)
            return Node(self._scalar(node, where, path), where, text=node.value)
        finally:
            self.open.pop()

    def _refusal(self, node: Any) -> str:
        """Why the tree is too large or deep once aliases are expanded; empty if it isn't."""
        if any(node is parent for parent in self.open):
            return "an alias that contains itself"
        if len(self.open) >= MAX_DEPTH:
            return f"nested deeper than {MAX_DEPTH} levels once aliases are written out"
        if self.nodes > MAX_NODES:
            return f"more than {MAX_NODES:,} values once aliases are written out"
        return ""

    def _check_tag(self, node: Any, expected: str, where: str, path: str) -> None:
        if node.tag != TAG + expected:
            tag = shown_tag(node.tag.removeprefix(TAG))
            self.note(where, path, f"YAML tags are refused, found {tag}")

    def _mapping(self, node: Any, where: str, path: str) -> Node:
        self._check_tag(node, "map", where, path)
        values: dict[str, Node] = {}
        places: dict[str, str] = {}
        for key_node, value_node in node.value:
            place = self.place(key_node.start_mark)
            key = self._key(key_node, place, path)
            if key is None:
                continue
            full = join(path, key)
            if key in values:
                first = places[key].removeprefix(self.source + ":").partition(":")[0]
                line = f"; the first is on line {first}" if self.has_lines else ""
                self.note(place, full, f"the key is given twice{line}")
            elif key == "<<":
                self.note(place, full, "merge keys aren't YAML 1.2: write the keys out")
            else:
                places[key] = place
                values[key] = self(value_node, full)
        return Node(values, where, places)

    def _key(self, node: Any, place: str, path: str) -> str | None:
        """A key's text; None, with a problem recorded, if it isn't text."""
        if not isinstance(node, yaml.ScalarNode):
            self.note(place, path, "expected a key of text, found a list or a block")
        elif node.tag == TAG + "null":
            self.note(place, path, "expected a key before the ':', found nothing")
        elif node.tag != TAG + "str":
            shown = printable(node.value)
            self.note(place, path, f"expected a key of text, found {shown} (quoted it is text)")
        else:
            return str(node.value)
        return None

    def _scalar(self, node: Any, where: str, path: str) -> Scalar:
        try:
            return read_scalar(node.tag.removeprefix(TAG), node.value)
        except ValueError as error:
            self.note(where, path, str(error))
            return None
