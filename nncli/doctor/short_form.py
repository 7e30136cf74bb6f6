"""Short form: a layer in one line of YAML, as a user would write it."""

import dataclasses
from typing import Any

import yaml

from nncli.config.dump import plain
from nncli.parts.activations import Activation
from nncli.parts.initializers import FromFile, Initializer
from nncli.parts.layers import Dense, Layer, Output


def flow(value: Any) -> str:
    """YAML in one line."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000)
    return text.strip()


def short(layer: Layer | Output) -> Any:
    """A layer without the keys that say what goes without saying."""
    block = plain(layer)
    if not isinstance(block, dict):
        return block
    defaults = {field.name: plain(field.default) for field in dataclasses.fields(layer)}
    if isinstance(layer, Dense):
        defaults["kernel_initializer"] = plain(layer.activation.initializer)
    kept = {
        key: _plain_name(getattr(layer, key, None), value)
        for key, value in block.items()
        if value != defaults.get(key, "")
    }
    if isinstance(layer, Output):
        return {key: value for key, value in kept.items() if key != "type"}
    bare = {frozenset({"type", "units"}): "units", frozenset({"type"}): "type"}
    return kept[bare[keys]] if (keys := frozenset(kept)) in bare else kept


def _plain_name(part: Any, block: Any) -> Any:
    """The bare name of a part whose keys all have their defaults, else its block."""
    is_part = isinstance(part, Activation | Initializer) and not isinstance(part, FromFile)
    return part.name if is_part and type(part)() == part else block
