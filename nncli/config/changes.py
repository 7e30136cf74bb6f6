"""Changes: what one config says otherwise than another."""

from collections.abc import Iterator

from nncli.config.nodes import Node
from nncli.config.text import join, problem
from nncli.config.wording import show
from nncli.errors import ConfigError, Problem

ADVICE = "a resumed run keeps its settings; --set training.epochs=N makes it longer"


def refuse_changes(before: Node, after: Node, allowed: str = "") -> None:
    """Raises ConfigError, with each difference, unless a run's config is still the same.

    allowed: the key that may differ.
    """
    if found := [each for each in _differences(before, after, "") if each.path != allowed]:
        raise ConfigError(found)


def _differences(before: Node, after: Node, path: str) -> Iterator[Problem]:
    if isinstance(before.value, dict) and isinstance(after.value, dict):
        for key in {**before.value, **after.value}:
            if key not in after.value:
                yield _change(after.where, join(path, key), show(before.value[key]), "nothing")
            elif key not in before.value:
                found = show(after.value[key])
                yield _change(after.place_of(key), join(path, key), "nothing", found)
            else:
                yield from _differences(before.value[key], after.value[key], join(path, key))
    elif isinstance(before.value, list) and isinstance(after.value, list):
        if len(before.value) != len(after.value):
            lengths = [f"a list of {len(items)}" for items in (before.value, after.value)]
            yield _change(after.where, path, *lengths)
        for number, pair in enumerate(zip(before.value, after.value, strict=False)):
            yield from _differences(*pair, f"{path}[{number}]")
    elif before.value != after.value or type(before.value) is not type(after.value):
        yield _change(after.where, path, show(before), show(after))


def _change(where: str, path: str, before: str, after: str) -> Problem:
    return problem(where, path, f"expected {before}, as the run has it, found {after} ({ADVICE})")
