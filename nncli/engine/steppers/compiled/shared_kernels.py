"""Shared kernels: operations that differ in arrays and sizes only share one compiled function.

It is called for each layer, shard, optimizer slot, and for the last batch of a pass.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

from nncli.engine.steppers.compiled.groups import Group
from nncli.engine.steppers.compiled.kernel import Call, Code, Kernel
from nncli.engine.steppers.compiled.lowering import Lowered

Makers = Mapping[type, Callable[[Code, Any], Iterable[Call]]]


class SharedKernels:
    """The kernels of a program, by what they compute."""

    def __init__(self, code: Code, makers: Makers) -> None:
        self.code, self.makers = code, makers
        self._made: dict[Hashable, Kernel] = {}

    def __len__(self) -> int:
        return len(self._made)

    def of(self, step: Lowered | Group) -> list[tuple[Kernel, Call]]:
        """The kernels that carry out an operation, with the call of each."""
        return [(self._kernel(call), call) for call in self.makers[type(step)](self.code, step)]

    def _kernel(self, call: Call) -> Kernel:
        key = call.name, call.key, len(call.places), len(call.sizes)
        if key not in self._made:
            self._made[key] = Kernel(self.code, call)
        return self._made[key]
