"""Edit: a config key and its new value, as short as a user would write it."""

from collections.abc import Sequence
from dataclasses import field, fields
from typing import Any

import yaml

from nncli.config.dump import plain
from nncli.config.hints import required
from nncli.frozen import frozen
from nncli.parts.activations import Activation
from nncli.parts.initializers import Initializer
from nncli.parts.layers import Dense, Layer, Output


@frozen
class Edit:
    """A config key and its new value, as YAML text.

    cause: the problem that it indicates if this edit helps; empty if it indicates none.
    """

    key: str
    value: str
    cause: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


Edits = Sequence[Edit]


def flow(value: Any) -> str:
    """YAML on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000)
    return text.strip()


def short(layer: Layer | Output) -> Any:
    """A layer as a config value, without keys that have their defaults."""
    block = plain(layer)
    if not isinstance(block, dict):
        return block
    defaults = {field.name: plain(field.default) for field in fields(layer)}
    if isinstance(layer, Dense):
        defaults["kernel_initializer"] = plain(layer.activation.initializer)
    kept = {
        key: _plain_name(getattr(layer, key, None), value)
        for key, value in block.items()
        if value != defaults.get(key, "")
    }
    if isinstance(layer, Output):
        return {key: value for key, value in kept.items() if key != "type"}
    alone = {frozenset({"type", "units"}): "units", frozenset({"type"}): "type"}
    return kept[alone[keys]] if (keys := frozenset(kept)) in alone else kept


def _plain_name(part: Any, block: Any) -> Any:
    """The name of a part with default keys, else its block."""
    is_part = isinstance(part, Activation | Initializer) and not required(type(part))
    return part.name if is_part and type(part)() == part else block
