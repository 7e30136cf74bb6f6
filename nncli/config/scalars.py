"""Scalars: the scalars of YAML 1.2: 1e-3 is a number, no and on are text, 010 is 10."""

import re
from typing import Any

MAX_DIGITS = 400  # of a number, as written
TAG = "tag:yaml.org,2002:"

Scalar = str | int | float | bool | None

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
_PATTERNS = {name: re.compile(f"(?:{pattern})\\Z") for name, pattern, _ in _SCALARS}
_NO_CHARACTER = re.compile("[\0\ud800-\udfff]")


def teach_scalars(resolver: Any) -> None:
    """Gives a PyYAML loader or dumper class the scalars of YAML 1.2's core schema only."""
    resolver.yaml_implicit_resolvers = {}
    for name, _, first in _SCALARS:
        firsts = ["" if letter == "\0" else letter for letter in first]
        resolver.add_implicit_resolver(TAG + name, _PATTERNS[name], firsts)


def read_scalar(tag: str, text: str) -> Scalar:
    """The value of a scalar whose tag is `null`, `bool`, `int`, `float` or `str`.

    Raises ValueError for a text that doesn't match the tag, and for other tags.
    """
    if tag == "str":
        if found := _NO_CHARACTER.search(text):
            raise ValueError(f"U+{ord(found[0]):04X} is no character of a text")
        return text
    if tag not in _PATTERNS:
        raise ValueError(f"YAML tags are refused, found {shown_tag(tag)}")
    if not _PATTERNS[tag].match(text):
        raise ValueError(f"'{text}' is no {shown_tag(tag)}")
    if tag in ("int", "float") and len(text) > MAX_DIGITS:
        raise ValueError(f"a number of {len(text)} digits, which no key takes")
    if tag == "bool":
        return text.lower() == "true"
    if tag == "int":
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if tag == "float":
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return None


def shown_tag(tag: str) -> str:
    """A tag as it is written."""
    if tag.startswith("tag:"):
        return f"!<{tag}>"
    return tag if tag.startswith("!") else f"!!{tag}"
