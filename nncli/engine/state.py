"""State: everything that training changes, and that a checkpoint saves."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nncli.data.disk import ArrayFile
from nncli.errors import FileFailure
from nncli.parts.arrays import Array
from nncli.parts.schedules import PlateauState

STREAMS = ("split", "init", "shuffle", "dropout")
TRAINING_STREAMS = STREAMS[1:]  # with other seeds, runs on the same rows differ
IN_MEMORY = 1 << 18  # bytes up to which a snapshot is in memory


def stream(name: str, seed: int, *places: int) -> np.random.Generator:
    """The random stream of a name (split, init, shuffle or dropout) and a seed.

    Streams are independent: drawing more numbers from one leaves the others as they are.
    places: distinguish several streams of one name, as by step and shard.
    """
    return np.random.default_rng([STREAMS.index(name), seed, *places])


@dataclass
class Best:
    """The best monitored value so far; lower is better, and scores are negated."""

    value: float = np.inf
    epoch: int = 0
    waited: int = 0


@dataclass
class TrainState:
    """theta, optimizer slots, counters and random streams.

    epoch: completed epochs.  step: completed steps of the run.
    step_in_epoch: completed steps of the present epoch; 0 between epochs.
    epoch_shuffle: the state of the shuffle stream at the start of the present epoch.
    previous: the last value of the column that `converged` monitors.
    best_theta: theta of the best epoch, if early stopping restores it.
    reported: theta at the last report, if steps have been made since.
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
        """The theta to use: that of the best epoch if it is kept, else of the last report."""
        return self.reported_weights if self.best_theta is None else self.best_theta

    @property
    def reported_weights(self) -> Array:
        """The theta of the last report."""
        return self.theta if self.reported is None else self.reported


class Snapshot:
    """A copy of what steps change, so that training can go back; on disk if it is large."""

    def __init__(self, state: TrainState, streams: Sequence[np.random.Generator]) -> None:
        """streams: the random streams in use; to copy the others would only cost time."""
        self.state, self.streams = state, streams
        self._arrays = [state.theta, *state.slots.values()]
        self._kept: ArrayFile | list[Array] | None = None
        if sum(array.nbytes for array in self._arrays) > IN_MEMORY:
            with suppress(FileFailure):
                self._kept = ArrayFile()
        self.take()

    def take(self) -> None:
        """Copy the present state."""
        state = self.state
        self._keep()
        self.random = [random.bit_generator.state for random in self.streams]
        self.epoch, self.step = state.epoch, state.step
        self.step_in_epoch, self.epoch_shuffle = state.step_in_epoch, state.epoch_shuffle

    def _keep(self) -> None:
        if isinstance(self._kept, ArrayFile):
            try:
                self._kept.write(self._arrays)
                return
            except FileFailure:  # the disk is full
                self._kept = None
        if self._kept is None:
            self._kept = [np.empty_like(array) for array in self._arrays]
        for kept, array in zip(self._kept, self._arrays, strict=True):
            np.copyto(kept, array)

    def _put_back(self, into: Sequence[Array]) -> None:
        """Copy the kept arrays, from the first on, into these."""
        if isinstance(self._kept, ArrayFile):
            self._kept.read(into)
            return
        assert self._kept is not None
        for array, kept in zip(into, self._kept, strict=False):
            np.copyto(array, kept)

    def theta(self) -> Array:
        """A new array with the parameters of the snapshot."""
        theta = np.empty_like(self.state.theta)
        self._put_back([theta])
        return theta

    def restore(self) -> None:
        """Set the state back to the snapshot."""
        state = self.state
        self._put_back(self._arrays)
        for random, remembered in zip(self.streams, self.random, strict=True):
            random.bit_generator.state = remembered
        state.epoch, state.step = self.epoch, self.step
        state.step_in_epoch, state.epoch_shuffle = self.step_in_epoch, self.epoch_shuffle
