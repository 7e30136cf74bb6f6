"""Trials: what is known of those of a study when the next one is chosen."""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from nncli.frozen import frozen

Direction = Literal["minimize", "maximize"]
State = Literal["completed", "pruned", "diverged", "invalid", "failed", "crashed"]
Point = Mapping[str, int | float]  # by the name of a dimension; of a choice its place in the list
Reports = Mapping[int, float]  # the objective after each logged epoch, in their order


@frozen
class EndedTrial:
    """A trial that has ended.

    point: empty where the config as it is has no value in the space.  value: None if it failed.
    """

    number: int
    point: Point
    state: State
    value: float | None
    reports: Reports = field(default_factory=dict)
