"""Layout: the place of every named tensor in one flat vector.

    theta = [ trainable parameters | frozen parameters | state ]

An optimizer sees the first part only; a checkpoint has the whole vector.
"""

import math
from collections.abc import Iterable
from enum import IntEnum

from nncli.frozen import frozen
from nncli.parts.arrays import Array, Shape


@frozen
class Tensor:
    """One named array: its shape, and its first index in the flat vector."""

    name: str
    shape: Shape
    start: int

    @property
    def size(self) -> int:
        return math.prod(self.shape)


def gradient_of(name: str) -> str:
    """The name of a tensor's gradient.

    >>> [gradient_of(name) for name in ("W", "hidden_1/W", "embedding/city/W")]
    ['dW', 'hidden_1/dW', 'embedding/city/dW']
    """
    owner, slash, short = name.rpartition("/")
    return f"{owner}{slash}d{short}"


class Zone(IntEnum):
    """The parts of the vector, in order."""

    TRAINED = 0
    FROZEN = 1
    STATE = 2


class Layout:
    """The place of every tensor of a network.

    size: of the whole vector.  trainable: the size of its first part, which the optimizer moves.
    parameters: the size of trainable and frozen parameters together; the rest is state.
    tensors: in the order of the network, whatever their order in the vector.
    """

    def __init__(self, tensors: Iterable[tuple[str, Shape, Zone]]) -> None:
        """tensors: (name, shape, zone), in the order of the network."""
        declared = list(tensors)
        starts: dict[str, int] = {}
        self.size = self.trainable = self.parameters = 0
        for zone in Zone:
            for name, shape, own_zone in declared:
                if own_zone is zone:
                    starts[name] = self.size
                    self.size += math.prod(shape)
            if zone is Zone.TRAINED:
                self.trainable = self.size
            if zone is Zone.FROZEN:
                self.parameters = self.size
        self.tensors = tuple(Tensor(name, shape, starts[name]) for name, shape, _ in declared)

    def views(self, flat: Array) -> dict[str, Array]:
        """Each tensor as a view into `flat`, by name.

        `flat` may be the whole vector or its trainable part (a gradient, a slot); the tensors
        that lie beyond its end are left out.
        """
        return {
            tensor.name: flat[tensor.start : tensor.start + tensor.size].reshape(tensor.shape)
            for tensor in self.tensors
            if tensor.start + tensor.size <= len(flat)
        }
