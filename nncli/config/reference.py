"""Reference: describes every key of a block, from the types that decode it."""

import dataclasses
from typing import Any

from nncli.config.dump import plain
from nncli.config.hints import hints_of, spec
from nncli.config.wording import describe
from nncli.frozen import frozen
from nncli.registry import Part


@frozen
class Key:
    """A key: the values it takes, its default (None: required), and its meaning."""

    name: str
    expects: str
    default: str | None
    meaning: str

    @property
    def summary(self) -> str:
        """One line: `0.01; a number > 0; step size before any schedule`."""
        default = "required" if self.default is None else f"default {self.default}"
        return "; ".join(text for text in (default, self.expects, self.meaning) if text)


def keys_of(cls: type) -> list[Key]:
    """The keys of a dataclass, in order."""
    hints = hints_of(cls)
    fields: tuple[Any, ...] = dataclasses.fields(cls)
    return [
        Key(field.name, describe(hints[field.name]), _default(field), spec(hints[field.name]).text)
        for field in fields
        if field.init
    ]


def _default(field: Any) -> str | None:
    if field.default is not dataclasses.MISSING:
        return _short(field.default)
    if field.default_factory is not dataclasses.MISSING:
        return _short(field.default_factory())
    return None


def _short(value: Any) -> str:
    """A default in one line; a part by its name."""
    if isinstance(value, Part):
        return value.name
    if dataclasses.is_dataclass(value):
        return "see below"
    shown = plain(value)
    if isinstance(shown, bool):
        return str(shown).lower()
    return "null" if shown is None else str(shown)
