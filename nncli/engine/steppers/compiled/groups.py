"""Groups: neighbours among elementwise operations that one loop can carry out.

A number then stays in a register from one operation to the next. The order of operations on each
number is the tape's, so grouping changes no bit.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from nncli.engine.steppers.compiled.instructions import EMIT
from nncli.engine.steppers.compiled.operations import Elementwise, Operation
from nncli.engine.steppers.compiled.places import Place
from nncli.parts.arrays import Shape


@dataclass
class Group:
    """Plain elementwise operations over one shape, in order, and the places they read and write."""

    shape: Shape
    itemsize: int
    operations: list[Elementwise] = field(default_factory=list)
    read: set[Place] = field(default_factory=set)
    written: set[Place] = field(default_factory=set)

    def takes(self, operation: Elementwise) -> bool:
        """Whether it gives the same numbers inside this loop as after it."""
        return (
            operation.target.shape == self.shape
            and not any(self._collides(place, self.written) for place in operation.operands)
            and not self._collides(operation.target, self.read | self.written)
        )

    def _collides(self, place: Place, others: set[Place]) -> bool:
        """Whether it shares memory with another, but not number by number."""
        return any(place != other and place.shares_memory(other, self.itemsize) for other in others)

    def add(self, operation: Elementwise) -> None:
        self.operations.append(operation)
        self.read.update(place for place in operation.operands if place.value is None)
        self.written.add(operation.target)

    @property
    def places(self) -> list[Place]:
        """Each once, in an order that doesn't depend on where they happen to lie."""
        ordered = (p for each in self.operations for p in (*each.operands, each.target))
        return [p for p in dict.fromkeys(ordered) if p in self.read or p in self.written]


def grouped(operations: Iterable[Operation], itemsize: int) -> list[Operation | Group]:
    """The operations in their order, neighbours joined."""
    steps: list[Operation | Group] = []
    for operation in operations:
        if not (isinstance(operation, Elementwise) and _is_plain(operation)):
            steps.append(operation)
            continue
        group = steps[-1] if steps else None
        if not (isinstance(group, Group) and group.takes(operation)):
            group = Group(operation.target.shape, itemsize)
            steps.append(group)
        group.add(operation)
    return steps


def _is_plain(operation: Elementwise) -> bool:
    return operation.ufunc is None or operation.ufunc in EMIT
