"""The given point: the config's own values as a point of its search space."""

from nncli.config.experiment import Experiment
from nncli.config.load import assign, decode
from nncli.config.overrides import keys_in
from nncli.errors import ConfigError
from nncli.study.dimensions import Choice, Numeric
from nncli.study.ended_trial import Point
from nncli.study.key_values import MISSING, node_of, value_at
from nncli.study.space import Space


def given_point(space: Space) -> Point:
    """The config's values, or their defaults, as a point; values outside the space are left out."""
    experiment = space.experiment({})
    point: dict[str, int | float] = {}
    for each in space.dimensions:
        if isinstance(each, Choice):
            point |= _option(space, each, experiment)
        elif each.condition is None:
            point |= _number(each, experiment)
    return point


def _number(dimension: Numeric, experiment: Experiment) -> Point:
    """The config's value of a dimension, if it is in the range."""
    value = value_at(experiment, keys_in(dimension.column))
    if not dimension.range.is_whole and type(value) is int:
        value = float(value)
    return {dimension.name: value} if value in dimension else {}


def _option(space: Space, choice: Choice, experiment: Experiment) -> Point:
    """The option and inner values that reproduce the config; empty if none does."""
    for place in range(choice.count):
        point: dict[str, int | float] = {choice.name: place}
        inner = [each for each in space.active(point) if each.condition]
        for each in inner:
            assert isinstance(each, Numeric)
            point |= _number(each, experiment)
        if len(point) == 1 + len(inner) and _is_given(space, choice, point, experiment):
            return point
    return {}


def _is_given(space: Space, choice: Choice, point: Point, experiment: Experiment) -> bool:
    """Whether a point decodes to the config's value of a choice.

    Keys inside the choice that have dimensions of their own keep the config's values: an optimizer
    is the same one at any learning rate that is searched separately.
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
