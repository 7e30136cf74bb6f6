"""Wording: describes types and nodes, for messages `expected ..., found ...`."""

import math
import re
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from nncli.config.hints import alternatives, has_shape, hints_of, is_family, spec
from nncli.config.nodes import Node
from nncli.config.other_names import block_of_key, part_elsewhere
from nncli.errors import did_you_mean, printable
from nncli.registry import Part, aliases_of, members

_VARIABLE = r"\$(\w+|\{[^{}]*\})|\{\{.*\}\}|%\w+%"
_BOOLEANS = {"yes": "true", "on": "true", "no": "false", "off": "false"}


def describe(hint: Any) -> str:
    """The values that a type takes, in words."""
    options = sorted(alternatives(hint), key=lambda option: get_origin(spec(option).base) is list)
    return either([text for option in options for text in _described(option)])


def either(texts: Sequence[str]) -> str:
    """`a, b or c`."""
    *others, last = dict.fromkeys(texts)
    return f"{', '.join(others)} or {last}" if others else last


def _described(hint: Any) -> list[str]:
    spec_ = spec(hint)
    origin = get_origin(spec_.base)
    if origin is Literal:
        return [str(word) for word in get_args(spec_.base)]
    if origin is list and _is_nested(get_args(spec_.base)[0]):
        return ["a list of numbers, or of lists of them"]
    if origin is list:
        return [f"a list, each item {describe(get_args(spec_.base)[0])}"]
    if origin is tuple:
        arguments = get_args(spec_.base)
        return [f"a list of {len(arguments)}, each {describe(arguments[0])}"]
    if origin is dict:
        return [f"a block of names, each {describe(get_args(spec_.base)[1])}"]
    if is_family(spec_.base):
        return [f"{article(spec_.base.kind)} (its name or a block)"]
    limits = f" {spec_.bounds}" if spec_.bounds and str(spec_.bounds) else ""
    names = {
        bool: "true or false",
        int: f"an integer{limits}",
        float: f"a number{limits}",
        str: "text",
        Path: "a path",
        types.NoneType: "null",
        Node: "a value or block",
    }
    return [names[spec_.base] if spec_.base in names else _block(spec_.base)]


def _is_nested(hint: Any) -> bool:
    """Whether the items of a list are numbers or, recursively, lists."""
    bases = [spec(option).base for option in alternatives(hint)]
    return len(bases) > 1 and all(base is float or get_origin(base) is list for base in bases)


def _block(cls: type) -> str:
    """`a block of keys (monitor, patience, ...)`."""
    keys = [*hints_of(cls)]
    return f"a block of keys ({', '.join(keys[:2])}{', ...' if len(keys) > 2 else ''})"


def article(noun: str) -> str:
    """The noun with `a` or `an`."""
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def show(node: Node) -> str:
    """A node's value in words."""
    value = node.value
    if isinstance(value, dict):
        return "a block of keys" if value else "an empty block"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, str):
        return f"'{printable(value)}'"
    if value is None:
        return "nothing"
    return _as_yaml(value)


def _as_yaml(value: bool | float) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else f"{'-' if value < 0 else ''}.inf"
    return printable(str(value))


def block_elsewhere(node: Node, path: str) -> str:
    """` (...)` for a block whose keys belong to another one; else empty."""
    is_target = path == "data.target" and isinstance(node.value, dict)
    return " (its transform and scale are keys of data.preprocessing.target)" if is_target else ""


def correction(node: Node, hint: Any) -> str:
    """` (did you mean ...?)` with a similar value of the right type; else empty."""
    value, options = node.value, [spec(option).base for option in alternatives(hint)]
    if isinstance(value, str) and re.fullmatch(_VARIABLE, value):
        return " (variables aren't read, for the file alone says what is trained: use --set)"
    if isinstance(value, str):
        words = [
            str(word) for base in options if get_origin(base) is Literal for word in get_args(base)
        ]
        if guess := did_you_mean(value, words):
            return guess
    for text, near in _near(value):
        if any(has_shape(Node(near, node.where), base) for base in options):
            return f" (did you mean {text}?)"
    if isinstance(value, list | dict | None):
        return ""
    for base in options:
        if get_origin(base) is list and _fits(node, get_args(base)[0]):
            return f" (did you mean [{printable(str(value))}]?)"
        if base is str:
            text = printable(node.text) or _as_yaml(value)  # type: ignore[arg-type]
            return f" (did you mean '{text}', in quotes?)"
    return ""


def _fits(node: Node, hint: Any) -> bool:
    return any(has_shape(node, spec(option).base) for option in alternatives(hint))


def _near(value: object) -> Iterator[tuple[str, bool | float]]:
    """Yields (text, value) of values of other types that may be meant."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        yield str(int(value)), int(value)
    if isinstance(value, str) and len(value) < 30:
        truth = _BOOLEANS.get(value.lower(), value.lower())
        if truth in ("true", "false"):
            yield _unquoted(truth, value), truth == "true"
        for kind in (int, float):
            try:
                number = kind(value.replace(",", ".", 1))
            except ValueError:
                continue
            if math.isfinite(number):
                yield _unquoted(str(number), value), number


def _unquoted(text: str, value: str) -> str:
    return f"{text}, without quotes" if text == value else text


def unknown_key(key: str, cls: Any, path: str) -> str:
    """The message for a key at `path` that the dataclass `cls` doesn't have."""
    is_part, hints = issubclass(cls, Part), hints_of(cls)
    if ":" in key:
        return "unknown key: a space has to follow the ':'"
    label = f"unknown key for {cls.name}" if is_part else "unknown key"
    known = f"; known keys: {', '.join(hints)}" if hints else "; it has no keys"
    guess = did_you_mean(key, [*hints, *(cls.key_aliases if is_part else ())])
    if not guess and not is_part and (home := block_of_key(key, path)):
        guess = f" (did you mean '{home}'?)"
    return label + (guess or known)


def similar_part(name: str, family: type[Part]) -> str:
    """` (did you mean ...?)` with the part of that name elsewhere, or of a similar name."""
    if known := part_elsewhere(name, family):
        return f" (did you mean '{known}'?)"
    return did_you_mean(name, [*spellings(family)])


def spellings(family: type[Part]) -> dict[str, str]:
    """Name or alias -> canonical name, of a family."""
    classes = [cls for cls in members(family.kind).values() if issubclass(cls, family)]
    return {name: cls.name for cls in classes for name in (cls.name, *aliases_of(cls))}


def known_parts(family: type[Part]) -> str:
    """`; known: sgd, adam, ...`."""
    return f"; known: {', '.join(dict.fromkeys(spellings(family).values()))}"


def missing_type(keys: list[str], family: type[Part]) -> str:
    """The message for a part's block without `type`."""
    names = spellings(family)
    for key in keys:
        if key in names and len(keys) == 1:
            return f"missing key 'type' (did you mean 'type: {key}'?)"
        if did_you_mean(key, ["type"]):
            return f"missing key 'type' (did you mean it by '{key}'?)"
    for name in dict.fromkeys(names.values()) if keys else ():
        cls = members(family.kind)[name]
        known: Any = cls
        if {*keys} <= {*hints_of(known), *cls.key_aliases}:
            return f"missing key 'type' (did you mean 'type: {name}'?)"
    return f"missing key 'type'{known_parts(family)}"
