"""Samplers: which point of a space is tried next.

A suggestion depends on the seed, its number and the trials told, on nothing else: whoever asks
again, in another process or after a stop, gets the same. Trial 0 is the config as given, so
suggestions begin at 1.
"""

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np

from nncli.config.source_text import join, problem
from nncli.config.sweep import SweepKeys
from nncli.errors import ConfigError
from nncli.study.dimensions import Dimension
from nncli.study.space import Space
from nncli.study.trials import Direction, EndedTrial, Point


class Sampler(Protocol):
    """Chooses points. count: how many different suggestions there are; None: no end."""

    @property
    def count(self) -> int | None:
        """See above."""

    def suggest(self, number: int, told: Sequence[EndedTrial]) -> Point:
        """The point of trial `number` >= 1. told: the trials that have ended, by number."""


def sampler_for(keys: SweepKeys, space: Space, direction: Direction) -> Sampler:
    """The sampler that a sweep asks for. Raises ConfigError if it can't search the space."""
    if keys.method == "grid":
        return GridSampler(space)
    if keys.method == "random":
        return RandomSampler(space, keys.seed)
    if keys.method == "sobol":
        return SobolSampler(space, keys.seed)
    from nncli.study.tpe import TpeSampler

    return TpeSampler(space, keys.seed, direction)


class GridSampler:
    """Every combination of values, the last key's changing first, but for that of trial 0.

    Raises ConfigError for a range whose values can't be counted.
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        endless = [each for each in space.dimensions if each.count is None]
        if endless:
            message = "a grid takes a list of values, or a range with a step or of integers"
            raise ConfigError(
                problem(each.where, join("sweep.space", each.name), message) for each in endless
            )

    @property
    def combinations(self) -> int:
        """How many there are: a product over keys, a sum over a choice's options."""
        return math.prod(sum(map(_size, branches)) for branches in self._axes)

    @property
    def count(self) -> int:
        """Without the one that the config as given has."""
        return self.combinations - (self._given is not None)

    def suggest(self, number: int, told: Sequence[EndedTrial]) -> Point:
        """The combination of that number; after the last comes the first."""
        index = (number - 1) % self.count
        if self._given is not None and index >= self._given:
            index += 1
        return self._at(index)

    @cached_property
    def _given(self) -> int | None:
        """The index of the config as given; None if it is no combination."""
        index = 0
        for branches in self._axes:
            place = _index_in(branches, self.space.given)
            if place is None:
                return None
            index = index * sum(map(_size, branches)) + place
        return index

    def _at(self, index: int) -> Point:
        point: dict[str, int | float] = {}
        for branches in reversed(self._axes):
            index, place = divmod(index, sum(map(_size, branches)))
            for branch in branches:
                if place < _size(branch):
                    point |= dict(_place_in(branch, place))
                    break
                place -= _size(branch)
        return point

    @cached_property
    def _axes(self) -> "list[list[_Branch]]":
        """For each key that always is there, its branches: a choice has one for each option."""
        inner: dict[tuple[str, int], list[Dimension]] = {}
        for each in self.space.dimensions:
            if each.condition:
                key = each.condition.choice, each.condition.option
                inner.setdefault(key, []).append(each)
        outer = [each for each in self.space.dimensions if not each.condition]
        return [_branches(each, inner) for each in outer]


_Branch = list[tuple[Dimension, Sequence[int]]]  # dimensions, each with its places


def _branches(outer: Dimension, inner: dict[tuple[str, int], list[Dimension]]) -> list[_Branch]:
    count = outer.count or 0
    if not any(choice == outer.name for choice, _ in inner):
        return [[(outer, range(count))]]
    return [
        [
            (outer, range(option, option + 1)),
            *((each, range(each.count or 0)) for each in inner.get((outer.name, option), ())),
        ]
        for option in range(count)
    ]


def _size(branch: _Branch) -> int:
    """How many combinations a branch has."""
    return math.prod(len(places) for _, places in branch)


def _index_in(branches: list[_Branch], point: Point) -> int | None:
    """Which combination of these branches a point has; None if it has none."""
    before = 0
    for branch in branches:
        found = [(each.place(point[each.name]), own) for each, own in branch if each.name in point]
        if len(found) == len(branch) and all(place in own for place, own in found):
            index = 0
            for place, own in found:
                index = index * len(own) + own.index(place)
            return before + index
        before += _size(branch)
    return None


def _place_in(branch: _Branch, place: int) -> Iterator[tuple[str, int | float]]:
    for dimension, places in reversed(branch):
        place, own = divmod(place, len(places))
        yield dimension.name, dimension.value(places[own])


class RandomSampler:
    """Every value, or its logarithm, equally often."""

    count = None

    def __init__(self, space: Space, seed: int) -> None:
        self.space, self.seed = space, seed

    def suggest(self, number: int, told: Sequence[EndedTrial]) -> Point:
        """A draw of its own stream: no trial moves another's."""
        stream = np.random.default_rng(np.random.SeedSequence([self.seed, number]))
        return self.space.at(stream.random(len(self.space.dimensions)).tolist())


class SobolSampler:
    """Points of a scrambled Sobol sequence, which leave no region out as random ones may."""

    count = None

    def __init__(self, space: Space, seed: int) -> None:
        self.space, self.seed = space, seed

    def suggest(self, number: int, told: Sequence[EndedTrial]) -> Point:
        """The sequence's point of that number."""
        from scipy.stats import qmc

        stream = np.random.default_rng(self.seed)
        sequence = qmc.Sobol(len(self.space.dimensions), scramble=True, seed=stream)
        if number > 1:
            sequence.fast_forward(number - 1)
        # 1 is possible where rounding has it so, and lies outside of the cube
        units = np.minimum(sequence.random(1)[0], np.nextafter(1.0, 0.0))
        return self.space.at(units.tolist())
