"""Config text: the config from which the page writes its YAML."""

from dataclasses import MISSING, fields
from typing import Any

from nncli.artifacts.loaded_network import LoadedNetwork
from nncli.config.dump import plain
from nncli.config.load import read_root
from nncli.config.source_text import read_text
from nncli.registry import Part


def tree(loaded: LoadedNetwork, assignments: tuple[str, ...]) -> Any:
    """The keys given by the config file and `--set`; of a run, all keys."""
    if loaded.reader is not None:
        given, _ = loaded.reader.config
        return plain(given)
    return plain(read_root(read_text(loaded.path), loaded.path, assignments))


def brief(part: Part) -> Any:
    """A part as a config value, without keys that have their defaults."""
    keys: dict[str, Any] = {}
    for key in fields(part):
        value = getattr(part, key.name)
        default = key.default_factory() if key.default_factory is not MISSING else key.default
        if value != default:
            keys[key.name] = brief(value) if isinstance(value, Part) else plain(value)
    return {"type": part.name, **keys} if keys else part.name
