"""State: everything a training run is at one moment, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nncli.parts.arrays import Array
from nncli.parts.schedules import PlateauState


def stream(name: str, seed: int, *places: int) -> np.random.Generator:
    """The random stream called split, init, shuffle or dropout, for a seed.

    Streams of one seed are independent: drawing more from one leaves the others as they are.
    places: make it one of many, such as that of a step and a shard.
    """
    number = ("split", "init", "shuffle", "dropout").index(name)
    return np.random.default_rng([number, seed, *places])


@dataclass
class Best:
    """The best monitored value so far: lower is better, scores count negative."""

    value: float = np.inf
    epoch: int = 0
    waited: int = 0


@dataclass
class TrainState:
    """theta, slots, counters and random streams.

    epoch: completed epochs.  step: completed steps of the run.
    step_in_epoch: completed steps of the epoch under way, 0 between epochs.
    epoch_shuffle: the shuffle stream's state when the epoch under way began.
    previous: the value `converged` compares with.
    best_theta: theta of the best epoch, where early stopping restores it.
    reported: theta at the last report, kept by the trainer, which goes on writing to it.
    """

    theta: Array
    slots: dict[str, Array]
    shuffle: np.random.Generator
    dropout: np.random.Generator
    epoch: int = 0
    step: int = 0
    step_in_epoch: int = 0
    epoch_shuffle: Mapping[str, Any] | None = None
    best: Best = field(default_factory=Best)
    best_theta: Array | None = None
    reported: Array | None = None
    plateau: PlateauState = field(default_factory=PlateauState)
    previous: float | None = None

    @property
    def weights(self) -> Array:
        """The theta to use: the best epoch's if that is kept, else the last one reported."""
        return self.reported_weights if self.best_theta is None else self.best_theta

    @property
    def reported_weights(self) -> Array:
        """The theta of the last report."""
        return self.theta if self.reported is None else self.reported


class Snapshot:
    """A moment to come back to: a copy of what steps change, in buffers of its own."""

    def __init__(self, state: TrainState, streams: Sequence[np.random.Generator]) -> None:
        """streams: the random streams in use; reading the others would cost time for nothing."""
        self.state, self.streams = state, streams
        self.theta = np.empty_like(state.theta)
        self.slots = {name: np.empty_like(slot) for name, slot in state.slots.items()}
        self.take()

    def take(self) -> None:
        """Remember now."""
        state = self.state
        np.copyto(self.theta, state.theta)
        for name, slot in self.slots.items():
            np.copyto(slot, state.slots[name])
        self.random = [random.bit_generator.state for random in self.streams]
        self.epoch, self.step = state.epoch, state.step
        self.step_in_epoch, self.epoch_shuffle = state.step_in_epoch, state.epoch_shuffle

    def restore(self) -> None:
        """Go back to the moment remembered."""
        state = self.state
        np.copyto(state.theta, self.theta)
        for name, slot in self.slots.items():
            np.copyto(state.slots[name], slot)
        for random, remembered in zip(self.streams, self.random, strict=True):
            random.bit_generator.state = remembered
        state.epoch, state.step = self.epoch, self.step
        state.step_in_epoch, state.epoch_shuffle = self.step_in_epoch, self.epoch_shuffle
