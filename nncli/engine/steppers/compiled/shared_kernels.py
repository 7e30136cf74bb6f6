"""Shared kernels: what differs only in its arrays and sizes is compiled once, and called for each.

Layers, shards of a batch, the last batch of a pass and optimizer slots take the same code.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

from nncli.engine.steppers.compiled.groups import Group
from nncli.engine.steppers.compiled.kernel import Call, Code, Kernel
from nncli.engine.steppers.compiled.lowering import Lowered

Makers = Mapping[type, Callable[[Code, Any], Iterable[Call]]]


class SharedKernels:
    """The kernels of a program, by what they do."""

    def __init__(self, code: Code, makers: Makers) -> None:
        self.code, self.makers = code, makers
        self._made: dict[Hashable, Kernel] = {}

    def __len__(self) -> int:
        return len(self._made)

    def of(self, step: Lowered | Group) -> list[tuple[Kernel, Call]]:
        """What carries out a step: kernels, and what to call each with."""
        return [(self._kernel(call), call) for call in self.makers[type(step)](self.code, step)]

    def _kernel(self, call: Call) -> Kernel:
        key = call.name, call.key, len(call.places), len(call.sizes)
        if key not in self._made:
            self._made[key] = Kernel(self.code, call)
        return self._made[key]
