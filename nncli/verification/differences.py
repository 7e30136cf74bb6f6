"""Differences between a run's records and its replay."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

import numpy as np

from nncli.engine.layout import Layout
from nncli.engine.state import TrainState
from nncli.frozen import frozen
from nncli.parts.arrays import Array


@frozen
class EpochDifference:
    """A logged epoch that differs from its record.

    tensors: those that differ.  columns: of metrics.csv that differ, as (recorded, replayed).
    Neither: the epoch is missing from the record or the replay.
    """

    epoch: int
    tensors: tuple[str, ...] = ()
    columns: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        columns = {
            name: {"recorded": recorded, "replayed": replayed}
            for name, (recorded, replayed) in self.columns.items()
        }
        return {"epoch": self.epoch, "tensors": list(self.tensors), "metrics": columns}


@frozen
class TensorDifference:
    """How far a saved tensor is from the replayed one.

    file: the file it was saved in.  numbers: how many of its `size` numbers differ.
    largest: the largest |recorded - replayed|.
    relative: `largest` divided by the largest |recorded|.
    """

    file: str
    tensor: str
    numbers: int
    size: int
    largest: float
    relative: float


def tensors_of(layout: Layout, state: TrainState) -> dict[str, Array]:
    """Each tensor of a training state, and the optimizer's slots for it."""
    slots = {
        f"{slot} of {name}": view
        for slot, flat in state.slots.items()
        for name, view in layout.views(flat).items()
    }
    return {**layout.views(state.theta), **slots}


def tensor_differences(
    file: str, recorded: Mapping[str, Array], replayed: Mapping[str, Array]
) -> Iterator[TensorDifference]:
    """The tensors with any differing bit. Both mappings have the same keys."""
    for name, was in recorded.items():
        bits = f"u{was.itemsize}"
        differs = was.view(bits) != replayed[name].view(bits)
        if numbers := int(np.count_nonzero(differs)):
            with np.errstate(all="ignore"):
                largest = float(np.abs(was - replayed[name]).max())
                scale = float(np.abs(was).max())
            relative = largest / scale if scale else float("inf")
            yield TensorDifference(file, name, numbers, was.size, largest, relative)
