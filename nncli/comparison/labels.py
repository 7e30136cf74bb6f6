"""Labels: names, keys and values, as short as they can be and still be told apart."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from nncli.errors import printable

LONGEST = 12  # letters of names that are left as they are
LONGEST_VALUE = 60
UNSAID = (None, False, 0.0)  # values of a part's keys that go without saying


def short_names(names: Sequence[str]) -> list[str]:
    """Without what all begin and end with, whole words at a time.

    >>> short_names(["digits-sweep/trial-01", "digits-sweep/trial-12"])
    ['trial-01', 'trial-12']
    """
    if len(set(names)) < 2 or max(map(len, names)) <= LONGEST:
        return list(names)
    start = len(re.sub(r"[^/]*$", "", _common(names)))
    names = [name[start:] for name in names]
    if max(map(len, names)) > LONGEST:
        start = len(re.sub(r"[^-_. ]*$", "", _common(names)))
        end = len(re.sub(r"[^-_. ]*$", "", _common([name[::-1] for name in names])))
        if all(len(name) > start + end for name in names):
            return [name[start : len(name) - end] for name in names]
    return list(names)


def _common(texts: Sequence[str]) -> str:
    """What all begin with."""
    first, last = min(texts), max(texts)
    pairs = zip(first, last, strict=False)
    return first[: next((i for i, (a, b) in enumerate(pairs) if a != b), len(first))]


def short_keys(keys: Sequence[str]) -> list[str]:
    """The last word of each key, where no other ends so."""
    last = [key.rpartition(".")[2] for key in keys]
    return [word if last.count(word) == 1 else key for key, word in zip(keys, last, strict=True)]


def short_values(values: Sequence[Any]) -> list[str]:
    """Values of one key as text; of layers, only what differs between them."""
    blocks = [each for value in values for each in _blocks(value)]
    same = {
        key
        for key in (key for block in blocks for key in block)
        if all(block.get(key) == blocks[0].get(key) for block in blocks)
    }
    is_list = any(isinstance(value, list) for value in values)
    return [printable(_words(value, same if is_list else set()), LONGEST_VALUE) for value in values]


def _blocks(value: Any) -> list[Mapping[str, Any]]:
    """The blocks in a list of layers."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _words(value: Any, same: set[str]) -> str:
    """A value as it would be written; of a block, the keys that say something.

    >>> _words({"type": "sgd", "learning_rate": 0.1, "momentum": 0.0}, set())
    'sgd (learning_rate 0.1)'
    """
    if isinstance(value, list):
        return f"[{', '.join(_words(item, same) for item in value)}]"
    if not isinstance(value, dict):
        return value if isinstance(value, str) else json.dumps(value)
    said = {key: each for key, each in value.items() if key not in same and each not in UNSAID}
    name = said.pop("type", "")
    if not name and list(said) == ["units"]:
        return str(said["units"])
    own = ", ".join(f"{key} {_words(each, same)}" for key, each in said.items())
    return f"{name} ({own})" if name and own else name or own or str(value.get("type", ""))
