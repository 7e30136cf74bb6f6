"""Groups: consecutive elementwise operations over one shape, fused into one loop."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from nncli.engine.steppers.compiled.assembly import Value, number
from nncli.engine.steppers.compiled.axes import Axes, merged_axes
from nncli.engine.steppers.compiled.instructions import emit_of
from nncli.engine.steppers.compiled.kernel import Call, Code, Kernel
from nncli.engine.steppers.compiled.lowering import Lowered, LoweredElementwise
from nncli.engine.steppers.compiled.places import Place
from nncli.engine.steppers.compiled.sizes import Sizes
from nncli.parts.arrays import Shape


@dataclass
class Group:
    """Elementwise operations over one shape, in order, with the places that they read and write."""

    shape: Shape
    itemsize: int
    operations: list[LoweredElementwise] = field(default_factory=list)
    read: set[Place] = field(default_factory=set)
    written: set[Place] = field(default_factory=set)

    def takes(self, operation: LoweredElementwise) -> bool:
        """Whether the operation computes the same inside this loop as after it."""
        return (
            operation.target.shape == self.shape
            and not any(self._collides(place, self.written) for place in operation.operands)
            and not self._collides(operation.target, self.read | self.written)
        )

    def _collides(self, place: Place, others: set[Place]) -> bool:
        """Whether a place shares memory with another one that isn't the same array."""
        return any(place != other and place.shares_memory(other, self.itemsize) for other in others)

    def add(self, operation: LoweredElementwise) -> None:
        self.operations.append(operation)
        self.read.update(place for place in operation.operands if place.value is None)
        self.written.add(operation.target)

    @property
    def places(self) -> list[Place]:
        """Each place once, in an order that doesn't depend on addresses."""
        ordered = (p for each in self.operations for p in (*each.operands, each.target))
        return [p for p in dict.fromkeys(ordered) if p in self.read or p in self.written]


def grouped(operations: Iterable[Lowered], itemsize: int) -> list[Lowered | Group]:
    """The operations in order, with adjacent ones grouped."""
    steps: list[Lowered | Group] = []
    for operation in operations:
        if not (isinstance(operation, LoweredElementwise) and _is_plain(operation)):
            steps.append(operation)
            continue
        group = steps[-1] if steps else None
        if not (isinstance(group, Group) and group.takes(operation)):
            group = Group(operation.target.shape, itemsize)
            steps.append(group)
        group.add(operation)
    return steps


def _is_plain(operation: LoweredElementwise) -> bool:
    return operation.ufunc is None or emit_of(operation.ufunc) is not None


Line = tuple[np.ufunc | None, tuple[int | str, ...], int]  # (ufunc, operands, target): see _lines


def group_calls(code: Code, group: Group) -> list[Call]:
    """One call that carries out all operations of a group."""
    places, sizes = group.places, Sizes(math.prod(group.shape) * len(group.operations))
    strides = [place.strides_over(group.shape) for place in places]
    axes = Axes.of(merged_axes(group.shape, strides), sizes, code.lanes)
    lines = _lines(group, places)
    written = sorted({target for *_, target in lines})

    def write(kernel: Kernel) -> None:
        with axes.rows(kernel) as starts:
            row = _Row(kernel, lines, written, axes.across)
            row.keep(starts)
            axes.along(kernel, starts, row.emit)

    return [Call("group", (lines, axes), places, sizes.values, write)]


def _lines(group: Group, places: Sequence[Place]) -> tuple[Line, ...]:
    """The operations, with places as numbers and constants as texts."""
    numbers = {place: n for n, place in enumerate(places)}

    def operand(place: Place) -> int | str:
        return numbers[place] if place.value is None else repr(place.value)

    return tuple(
        (each.ufunc, tuple(map(operand, each.operands)), numbers[each.target])
        for each in group.operations
    )


class _Row:
    """Writes a group's operations along a row; loads and stores each number once at most."""

    def __init__(
        self,
        kernel: Kernel,
        lines: Sequence[Line],
        written: Sequence[int],
        across: Sequence[object],
    ) -> None:
        self.kernel, self.lines, self.written, self.across = kernel, lines, written, across
        self.kept: dict[int, Value] = {}

    def keep(self, starts: Sequence[Value]) -> None:
        """Load the values that are constant along a row and only read."""
        for n, start in enumerate(starts):
            if self.across[n] == 0 and n not in self.written:
                self.kept[n] = self.kernel.load(start)

    def emit(self, addresses: Sequence[Value], width: int) -> None:
        kernel = self.kernel
        values: dict[int, Value] = {}

        def value(operand: int | str) -> Value:
            if isinstance(operand, str):
                return number(kernel.kind(width), float(operand))
            if operand not in values:
                values[operand] = (
                    kernel.f.spread(self.kept[operand], width)
                    if operand in self.kept
                    else kernel.load(addresses[operand], width)
                )
            return values[operand]

        for ufunc, operands, target in self.lines:
            emit = emit_of(ufunc or np.positive)
            assert emit is not None
            values[target] = emit(kernel.f, *map(value, operands))
        for target in self.written:
            kernel.store(values[target], addresses[target])
