"""Space: the dimensions that a sweep searches, and what a point of it sets in the config."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from nncli.config.experiment import Experiment
from nncli.config.load import assign, decode, reading_order
from nncli.config.nodes import Node
from nncli.config.overrides import apply, keys_in
from nncli.config.source_text import join, problem
from nncli.errors import ConfigError, Problem
from nncli.study.dimensions import Choice, Dimension, Numbers
from nncli.study.key_values import MISSING, node_of, value_at
from nncli.study.space_reading import read_dimensions
from nncli.study.trials import Point


@dataclass(frozen=True)
class Space:
    """What is searched.

    root: the config as given, with `--set`.  path: its file.
    dimensions: outer keys first; behind a choice those that are there with one of its options.
    """

    root: Node
    path: Path
    dimensions: tuple[Dimension, ...]

    @classmethod
    def read(cls, root: Node, path: Path) -> "Space":
        """The space of a config's `sweep` block; every choice and both ends of every range tried.

        Raises ConfigError with all that is wrong, each at its place.
        """
        space = cls(root, path, read_dimensions(root, path))
        space._check()
        return space

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The dotted keys that are set, each once."""
        return tuple(dict.fromkeys(each.column for each in self.dimensions))

    def active(self, point: Point) -> Iterator[Dimension]:
        """The dimensions that are there, given the choices of a point."""
        for each in self.dimensions:
            on = each.condition
            if on is None or point.get(on.choice) == on.option:
                yield each

    def at(self, units: Sequence[float]) -> Point:
        """The point at a place of the unit cube, which has a side for each dimension."""
        point: dict[str, int | float] = {}
        for each, unit in zip(self.dimensions, units, strict=True):
            on = each.condition
            if on is None or point[on.choice] == on.option:
                point[each.name] = each.at(unit)
        return point

    # ---- what a point sets

    def assignments(self, point: Point) -> list[tuple[str, Node]]:
        """(dotted key, value) of each key that a point sets, outer ones first."""
        found = {}
        for each in self.active(point):
            if each.name in point:
                node = each.node(point[each.name])
                if each.condition is None:
                    found[each.column] = node
                else:
                    outer = self._outer(each)
                    inner = keys_in(each.column.removeprefix(f"{outer}."))
                    found[outer] = apply(found[outer], inner, node)
        return list(found.items())

    def _outer(self, dimension: Dimension) -> str:
        """The key of the choice that a dimension depends on."""
        assert dimension.condition is not None
        return next(e.column for e in self.dimensions if e.name == dimension.condition.choice)

    def assigned(self, point: Point) -> Node:
        """The config with a point's values set, and without its `sweep`."""
        assert isinstance(self.root.value, dict)
        kept = {key: node for key, node in self.root.value.items() if key != "sweep"}
        root = replace(self.root, value=kept)
        for key, node in self.assignments(point):
            root = assign(root, keys_in(key), node)
        return root

    def experiment(self, point: Point) -> Experiment:
        """The same, decoded. Raises ConfigError if the values don't fit together."""
        return decode(self.assigned(point), self.path, Experiment)[0]

    # ---- a point as text

    def cells(self, point: Point) -> dict[str, str]:
        """The text of each column; empty where the point has no value."""
        found = dict.fromkeys(self.columns, "")
        found |= {e.column: e.text(point[e.name]) for e in self.active(point) if e.name in point}
        return found

    def point(self, cells: Mapping[str, str]) -> Point:
        """The point of such texts. Raises ValueError if the space has none such."""
        point: dict[str, int | float] = {}
        for each in self.dimensions:
            on = each.condition
            if cells[each.column] and (on is None or point.get(on.choice) == on.option):
                point[each.name] = each.read(cells[each.column])
        return point

    # ---- the config as given

    @cached_property
    def given(self) -> Point:
        """What the config as it is stands for, where its values, or defaults, are in the space."""
        experiment = self.experiment({})
        point: dict[str, int | float] = {}
        for each in self.dimensions:
            if isinstance(each, Choice):
                point |= self._given_choice(each, experiment)
            elif each.condition is None:
                point |= _given_number(each, experiment)
        return point

    def _given_choice(self, choice: Choice, experiment: Experiment) -> Point:
        """The option, and its inner values, that make of the config what it is; else nothing."""
        keys = keys_in(choice.column)
        value = value_at(experiment, keys)
        for place in range(choice.count):
            point: dict[str, int | float] = {choice.name: place}
            inner = [e for e in self.active(point) if e.condition and e.name != choice.name]
            for each in inner:
                assert isinstance(each, Numbers)
                point |= _given_number(each, experiment)
            if len(point) <= len(inner):
                continue
            try:
                root = self.assigned(point)
                for key in self._inside(choice, experiment):
                    root = assign(root, keys_in(key), node_of(value_at(experiment, keys_in(key))))
                made = decode(root, self.path, Experiment)[0]
            except ConfigError:
                continue
            if value_at(made, keys) == value:
                return point
        return {}

    def _inside(self, choice: Choice, experiment: Experiment) -> list[str]:
        """Keys of other dimensions inside a choice's, where the config has a value."""
        return [
            each.column
            for each in self.dimensions
            if each.condition is None
            and each.column.startswith(f"{choice.column}.")
            and value_at(experiment, keys_in(each.column)) is not MISSING
        ]

    # ---- checks

    def _check(self) -> None:
        found: dict[Problem, None] = {}
        for point in self._corners():
            try:
                experiment = self.experiment(point)
            except ConfigError as error:
                found |= dict.fromkeys(error.problems)
            else:
                found |= dict.fromkeys(self._whole_for_floats(point, experiment))
        if found:
            raise ConfigError(sorted(found, key=reading_order))

    def _corners(self) -> Iterator[Point]:
        """Points that show every option, and both ends of every range, at least once."""
        for i, each in enumerate(self.dimensions):
            units = [0.0] * len(self.dimensions)
            options = each.count if isinstance(each, Choice) else 2
            for place in range(options):
                if each.condition is not None:
                    names = [other.name for other in self.dimensions]
                    outer = self.dimensions[names.index(each.condition.choice)]
                    assert isinstance(outer, Choice)
                    units[names.index(outer.name)] = (each.condition.option + 0.5) / outer.count
                units[i] = (place + 0.5) / options if isinstance(each, Choice) else float(place)
                yield self.at(units)

    def _whole_for_floats(self, point: Point, experiment: Experiment) -> Iterator[Problem]:
        """Ranges of integers, by mistake it seems, for keys that take any number."""
        for each in self.active(point):
            if not isinstance(each, Numbers) or not each.range.is_whole or each.range.step:
                continue
            if isinstance(value_at(experiment, keys_in(each.column)), float):
                message = (
                    f"low and high are integers, so only integers would be tried: write "
                    f"{each.range.low}.0 and {each.range.high}.0, or step: 1 if that is meant"
                )
                yield problem(each.where, join("sweep.space", each.name), message)


def _given_number(dimension: Numbers, experiment: Experiment) -> Point:
    """The config's value of a dimension, if its range has it."""
    value = value_at(experiment, keys_in(dimension.column))
    if not dimension.range.is_whole and type(value) is int:
        value = float(value)
    return {dimension.name: value} if value in dimension else {}
