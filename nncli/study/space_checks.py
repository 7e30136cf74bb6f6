"""Checked search space: the config decodes with its values, before any trial runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nncli.config.experiment import Experiment
from nncli.config.load import reading_order
from nncli.config.nodes import Node
from nncli.config.overrides import keys_in
from nncli.config.source_text import join, problem
from nncli.errors import ConfigError, Problem
from nncli.study.dimensions import Choice, Dimension, Numeric
from nncli.study.ended_trial import Point
from nncli.study.key_values import value_at
from nncli.study.space import Space


def read_checked(root: Node, path: Path) -> Space:
    """The space of a config, which decodes with each option and with both ends of each range.

    Raises ConfigError with every problem, at the place of the offending value.
    """
    space = Space.read(root, path)
    found: dict[Problem, None] = {}
    for point in _corners(space):
        try:
            experiment = space.experiment(point)
        except ConfigError as error:
            found |= dict.fromkeys(error.problems)
        else:
            found |= dict.fromkeys(_misunderstood(space, point, experiment))
    if found:
        raise ConfigError(sorted(found, key=reading_order))
    return space


def _corners(space: Space) -> Iterator[Point]:
    """A point for every option and both ends of every range; others have their first value."""
    sides = {each.name: 0.0 for each in space.dimensions}
    by_name = {each.name: each for each in space.dimensions}
    for each in space.dimensions:
        there = {}
        if each.condition is not None:
            outer = by_name[each.condition.choice]
            there[outer.name] = _side(outer, each.condition.option)
        for place in range(each.count if isinstance(each, Choice) else 2):
            yield space.from_unit([*{**sides, **there, each.name: _side(each, place)}.values()])


def _side(dimension: Dimension, place: int) -> float:
    """The unit-cube coordinate of an option, or of the lower or upper end of a range."""
    return (place + 0.5) / dimension.count if isinstance(dimension, Choice) else float(place)


def _misunderstood(space: Space, point: Point, experiment: Experiment) -> Iterator[Problem]:
    """Problems of ranges that decode, but are likely a mistake."""
    for each in space.active(point):
        if isinstance(each, Numeric):
            value = value_at(experiment, keys_in(each.column))
            if message := _misunderstanding(each, point[each.name], value):
                yield problem(each.where, join("sweep.space", each.name), message)


def _misunderstanding(dimension: Numeric, asked: float, found: Any) -> str:
    """The problem of a range whose value `asked` decodes to `found`; empty if none."""
    it = dimension.range
    if isinstance(found, int | float) and found != asked:
        return "it has no effect: another key of the space sets the same"
    if isinstance(found, float) and it.is_whole and it.step is None:
        return (
            f"low and high are integers, so only integers would be tried: write "
            f"{it.low}.0 and {it.high}.0, or step: 1 if that is meant"
        )
    return ""
