"""Space: the dimensions that a sweep searches, and what a point of it sets in the config."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from nncli.config.experiment import Experiment
from nncli.config.load import assign, decode
from nncli.config.nodes import Node
from nncli.config.overrides import apply, keys_in
from nncli.frozen import frozen
from nncli.study.dimensions import Dimension
from nncli.study.given_point import given_point
from nncli.study.space_checks import check
from nncli.study.space_reading import read_dimensions
from nncli.study.trials import Point


@frozen
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
        check(space)
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

    def places(self, point: Point) -> dict[str, str]:
        """Where the value of each dotted key that a point sets is written."""
        return {
            e.column: e.node(point[e.name]).where for e in self.active(point) if e.name in point
        }

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

    @cached_property
    def given(self) -> Point:
        """What the config as it is stands for, where its values, or defaults, are in the space."""
        return given_point(self)
