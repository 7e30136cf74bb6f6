"""The given point: what a config as it is stands for in its own search space."""

from typing import TYPE_CHECKING

from nncli.config.experiment import Experiment
from nncli.config.load import assign, decode
from nncli.config.overrides import keys_in
from nncli.errors import ConfigError
from nncli.study.dimensions import Choice, Numbers
from nncli.study.key_values import MISSING, node_of, value_at
from nncli.study.trials import Point

if TYPE_CHECKING:
    from nncli.study.space import Space


def given_point(space: "Space") -> Point:
    """Where the config's values, or their defaults, are in the space; nothing where they aren't."""
    experiment = space.experiment({})
    point: dict[str, int | float] = {}
    for each in space.dimensions:
        if isinstance(each, Choice):
            point |= _option(space, each, experiment)
        elif each.condition is None:
            point |= _number(each, experiment)
    return point


def _number(dimension: Numbers, experiment: Experiment) -> Point:
    """The config's value of a dimension, if its range has it."""
    value = value_at(experiment, keys_in(dimension.column))
    if not dimension.range.is_whole and type(value) is int:
        value = float(value)
    return {dimension.name: value} if value in dimension else {}


def _option(space: "Space", choice: Choice, experiment: Experiment) -> Point:
    """The option, and its inner values, that make of the config what it is; else nothing."""
    for place in range(choice.count):
        point: dict[str, int | float] = {choice.name: place}
        inner = [each for each in space.active(point) if each.condition]
        for each in inner:
            assert isinstance(each, Numbers)
            point |= _number(each, experiment)
        if len(point) == 1 + len(inner) and _is_given(space, choice, point, experiment):
            return point
    return {}


def _is_given(space: "Space", choice: Choice, point: Point, experiment: Experiment) -> bool:
    """Whether an option, with the config's values of what lies inside it, is what the config has.

    A learning rate of 0.2 doesn't make another optimizer, where it is searched by itself.
    """
    inside = [e.column for e in space.dimensions if e.column.startswith(f"{choice.column}.")]
    root = space.assigned(point)
    try:
        for keys in map(keys_in, inside):
            value = value_at(experiment, keys)
            if value is not MISSING:
                root = assign(root, keys, node_of(value))
        made = decode(root, space.path, Experiment)[0]
    except ConfigError:
        return False
    keys = keys_in(choice.column)
    return bool(value_at(made, keys) == value_at(experiment, keys))
