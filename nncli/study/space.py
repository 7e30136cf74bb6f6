"""Search space: its dimensions, and the config values that a point sets."""

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
from nncli.study.ended_trial import Point
from nncli.study.space_reading import read_dimensions


@frozen
class Space:
    """A search space.

    root: the config as given, with `--set`.  path: its file.
    dimensions: outer keys first; each choice before the dimensions that depend on it.
    """

    root: Node
    path: Path
    dimensions: tuple[Dimension, ...]

    @classmethod
    def read(cls, root: Node, path: Path) -> "Space":
        """Read a config's `sweep.space`. Raises ConfigError with every problem at its place."""
        return cls(root, path, read_dimensions(root, path))

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The dotted keys that points set, each once."""
        return tuple(dict.fromkeys(each.column for each in self.dimensions))

    def active(self, point: Point) -> Iterator[Dimension]:
        """The dimensions that a point's choices activate."""
        for each in self.dimensions:
            on = each.condition
            if on is None or point.get(on.choice) == on.option:
                yield each

    def from_unit(self, units: Sequence[float]) -> Point:
        """Map a point of the unit cube, one coordinate per dimension, into the space."""
        point: dict[str, int | float] = {}
        for each, unit in zip(self.dimensions, units, strict=True):
            on = each.condition
            if on is None or point[on.choice] == on.option:
                point[each.name] = each.from_unit(unit)
        return point

    # ---- what a point sets

    def assignments(self, point: Point) -> list[tuple[str, Node]]:
        """(dotted key, value) of each key that a point sets; outer keys first."""
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
        """Where the config writes the value of each key that a point sets."""
        return {
            e.column: e.node(point[e.name]).where for e in self.active(point) if e.name in point
        }

    def _outer(self, dimension: Dimension) -> str:
        """The key of the choice that a conditional dimension depends on."""
        assert dimension.condition is not None
        return next(e.column for e in self.dimensions if e.name == dimension.condition.choice)

    def assigned(self, point: Point) -> Node:
        """The config with a point's values, without its `sweep`."""
        assert isinstance(self.root.value, dict)
        kept = {key: node for key, node in self.root.value.items() if key != "sweep"}
        root = replace(self.root, value=kept)
        for key, node in self.assignments(point):
            root = assign(root, keys_in(key), node)
        return root

    def experiment(self, point: Point) -> Experiment:
        """The decoded config of a point. Raises ConfigError if its values don't fit together."""
        return decode(self.assigned(point), self.path, Experiment)[0]

    # ---- a point as text

    def cells(self, point: Point) -> dict[str, str]:
        """A point as table cells by column; empty where it has no value."""
        found = dict.fromkeys(self.columns, "")
        found |= {e.column: e.text(point[e.name]) for e in self.active(point) if e.name in point}
        return found

    def point(self, cells: Mapping[str, str]) -> Point:
        """The point of table cells. Raises ValueError if it is not in the space."""
        point: dict[str, int | float] = {}
        for each in self.dimensions:
            on = each.condition
            if cells[each.column] and (on is None or point.get(on.choice) == on.option):
                point[each.name] = each.read(cells[each.column])
        return point
