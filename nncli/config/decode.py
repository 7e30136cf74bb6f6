"""Decode: converts nodes to typed values, and collects every problem.

The types define the format: a dataclass's fields are its YAML keys, and `Annotated` holds bounds.
A part (an activation, a loss ...) is written as its name or as a block with `type`.
"""

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from nncli.config.hints import Spec, alternatives, has_shape, hints_of, is_family, required, spec
from nncli.config.nodes import Node
from nncli.config.source_text import join, problem
from nncli.config.wording import (
    article,
    block_elsewhere,
    correction,
    describe,
    known_parts,
    missing_type,
    show,
    similar_part,
    unknown_key,
)
from nncli.constraints import Readable
from nncli.errors import Problem, UserError
from nncli.registry import Part, aliases_of, find


class Failed:
    """Placeholder for a value whose problems are recorded."""


FAILED = Failed()


class Decoder:
    """Decodes the nodes of one config.

    folder: the base of relative paths.  problems: all that were found.  places: dotted key -> its
    `file:line:column`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self.places: dict[str, str] = {}

    def note(self, where: str, path: str, message: str) -> Failed:
        """Records a problem."""
        self.problems.append(problem(where, path, message))
        return FAILED

    def decode(self, node: Node, hint: Any, path: str) -> Any:
        """The value of `node` as the type `hint`; FAILED, with a problem recorded, if none."""
        self.places[path] = node.where
        options = alternatives(hint)
        fitting = [option for option in options if has_shape(node, spec(option).base)]
        if not fitting:
            fix = correction(node, hint) or block_elsewhere(node, path)
            message = f"expected {describe(hint)}, found {show(node)}{fix}"
            return self.note(node.where, path, message)
        chosen = spec(min(fitting, key=_is_general))
        base = chosen.base
        if base is Node:
            return node
        if get_origin(base) in (list, tuple):
            return self._list(node, chosen, path)
        if get_origin(base) is dict:
            return self._mapping(node, get_args(base)[1], path)
        if is_family(base):
            return self._part(node, base, path)
        if dataclasses.is_dataclass(base):
            return self._block(node, base, path)
        if base is Path:
            return self._path(node, path)
        if base is float or base is int:
            return self._number(node, chosen, path)
        if chosen.readable is not None:
            return self._text(node, chosen.readable, path)
        return node.value

    def _text(self, node: Node, readable: Readable, path: str) -> Any:
        try:
            readable.read(str(node.value))
        except ValueError as error:
            return self.note(node.where, path, str(error))
        return node.value

    def _path(self, node: Node, path: str) -> Any:
        try:
            return self.folder / Path(str(node.value)).expanduser()
        except RuntimeError:
            return self.note(node.where, path, f"no such user's home folder: {show(node)}")

    def _number(self, node: Node, spec_: Spec, path: str) -> Any:
        value: Any = node.value
        if spec_.base is int:
            expected = "" if abs(value) < 2**63 else "an integer below 2^63"
        else:
            expected = "" if abs(value) <= sys.float_info.max else "a finite number"
        if not expected and spec_.bounds is not None and value not in spec_.bounds:
            expected = describe(Annotated[spec_.base, spec_.bounds])
        if expected:
            return self.note(node.where, path, f"expected {expected}, found {show(node)}")
        return spec_.base(value)

    def _list(self, node: Node, spec_: Spec, path: str) -> Any:
        assert isinstance(node.value, list)
        items, arguments = node.value, get_args(spec_.base)
        if get_origin(spec_.base) is tuple:
            if len(items) != len(arguments):
                message = f"expected {len(arguments)} values, found {len(items)}"
                return self.note(node.where, path, message)
        else:
            arguments = (arguments[0],) * len(items)
            if len(items) < spec_.least:
                least = "one item" if spec_.least == 1 else f"{spec_.least} items"
                found = len(items) or "an empty list"
                message = f"expected at least {least}, found {found}"
                return self.note(node.where, path, message)
        values = [
            self.decode(item, hint, f"{path}[{i}]")
            for i, (item, hint) in enumerate(zip(items, arguments, strict=True))
        ]
        if any(value is FAILED for value in values):
            return FAILED
        return tuple(values) if get_origin(spec_.base) is tuple else values

    def _mapping(self, node: Node, hint: Any, path: str) -> Any:
        """A dict with arbitrary keys."""
        assert isinstance(node.value, dict)
        values = {
            name: self.decode(child, hint, join(path, name)) for name, child in node.value.items()
        }
        return FAILED if any(value is FAILED for value in values.values()) else values

    def _part(self, node: Node, family: type[Part], path: str) -> Any:
        """Decodes a part of a family, from its name or its block."""
        if not isinstance(node.value, dict):
            cls = self._class(node, family, path)
            return self._block(Node({}, node.where), cls, path) if cls else FAILED
        name = node.value.get("type")
        if name is None:
            return self.note(node.where, path, missing_type([*node.value], family))
        cls = self._class(name, family, f"{path}.type")
        return self._block(node, cls, path) if cls else FAILED

    def _class(self, name: Node, family: type[Part], path: str) -> type[Part] | None:
        """The class of a family that a node names; None, with a problem recorded, if none."""
        kind = family.kind
        if not isinstance(name.value, str):
            self.note(name.where, path, f"expected the name of {article(kind)}, found {show(name)}")
            return None
        try:
            cls = find(kind, name.value)
        except UserError:
            guess = similar_part(name.value, family)
            self.note(
                name.where, path, f"unknown {kind} {show(name)}{guess or known_parts(family)}"
            )
            return None
        if issubclass(cls, family):
            return cls
        message = f"{show(name)} has a place of its own and can't stand here{known_parts(family)}"
        self.note(name.where, path, message)
        return None

    def _block(self, node: Node, cls: Any, path: str) -> Any:
        """Decodes a dataclass from a block; every key is checked, even if others fail."""
        values = {
            name: self.decode(child, hints_of(cls)[name], full)
            for name, full, child in self._children(node, cls, path)
        }
        missing = [name for name in required(cls) if name not in values]
        for name in missing:
            label = f" of {cls.name}" if issubclass(cls, Part) else ""
            message = f"missing key '{name}'{label}: {describe(hints_of(cls)[name])}"
            self.note(node.where, path, message)
        if missing or any(value is FAILED for value in values.values()):
            return FAILED
        try:
            return cls(**values)
        except ValueError as error:
            return self.note(node.where, path, str(error))

    def _children(self, node: Node, cls: Any, path: str) -> Iterator[tuple[str, str, Node]]:
        """Yields (field, dotted path, node) for each key of `cls`; records the unknown ones."""
        given: Any = node.value or {}
        hints, is_part = hints_of(cls), issubclass(cls, Part)
        if is_part and "type" in given:
            self._check_type(given["type"], cls, path)
            given = {key: child for key, child in given.items() if key != "type"}
        names = {key: cls.key_aliases.get(key, key) if is_part else key for key in given}
        overridden = {name: key for key, name in names.items() if node.is_override(key)}
        spelled: dict[str, str] = {}
        for key, child in given.items():
            name, full, where = names[key], join(path, key), node.place_of(key)
            if name not in hints:
                self.note(where, full, unknown_key(key, cls, full))
            elif overridden.get(name, key) != key:
                continue
            elif name in spelled:
                message = f"'{spelled[name]}' and '{key}' are one key: give it once"
                self.note(where, full, message)
            else:
                spelled[name] = key
                yield name, full, child
                self.places[join(path, name)] = child.where

    def _check_type(self, name: Node, cls: type[Part], path: str) -> None:
        """Checks the `type` of a block that can only be one part."""
        if name.value not in (cls.name, *aliases_of(cls)):
            message = f"expected {cls.name} or no type at all, found {show(name)}"
            self.note(name.where, f"{path}.type", message)


def _is_general(option: Any) -> bool:
    """A sort key: literals and null come before wider types, which could hold the same value."""
    base = spec(option).base
    return get_origin(base) is not Literal and base is not type(None)
