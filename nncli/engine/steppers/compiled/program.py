"""Program: compiles the tapes of a run into one function that makes any number of steps."""

import ctypes
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from nncli.engine.operations import Concatenate, Operation
from nncli.engine.steppers.compiled.assembly import (
    BYTE,
    INTEGER,
    POINTER,
    Function,
    Value,
    integer,
)
from nncli.engine.steppers.compiled.groups import Group, group_calls, grouped
from nncli.engine.steppers.compiled.kernel import Call, Code
from nncli.engine.steppers.compiled.loops import (
    gather_calls,
    loop_calls,
    reduction_calls,
    scatter_add_calls,
)
from nncli.engine.steppers.compiled.lowering import (
    LoweredAllReduce,
    LoweredElementwise,
    LoweredGather,
    LoweredProduct,
    LoweredRead,
    LoweredReduction,
    LoweredScatterAdd,
    Lowering,
)
from nncli.engine.steppers.compiled.machine_code import machine_code, registers
from nncli.engine.steppers.compiled.places import Place, address_of
from nncli.engine.steppers.compiled.products import product_calls
from nncli.engine.steppers.compiled.shared_kernels import SharedKernels
from nncli.engine.steppers.gradient import GradientStepper
from nncli.engine.tape import Tape, single
from nncli.frozen import frozen
from nncli.parts.arrays import Array

KERNELS: dict[type, Callable[[Code, Any], Iterable[Call]]] = {
    Group: group_calls,
    LoweredElementwise: loop_calls,
    LoweredReduction: reduction_calls,
    LoweredProduct: product_calls,
    LoweredGather: gather_calls,
    LoweredScatterAdd: scatter_add_calls,
}
RUN = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_int64, *[ctypes.c_void_p] * 4, ctypes.c_int64
)


@frozen
class Routine:
    """The function of one tape, with arguments (table, the step's index, its random numbers).

    rows, drawn: how many of these it reads.
    """

    name: str
    rows: int
    drawn: int


def new_kernels(dtype: Any) -> SharedKernels:
    """An empty collection of kernels, for this machine's registers."""
    return SharedKernels(Code(dtype, registers()), KERNELS)


def add_routine(
    kernels: SharedKernels, name: str, tape: Tape, lower: Lowering, rows: int = 0
) -> Routine:
    """Add the function of a tape. Raises Untranslatable."""
    code = kernels.code
    steps = grouped([lower(each) for each in _single(tape)], code.dtype.itemsize)
    f = code.module.add(name, [POINTER] * 3)
    _, index, random = f.arguments

    def pointer(place: Place) -> Value:
        if place.is_drawn:
            return f.offset(random, code.real, integer(place.address))
        return code.looked_up(f, place.address)

    for step in steps:
        if isinstance(step, LoweredAllReduce | LoweredRead):
            first = step.first if isinstance(step, LoweredRead) else 0
            function = code.looked_up(f, code.callback(step.call))
            f.call_at(function, [f.offset(index, INTEGER, integer(first))])
            continue
        for kernel, call in kernels.of(step):
            arguments = [*map(pointer, call.places), *map(integer, call.sizes)]
            if call.takes_index and isinstance(step, LoweredGather):
                arguments.append(f.offset(index, INTEGER, integer(step.first)))
            f.call(kernel.f.name, arguments)
    return Routine(f.name, rows, lower.drawn)


def add_run(
    code: Code, gradients: Sequence[Routine], update: Routine, scalars: Sequence[Array]
) -> None:
    """Add run(table, steps, kinds, index, random, values, n), which makes `steps` steps.

    kinds: a byte per step, which gradient it takes.  index, random: what the steps read, one after
    the other.  values: the scalars of the first step; those of the next are `n` further.
    """
    f = code.module.add("run", [POINTER, INTEGER, *[POINTER] * 4, INTEGER])
    table, steps, kinds, *starts, stride = f.arguments
    before, body, after = f.block, f.label("step"), f.label("after")
    f.go_if(f.compare("icmp sgt", steps, integer(0)), body, after)
    f.begin(body)
    step, cursors = f.phi(INTEGER), [f.phi(POINTER) for _ in starts]
    taken = table, *cursors[:2]
    if len(gradients) > 1:
        kind = f.load(BYTE, f.offset(kinds, BYTE, step), 1)
        rows, drawn = _add_choice(f, kind, gradients, taken)
    else:
        f.call(gradients[0].name, taken)
        rows, drawn = integer(gradients[0].rows), integer(gradients[0].drawn)
    _add_scalars(code, f, scalars, cursors[2])
    f.call(update.name, taken)
    following = f.calculate("add", step, integer(1))
    sizes = zip(
        cursors, starts, (rows, drawn, stride), (INTEGER, code.real, code.real), strict=True
    )
    for cursor, start, count, kind_of_number in sizes:
        moved = f.offset(cursor, kind_of_number, count)
        f.come_from(cursor, (start, before), (moved, f.block))
    f.come_from(step, (integer(0), before), (following, f.block))
    f.go_if(f.compare("icmp slt", following, steps), body, after)
    f.begin(after)


def _add_choice(
    f: Function, kind: Value, gradients: Sequence[Routine], taken: Sequence[Value]
) -> tuple[Value, Value]:
    """Call the gradient of that kind; the counts of rows and random numbers that it read."""
    joined = f.label("joined")
    labels = [f.label("gradient") for _ in gradients]
    f.go_by(kind, labels)
    for label, routine in zip(labels, gradients, strict=True):
        f.begin(label)
        f.call(routine.name, taken)
        f.go(joined)
    f.begin(joined)
    rows, drawn = f.phi(INTEGER), f.phi(INTEGER)
    f.come_from(rows, *((integer(g.rows), at) for g, at in zip(gradients, labels, strict=True)))
    f.come_from(drawn, *((integer(g.drawn), at) for g, at in zip(gradients, labels, strict=True)))
    return rows, drawn


def _add_scalars(code: Code, f: Function, scalars: Sequence[Array], values: Value) -> None:
    """Write the step's scalars where the update reads them."""
    size = code.dtype.itemsize
    for position, scalar in enumerate(scalars):
        value = f.load(code.real, f.offset(values, code.real, integer(position)), size)
        f.store(value, code.looked_up(f, address_of(scalar)), size)


def _single(tape: Tape) -> Iterator[Operation]:
    """Yields the single operations of a tape, with a Copy for each part of a Concatenate."""
    for operation in single(tape.operations):
        yield from operation.copies if isinstance(operation, Concatenate) else [operation]


def _lowering(stepper: GradientStepper) -> Lowering:
    return Lowering(stepper.plan.theta.dtype, stepper.plan.index)


def check(stepper: GradientStepper) -> None:
    """Raises Untranslatable if a stepper has an operation that only NumPy can carry out."""
    for tape in (*stepper.gradient_tapes.values(), stepper.update_tape):
        lower = _lowering(stepper)
        for operation in _single(tape):
            lower(operation)


def translated(stepper: GradientStepper) -> tuple[Code, list[Routine]]:
    """The code of a stepper's steps, and its gradients: of full batches, then of a smaller last
    one.

    Raises Untranslatable as `check` does.
    """
    kernels = new_kernels(stepper.plan.theta.dtype)
    gradients = [
        add_routine(kernels, f"gradient_{rows}", tape, _lowering(stepper), rows)
        for rows, tape in sorted(stepper.gradient_tapes.items(), reverse=True)
    ]
    update = add_routine(kernels, "update", stepper.update_tape, _lowering(stepper))
    add_run(kernels.code, gradients, update, list(stepper.scalars.values()))
    return kernels.code, gradients


class Program:
    """Compiled code with the table of its addresses, and all that it needs to stay alive."""

    def __init__(self, code: Code) -> None:
        self.machine_code = machine_code(str(code.module))
        self.table = np.array(list(code.table), np.uintp)
        self.kept, self.failures = code.kept, code.failures
        self._run = RUN(self.machine_code.address_of("run"))

    def run(self, steps: int, *pointers_and_stride: int | None) -> None:
        """Make steps, with the arguments of `add_run`. Raises what a Python function raised."""
        self._run(address_of(self.table), steps, *pointers_and_stride)
        if self.failures:
            raise self.failures.pop()
