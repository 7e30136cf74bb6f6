"""Nodes: YAML text -> values that know their line and column. Nothing in the text is executed.

Scalars follow YAML 1.2 (1e-3 is a number; no, on and 010 are what they look like), equal keys are
an error, tags are refused, and size, depth and aliases are capped.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from nncli.errors import ConfigError, Problem

MOST_BYTES = 1 << 20
MOST_DEPTH = 32
MOST_NODES = 100_000  # after every alias is written out

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Node:
    """A scalar, a list of nodes or a dict of nodes, and where it stands.

    key_places: where each key of a dict stands.
    """

    value: "Scalar | list[Node] | dict[str, Node]"
    where: str
    key_places: dict[str, str] = field(default_factory=dict)

    def place_of(self, key: str) -> str:
        """Where `key` stands; the block's own place if it isn't there."""
        return self.key_places.get(key, self.where)


_SCALARS: list[tuple[str, str, str]] = [
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
        r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+0123456789.",
    ),
]
_TAG = "tag:yaml.org,2002:"


def teach_scalars(resolver: Any) -> None:
    """Give a PyYAML loader or dumper class the scalars of YAML 1.2's core schema alone."""
    resolver.yaml_implicit_resolvers = {}
    for name, pattern, first in _SCALARS:
        firsts = ["" if letter == "\0" else letter for letter in first]
        resolver.add_implicit_resolver(_TAG + name, re.compile(f"(?:{pattern})\\Z"), firsts)


class _Loader(yaml.SafeLoader):
    """Composes nodes only: it constructs nothing."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(
                problem=f"nested deeper than {MOST_DEPTH} levels", problem_mark=mark
            )
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


teach_scalars(_Loader)


def read_text(path: Path) -> str:
    """The text of a config file. Raises ConfigError if there is none to be had."""

    def refuse(message: str) -> ConfigError:
        return ConfigError([Problem(str(path), "", message)])

    try:
        if path.is_dir():
            raise refuse("expected a file, found a directory")
        if path.exists() and not path.is_file():
            raise refuse("expected a regular file")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise refuse("no such file") from None
    except OSError as error:
        raise refuse(f"can't be read: {error.strerror}") from None
    except ValueError:
        raise refuse("not a possible file name") from None
    if len(content) > MOST_BYTES:
        raise refuse(f"larger than {MOST_BYTES // 1024} KiB, which no config needs")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise ConfigError(
            [Problem(f"{path}:{line}:{column}", "", "not UTF-8 text: save the file as UTF-8")]
        ) from None
    if "\0" in text:
        raise refuse("a binary file, not YAML text")
    return text


def parse(text: str, source: str, *, has_lines: bool = True) -> Node:
    """YAML text -> its root node. `source` starts every place; has_lines adds line and column.

    Raises ConfigError for text that isn't YAML, or is YAML that a config can't be.
    """
    loader = _Loader(text.replace("\r\n", "\n"))
    convert = _Converter(source, has_lines)
    try:
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        raise ConfigError([_syntax_problem(error, text, convert)]) from None
    except yaml.YAMLError as error:
        raise ConfigError([Problem(source, "", f"not YAML: {_one_line(error)}")]) from None
    if root is None:
        raise ConfigError(
            [Problem(source, "", "the config is empty; the least is 'data: {dataset: iris}'")]
        )
    node = convert(root, "")
    if convert.problems:
        raise ConfigError(convert.problems)
    return node


def _one_line(error: object) -> str:
    return " ".join(str(error).split())


def _syntax_problem(error: yaml.MarkedYAMLError, text: str, convert: "_Converter") -> Problem:
    mark = error.problem_mark or error.context_mark
    message = _one_line(error.problem or error.context)
    if mark is not None:
        line = text.splitlines()[mark.line] if mark.line < text.count("\n") + 1 and text else ""
        if "\t" in message or (message.startswith("found character") and "\t" in line):
            message = "a tab can't indent YAML: use spaces"
    if "expected a single document" in _one_line(error):
        message = "expected one config in the file, found a second ('---')"
    return Problem(convert.place(mark), "", message)


class _Converter:
    """PyYAML's nodes -> ours, with every problem of form on the way."""

    def __init__(self, source: str, has_lines: bool) -> None:
        self.source, self.has_lines = source, has_lines
        self.problems: list[Problem] = []
        self.nodes = 0
        self.open: set[int] = set()

    def place(self, mark: Any) -> str:
        if not self.has_lines or mark is None:
            return self.source
        return f"{self.source}:{mark.line + 1}:{mark.column + 1}"

    def __call__(self, node: Any, path: str) -> Node:
        where = self.place(node.start_mark)
        self.nodes += 1
        if self.nodes > MOST_NODES or id(node) in self.open:
            message = (
                "an alias that contains itself"
                if id(node) in self.open
                else f"more than {MOST_NODES} values once aliases are written out"
            )
            raise ConfigError([Problem(where, path, message)])
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, where, path)
            if isinstance(node, yaml.SequenceNode):
                self._check_tag(node, "seq", where, path)
                items = [self(item, f"{path}[{i}]") for i, item in enumerate(node.value)]
                return Node(items, where)
            return Node(self._scalar(node, where, path), where)
        finally:
            self.open.discard(id(node))

    def _check_tag(self, node: Any, expected: str, where: str, path: str) -> None:
        if node.tag != _TAG + expected:
            self.problems.append(Problem(where, path, f"YAML tags are refused, found {node.tag}"))

    def _mapping(self, node: Any, where: str, path: str) -> Node:
        self._check_tag(node, "map", where, path)
        values: dict[str, Node] = {}
        places: dict[str, str] = {}
        for key_node, value_node in node.value:
            place = self.place(key_node.start_mark)
            key = key_node.value
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != _TAG + "str":
                if not isinstance(key, str):
                    key = "a list or block"
                self.problems.append(
                    Problem(place, path, f"expected a key in plain text, found {key}")
                )
                continue
            full = f"{path}.{key}" if path else key
            if key in values:
                message = (
                    f"the key stands here again, after {places[key].removeprefix(self.source)}"
                )
                self.problems.append(
                    Problem(place, full, message.replace("after :", "after line "))
                )
                continue
            places[key] = place
            values[key] = self(value_node, full)
        return Node(values, where, places)

    def _scalar(self, node: Any, where: str, path: str) -> Scalar:
        tag, text = node.tag.removeprefix(_TAG), node.value
        try:
            return _read_scalar(tag, text)
        except (ValueError, OverflowError):
            self.problems.append(Problem(where, path, f"expected a value, found '{text[:40]}'"))
        except KeyError:
            self.problems.append(Problem(where, path, f"YAML tags are refused, found {node.tag}"))
        return None


def _read_scalar(tag: str, text: str) -> Scalar:
    """Raises KeyError for an unknown tag, ValueError for text that doesn't fit its tag."""
    if tag == "str":
        return str(text)
    if tag == "null":
        return None
    if tag == "bool":
        return {"true": True, "false": False}[text.lower()]
    if tag == "int":
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if tag == "float":
        word = text.lower().replace(".inf", "inf").replace(".nan", "nan")
        return float(word)
    raise KeyError(tag)
