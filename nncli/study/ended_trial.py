"""Ended trials: the history that samplers and pruners see."""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from nncli.frozen import frozen

Direction = Literal["minimize", "maximize"]
State = Literal["completed", "pruned", "diverged", "invalid", "failed", "crashed"]
Point = Mapping[str, int | float]  # by dimension name; of a choice the option's index
Reports = Mapping[int, float]  # the objective by logged epoch, ascending


@frozen
class EndedTrial:
    """An ended trial.

    point: without the dimensions in which the given config is outside the space.
    value: the objective; None if the trial failed.
    """

    number: int
    point: Point
    state: State
    value: float | None
    reports: Reports = field(default_factory=dict)
