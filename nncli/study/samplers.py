"""Samplers: choose the point of the next trial.

A suggestion depends on the seed, the trial number and the history only: any process, before or
after a stop, gets the same one. Trial 0 is the config as given, so suggestions begin at 1.
"""

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np

from nncli.config.source_text import join, problem
from nncli.config.sweep_keys import SweepKeys
from nncli.errors import ConfigError
from nncli.study.dimensions import Dimension
from nncli.study.ended_trial import Direction, EndedTrial, Point
from nncli.study.given_point import given_point
from nncli.study.space import Space


class Sampler(Protocol):
    """Suggests the points of trials."""

    @property
    def count(self) -> int | None:
        """The number of different suggestions; None if unlimited."""

    def suggest(self, number: int, history: Sequence[EndedTrial]) -> Point:
        """The point of trial `number` >= 1. history: ended trials, by number."""


def sampler_for(keys: SweepKeys, space: Space, direction: Direction) -> Sampler:
    """The sampler of `sweep.method`. Raises ConfigError if it can't search the space."""
    if keys.method == "grid":
        return GridSampler(space)
    if keys.method == "random":
        return RandomSampler(space, keys.seed)
    if keys.method == "sobol":
        return SobolSampler(space, keys.seed)
    from nncli.study.tpe import TpeSampler

    return TpeSampler(space, keys.seed, direction)


class GridSampler:
    """Every combination of values except that of trial 0; the last key varies fastest.

    Raises ConfigError for a continuous range.
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
        """The size of the grid: a product over keys, of the sum over a choice's options."""
        return math.prod(sum(map(_size, branches)) for branches in self._axes)

    @property
    def count(self) -> int:
        """The combinations without the one of trial 0."""
        return self.combinations - (self._given is not None)

    def suggest(self, number: int, history: Sequence[EndedTrial]) -> Point:
        """Combination `number`; after the last one, the first again."""
        index = (number - 1) % self.count
        if self._given is not None and index >= self._given:
            index += 1
        return self._at(index)

    @cached_property
    def _given(self) -> int | None:
        """The index of the config as given; None if it is not on the grid."""
        index, given = 0, given_point(self.space)
        for branches in self._axes:
            place = _index_in(branches, given)
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
        """The branches of each unconditional key: a choice has one per option."""
        inner: dict[tuple[str, int], list[Dimension]] = {}
        for each in self.space.dimensions:
            if each.condition:
                key = each.condition.choice, each.condition.option
                inner.setdefault(key, []).append(each)
        outer = [each for each in self.space.dimensions if not each.condition]
        return [_branches(each, inner) for each in outer]


_Branch = list[tuple[Dimension, Sequence[int]]]  # dimensions, each with its value indices


def _branches(outer: Dimension, inner: dict[tuple[str, int], list[Dimension]]) -> list[_Branch]:
    """The branches of a key. inner: the dimensions inside a choice, by its name and option."""
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
    """The number of combinations of a branch."""
    return math.prod(len(places) for _, places in branch)


def _index_in(branches: list[_Branch], point: Point) -> int | None:
    """The index of a point's combination among these branches; None if there is none."""
    before = 0
    for branch in branches:
        found = [
            (each.index_of(point[each.name]), own) for each, own in branch if each.name in point
        ]
        if len(found) == len(branch) and all(place in own for place, own in found):
            index = 0
            for place, own in found:
                index = index * len(own) + own.index(place)
            return before + index
        before += _size(branch)
    return None


def _place_in(branch: _Branch, place: int) -> Iterator[tuple[str, int | float]]:
    """(dimension's name, value) of each dimension of a branch's combination `place`."""
    for dimension, places in reversed(branch):
        place, own = divmod(place, len(places))
        yield dimension.name, dimension.value(places[own])


class RandomSampler:
    """Uniform, or log-uniform, independent draws."""

    count = None

    def __init__(self, space: Space, seed: int) -> None:
        self.space, self.seed = space, seed

    def suggest(self, number: int, history: Sequence[EndedTrial]) -> Point:
        """A draw from the trial's own random stream."""
        stream = np.random.default_rng(np.random.SeedSequence([self.seed, number]))
        return self.space.from_unit(stream.random(len(self.space.dimensions)).tolist())


class SobolSampler:
    """A scrambled Sobol sequence: more even than random draws."""

    count = None

    def __init__(self, space: Space, seed: int) -> None:
        self.space, self.seed = space, seed

    def suggest(self, number: int, history: Sequence[EndedTrial]) -> Point:
        """Point `number` of the sequence."""
        from scipy.stats import qmc

        stream = np.random.default_rng(self.seed)
        sequence = qmc.Sobol(len(self.space.dimensions), scramble=True, seed=stream)
        if number > 1:
            sequence.fast_forward(number - 1)
        # rounding may give 1, which is outside the half-open cube
        units = np.minimum(sequence.random(1)[0], np.nextafter(1.0, 0.0))
        return self.space.from_unit(units.tolist())
