"""Group labels: shorten names, keys and values as far as they stay distinct."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from nncli.comparison.comparison import Group
from nncli.errors import printable

MIN_SHORTENED = 12  # letters; names up to this length are kept
MAX_VALUE_LETTERS = 60
MAX_LABEL_LETTERS = 30  # in a plot
ALWAYS_SHOWN = {"units", "learning_rate"}
NEVER_SHOWN = (None, False, 0.0)  # values of a part's keys


def short_names(names: Sequence[str]) -> tuple[list[str], str]:
    """Names without their common start and end, in whole words; and the pattern of these.

    >>> short_names(["digits-sweep/trial-01", "digits-sweep/trial-12"])
    (['trial-01', 'trial-12'], 'digits-sweep/*')
    """
    if len(set(names)) < 2 or max(map(len, names)) <= MIN_SHORTENED:
        return list(names), ""
    start = len(re.sub(r"[^/]*$", "", _common(names)))
    end = 0
    if max(map(len, names)) > MIN_SHORTENED + start:
        start = len(re.sub(r"[^-_. /]*$", "", _common(names)))
        end = len(re.sub(r"[^-_. /]*$", "", _common([name[::-1] for name in names])))
    if any(len(name) <= start + end for name in names):
        return list(names), ""
    first = names[0]
    shape = f"{first[:start]}*{first[len(first) - end :]}" if start + end else ""
    return [name[start : len(name) - end] for name in names], shape


def _common(texts: Sequence[str]) -> str:
    """The longest common prefix."""
    first, last = min(texts), max(texts)
    pairs = zip(first, last, strict=False)
    return first[: next((i for i, (a, b) in enumerate(pairs) if a != b), len(first))]


def short_keys(keys: Sequence[str]) -> list[str]:
    """The last word of each key if it is unique, else the whole key."""
    last = [key.rpartition(".")[2] for key in keys]
    return [word if last.count(word) == 1 else key for key, word in zip(keys, last, strict=True)]


def short_values(values: Sequence[Any]) -> list[str]:
    """Values of one key as text; of parts, only the keys that differ within a type.

    >>> short_values([[{"type": "dense", "units": 8, "bias": True}], []])
    ['[8]', '[]']
    >>> short_values([0.005026619117662285, 0.01])
    ['0.005027', '0.01']
    """
    if all(isinstance(value, float) for value in values):
        rounded = [f"{value:.4g}" for value in values]
        return rounded if len(set(rounded)) == len(set(values)) else list(map(str, values))
    unsaid = _unsaid([block for value in values for block in _blocks(value)])
    return [printable(_words(value, unsaid), MAX_VALUE_LETTERS) for value in values]


def _blocks(value: Any) -> list[Mapping[str, Any]]:
    """The parts in a value: itself, or those of a list."""
    found = value if isinstance(value, list) else [value]
    return [each for each in found if isinstance(each, dict)]


def _unsaid(blocks: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
    """For each type of part, the keys with one value in all blocks; none for a single block."""
    by_type: dict[str, list[Mapping[str, Any]]] = {}
    for block in blocks:
        by_type.setdefault(str(block.get("type")), []).append(block)
    return {
        name: {key for key in own[0] if all(each.get(key) == own[0][key] for each in own)}
        - ALWAYS_SHOWN
        for name, own in by_type.items()
        if len(own) > 1 or name == "dense"
    }


def _words(value: Any, unsaid: Mapping[str, set[str]]) -> str:
    """A value as text; of a part, its name and the shown keys.

    >>> _words({"type": "sgd", "learning_rate": 0.1, "momentum": 0.0}, {})
    'sgd (learning_rate 0.1)'
    """
    if isinstance(value, list):
        return f"[{', '.join(_words(item, unsaid) for item in value)}]"
    if not isinstance(value, dict):
        return value if isinstance(value, str) else json.dumps(value)
    kept = value.keys() - unsaid.get(str(value.get("type")), set()) - {"type"}
    said = {key: each for key, each in value.items() if key in kept and each not in NEVER_SHOWN}
    name = str(value.get("type", ""))
    if name == "dense" and list(said) == ["units"]:
        return str(said["units"])
    own = ", ".join(f"{key} {_words(each, unsaid)}" for key, each in said.items())
    return f"{name} ({own})" if name and own else name or own


def labels(keys: Sequence[str], groups: Sequence[Group]) -> tuple[list[str], str]:
    """A distinct label per group for a plot, and an explanation of the labels if needed.

    Keys with values if these are short, else values only, else shortened names.
    """
    words, names = short_keys(keys), short_names([group.name for group in groups])
    values = [short_values([group.settings[key] for group in groups]) for key in keys]
    rows = list(zip(*values, strict=True))
    whole = [", ".join(map(" ".join, zip(words, row, strict=True))) for row in rows]
    for said, what in ((whole, ""), ([" · ".join(row) for row in rows], ", ".join(words))):
        if len(set(said)) == len(groups) and max(map(len, said)) <= MAX_LABEL_LETTERS:
            return said, what
    return names
