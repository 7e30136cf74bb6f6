"""Rows: inputs in named blocks, in memory or on disk, with their targets and weights.

A network's first layer takes the block `x`; a layer that reads another one, such as integer
categories, names it in `Layer.reads`. All blocks are gathered, ordered and sliced alike.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from nncli.frozen import frozen
from nncli.parts.arrays import Array, Shape

X = "x"  # the block that the first layer takes
CODE = np.dtype(np.int64)  # the dtype of categories


class StoredRows(Protocol):
    """The interface of (rows, *shape) numbers that aren't in memory."""

    @property
    def shape(self) -> Shape: ...

    @property
    def dtype(self) -> np.dtype[Any]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice, /) -> Array:
        """A copy of consecutive rows."""
        ...

    def take(self, index: Array, axis: int, out: Array, mode: str, /) -> Any:
        """Write the rows at `index` into `out`, as ndarray.take does."""
        ...


InputBlock = Array | StoredRows
Inputs = Mapping[str, InputBlock]


def is_in_memory(inputs: Mapping[str, Any]) -> bool:
    """Whether every block is an ndarray."""
    return all(isinstance(block, np.ndarray) for block in inputs.values())


@frozen
class Batch:
    """Rows with their targets and weights.

    inputs: (rows, *shape) by block; x in the training dtype.
    targets: (rows, outputs); StoredRows for very many classes, except in a step's batch.
    weights: (rows,) how much each row counts; None if all count alike.
    """

    inputs: Mapping[str, Any]  # Inputs; in a step's batch, arrays
    targets: Any  # InputBlock; in a step's batch, an array
    weights: Array | None = None

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def x(self) -> Any:
        """The block that the first layer takes."""
        return self.inputs[X]

    def named(self) -> Iterator[tuple[str, Any]]:
        """Yields (name, array) of each input block, then the targets and the weights."""
        for name, block in self.inputs.items():
            yield f"input/{name}", block
        yield "targets", self.targets
        if self.weights is not None:
            yield "weights", self.weights

    def arrays(self) -> list[Any]:
        """The same arrays without their names."""
        return [array for _, array in self.named()]

    def each(self, change: Callable[[str, Any], Array]) -> "Batch":
        """A batch of the arrays that `change` makes of (name, array)."""
        changed = {name: change(name, array) for name, array in self.named()}
        inputs = {name: changed[f"input/{name}"] for name in self.inputs}
        return Batch(inputs, changed["targets"], changed.get("weights"))

    def at(self, index: Array) -> "Batch":
        """The rows at `index`, copied into memory."""

        def take(_: str, source: InputBlock) -> Array:
            out = np.empty((len(index), *source.shape[1:]), source.dtype)
            source.take(index, 0, out, "clip")
            return out

        return self.each(take)
