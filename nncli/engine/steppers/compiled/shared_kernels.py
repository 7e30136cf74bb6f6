"""Shared kernels: what differs only in where its arrays lie is compiled once, and called for each.

Shards of a batch, layers of one shape and optimizer slots take the same code on other memory.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, replace
from typing import Any

from nncli.engine.steppers.compiled.kernel import Code, Kernel
from nncli.engine.steppers.compiled.loops import Group
from nncli.engine.steppers.compiled.lowering import Lowered
from nncli.engine.steppers.compiled.places import Place

Makers = Mapping[type, Callable[[Code, Any], Kernel]]


class SharedKernels:
    """The kernels of a program, by what they do."""

    def __init__(self, code: Code, makers: Makers) -> None:
        self.code, self.makers = code, makers
        self._made: dict[Hashable, Kernel] = {}

    def of(self, step: Lowered | Group) -> tuple[Kernel, list[Place]]:
        """What carries out a step, and the places to call it with."""
        numbered = _Numbered()
        alike, key = numbered.step(step)
        kernel = self._made.get(key)
        if kernel is None:
            kernel = self._made[key] = self.makers[type(step)](self.code, alike)
            kernel.b.ret_void()
        return kernel, [numbered.original(place) for place in kernel.places]


class _Numbered:
    """Places whose addresses are numbers, -1, -2, ..., in the order in which a step has them."""

    def __init__(self) -> None:
        self._numbers: dict[Place, int] = {}

    def place(self, place: Place) -> Place:
        number = self._numbers.setdefault(place, -1 - len(self._numbers))
        return replace(place, address=number)

    def step(self, step: Any) -> tuple[Any, Hashable]:
        """The step on numbered places, and what tells it from others."""
        if not isinstance(step, Group):
            alike = self._operation(step)
            return alike, alike
        group = Group(step.shape, step.itemsize)
        for operation in step.operations:
            group.add(self._operation(operation))
        return group, (Group, group.shape, *group.operations)

    def _operation(self, operation: Any) -> Any:
        found = {field.name: getattr(operation, field.name) for field in fields(operation)}
        places = {
            name: self.place(value) if isinstance(value, Place) else tuple(map(self.place, value))
            for name, value in found.items()
            if isinstance(value, Place) or name == "operands"
        }
        more = {"first": 0} if "first" in found else {}
        return replace(operation, **places, **more)

    def original(self, place: Place) -> Place:
        """Where a kernel's place lies in this step; what it works in besides lies where it lies."""
        if place.address >= 0:
            return place
        return list(self._numbers)[-1 - place.address]
