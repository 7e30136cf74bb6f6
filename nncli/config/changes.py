"""Changes: the keys in which two experiments differ."""

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

from nncli.config.dump import part_in_words, plain
from nncli.config.experiment import Experiment
from nncli.config.source_text import join
from nncli.errors import printable
from nncli.frozen import frozen
from nncli.registry import Part


@frozen
class Change:
    """A key with its two values, as texts."""

    key: str
    recorded: str
    asked: str

    def __str__(self) -> str:
        return f"recorded {self.recorded}, asked for {self.asked}"


def changes(recorded: Experiment, asked: Experiment) -> Iterator[Change]:
    """Yields every key whose values differ, in the order of the config reference."""
    return _changes("", recorded, asked)


def _changes(key: str, recorded: Any, asked: Any) -> Iterator[Change]:
    """Compares two values, field by field where their types are the same."""
    if recorded == asked:
        return
    if dataclasses.is_dataclass(recorded) and type(recorded) is type(asked):
        for field in (each for each in dataclasses.fields(recorded) if each.compare):
            values = getattr(recorded, field.name), getattr(asked, field.name)
            yield from _changes(join(key, field.name), *values)
    elif isinstance(recorded, list) and isinstance(asked, list) and len(recorded) == len(asked):
        for index, items in enumerate(zip(recorded, asked, strict=True)):
            yield from _changes(f"{key}[{index}]", *items)
    else:
        yield Change(key, _as_text(recorded), _as_text(asked))


def _as_text(value: Any) -> str:
    if isinstance(value, Part):
        return printable(part_in_words(value), 200)
    if isinstance(value, list):
        return f"[{', '.join(map(_as_text, value))}]"
    shown = plain(value)
    return printable(shown if isinstance(shown, str) else json.dumps(shown), 200)
