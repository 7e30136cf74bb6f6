"""Choices: the alternatives that a page offers to its config's parts."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from nncli.errors import NncliError
from nncli.parts.activations import Activation, Softmax
from nncli.parts.layers import Dense, Dropout
from nncli.parts.optimizers import GradientDescent, Lbfgs, Optimizer, Sgd
from nncli.parts.regularizers import Regularizer
from nncli.playground.library import Library, described
from nncli.registry import Part, members

MOMENTUM = 0.9  # of the offered sgd with momentum


def offered(library: Library) -> dict[str, list[dict[str, Any]]]:
    """The alternatives by kind; their fragments are added to the library."""
    for name, fragments in vars(_offered()[0]).items():
        if isinstance(fragments, dict):
            getattr(library, name).update(fragments)
    return _offered()[1]


@cache
def _offered() -> tuple[Library, dict[str, list[dict[str, Any]]]]:
    library = Library()
    dropout = described(Dropout(), library.add_layer(Dropout()))
    return library, {
        "activations": [
            {**described(part, name), "starts": library.add_starts(Dense(2, part))}  # type: ignore[arg-type]
            for part, name in _playable("activation", library)
        ],
        "optimizers": [described(*each) for each in _playable("optimizer", library)],
        "regularizers": [described(*each) for each in _playable("regularizer", library)],
        "dropout": [dropout],
    }


def _playable(kind: str, library: Library) -> Iterator[tuple[Part, str]]:
    """Yields the parts of a kind that a page can compute, with default keys, and their variant."""
    for cls in members(kind).values():
        for part in _presets(cls):
            try:
                yield part, _add(library, part)
            except (NncliError, NotImplementedError, TypeError, ValueError):
                continue  # a plug-in's part that can't be translated


def _presets(cls: type[Part]) -> Iterator[Part]:
    if cls in (Softmax, GradientDescent, Lbfgs):  # for outputs only; the same as sgd; without steps
        return
    try:
        part = cls()
    except TypeError:  # it has a required key
        return
    yield part
    if cls is Sgd:
        yield replace(part, momentum=MOMENTUM)  # type: ignore[call-arg]
        yield replace(part, momentum=MOMENTUM, nesterov=True)  # type: ignore[call-arg]


def _add(library: Library, part: Part) -> str:
    match part:
        case Activation():
            return library.add_layer(Dense(units=2, activation=part))
        case Optimizer():
            return library.add_optimizer(part)
        case Regularizer():
            return library.add_regularizer(part)
    raise NncliError(f"pages offer no {part.kind}")
