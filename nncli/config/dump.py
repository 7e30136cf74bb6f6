"""Dump: writes an Experiment as YAML that reads back as the same Experiment."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from nncli.config.nodes import Node
from nncli.config.scalars import teach_scalars
from nncli.registry import Part

if yaml.__with_libyaml__:
    from yaml import CSafeDumper as SafeDumper
else:  # slower
    from yaml import SafeDumper  # type: ignore[assignment]


class _Dumper(SafeDumper):
    """Quotes texts that YAML 1.2 would read as another type."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_list(self, data: Any) -> Any:
        simple = all(not isinstance(item, dict | list) for item in data)
        return self.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=simple)

    def represent_text(self, data: Any) -> Any:
        data = data.encode(
            "utf-8", "backslashreplace"
        ).decode()  # a path's bytes may be undecodable
        # PyYAML writes U+0085 and the like in single quotes, which read back as a blank
        style = None if data.isprintable() else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


teach_scalars(_Dumper)
_Dumper.add_representer(list, _Dumper.represent_list)
_Dumper.add_representer(str, _Dumper.represent_text)


def to_yaml(value: Any, path_text: Callable[[Path], str] = str) -> str:
    """A config value as YAML. path_text: converts paths to text."""
    text: str = yaml.dump(
        plain(value, path_text),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=10_000,
    )
    # PyYAML leaves characters that change the writing direction, within double quotes
    return "".join(char if char.isprintable() or char == "\n" else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    """A character's escape in YAML's double quotes."""
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"


def plain(value: Any, path_text: Callable[[Path], str] = str) -> Any:
    """Converts to dicts, lists and scalars; a part becomes its block, or its name without keys."""
    if isinstance(value, Node):
        return plain(value.value, path_text)
    if isinstance(value, Part) or dataclasses.is_dataclass(value):
        keys = {
            field.name: plain(getattr(value, field.name), path_text)
            for field in dataclasses.fields(value)
            if field.name in getattr(value, "shown_keys", (field.name,))
        }
        if not isinstance(value, Part):
            return keys
        return {"type": value.name, **keys} if keys else value.name
    if isinstance(value, Mapping):
        return {key: plain(item, path_text) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, path_text) for item in value]
    return path_text(value) if isinstance(value, Path) else value


def part_in_words(part: Part) -> str:
    """A part with its keys, as `sgd (learning_rate 0.1, momentum 0.8)`."""
    block = plain(part)
    if isinstance(block, str):
        return block
    keys = ", ".join(
        f"{key} {value}" for key, value in block.items() if key != "type" and value is not None
    )
    return f"{block['type']} ({keys})"
