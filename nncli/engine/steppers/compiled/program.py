"""Program: the tapes of a run as one function that makes any number of steps, compiled."""

import ctypes
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir

from nncli.engine.operations import Concatenate, Operation
from nncli.engine.steppers.compiled.calls import Call
from nncli.engine.steppers.compiled.groups import Group, group_calls, grouped
from nncli.engine.steppers.compiled.instructions import Value
from nncli.engine.steppers.compiled.kernel import (
    BYTE,
    INTEGER,
    NOTHING,
    POINTER,
    Code,
    Registers,
    integer,
)
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
from nncli.engine.steppers.compiled.places import Place, address_of
from nncli.engine.steppers.compiled.products import product_calls
from nncli.engine.steppers.compiled.shared_kernels import SharedKernels
from nncli.engine.steppers.gradient import GradientStepper
from nncli.engine.tape import Tape, single
from nncli.frozen import frozen
from nncli.operating_system import give_back_memory
from nncli.parts.arrays import Array

KERNELS: dict[type, Callable[[Code, Any], Iterable[Call]]] = {
    Group: group_calls,
    LoweredElementwise: loop_calls,
    LoweredReduction: reduction_calls,
    LoweredProduct: product_calls,
    LoweredGather: gather_calls,
    LoweredScatterAdd: scatter_add_calls,
}
RUN = ctypes.CFUNCTYPE(None, ctypes.c_int64, *[ctypes.c_void_p] * 4, ctypes.c_int64)


@frozen
class Routine:
    """A tape in code, as a function of (the step's index, its random numbers).

    rows, drawn: how many numbers it takes of each.
    """

    function: Value
    rows: int
    drawn: int


def new_kernels(dtype: Any) -> SharedKernels:
    """None yet, for the registers of this machine."""
    has_avx512 = llvm.get_host_cpu_features().get("avx512f", False)
    registers = Registers(32, 64) if has_avx512 else Registers(16, 32)
    return SharedKernels(Code(dtype, registers), KERNELS)


def add_routine(
    kernels: SharedKernels, name: str, tape: Tape, lower: Lowering, rows: int = 0
) -> Routine:
    """A tape, operation by operation. Raises Untranslatable."""
    code = kernels.code
    steps = grouped([lower(each) for each in _single(tape)], code.dtype.itemsize)
    function = ir.Function(code.module, ir.FunctionType(NOTHING, [POINTER, POINTER]), name)
    index, random = function.args
    b = ir.IRBuilder(function.append_basic_block("entry"))

    def pointer(place: Place) -> Value:
        if place.is_drawn:
            return b.gep(random, [integer(place.address)], source_etype=code.real)
        return b.inttoptr(integer(place.address), POINTER)

    for step in steps:
        if isinstance(step, LoweredAllReduce | LoweredRead):
            first = step.first if isinstance(step, LoweredRead) else 0
            b.call(code.call_of(step.call), [b.gep(index, [integer(first)], source_etype=INTEGER)])
            continue
        for kernel, call in kernels.of(step):
            arguments = [*map(pointer, call.places), *map(integer, call.sizes)]
            if call.takes_index and isinstance(step, LoweredGather):
                arguments.append(b.gep(index, [integer(step.first)], source_etype=INTEGER))
            b.call(kernel.function, arguments)
    b.ret_void()
    return Routine(function, rows, lower.drawn)


def add_run(
    code: Code, gradients: Sequence[Routine], update: Routine, scalars: Sequence[Array]
) -> None:
    """run(steps, kinds, index, random, values, n): so many steps, in a row.

    kinds: a byte a step, which of the gradients.  index, random: what they take, step after step.
    values: a number for each of the scalars, `n` further for each step.
    """
    arguments = [INTEGER, POINTER, POINTER, POINTER, POINTER, INTEGER]
    function = ir.Function(code.module, ir.FunctionType(NOTHING, arguments), "run")
    steps, kinds, *starts, stride = function.args
    b = ir.IRBuilder(function.append_basic_block("entry"))
    before, body, after = b.block, b.append_basic_block("step"), b.append_basic_block("after")
    b.cbranch(b.icmp_signed(">", steps, integer(0)), body, after)
    b.position_at_end(body)
    step, cursors = b.phi(INTEGER), [b.phi(POINTER) for _ in starts]
    if len(gradients) > 1:
        kind = b.load(b.gep(kinds, [step], source_etype=BYTE), typ=BYTE)
        rows, drawn = _add_choice(b, kind, gradients, cursors[:2])
    else:
        b.call(gradients[0].function, cursors[:2])
        rows, drawn = integer(gradients[0].rows), integer(gradients[0].drawn)
    _add_scalars(code, b, scalars, cursors[2])
    b.call(update.function, cursors[:2])
    following = b.add(step, integer(1))
    sizes = zip(
        cursors, starts, (rows, drawn, stride), (INTEGER, code.real, code.real), strict=True
    )
    for cursor, start, taken, kind_of_number in sizes:
        cursor.add_incoming(start, before)
        cursor.add_incoming(b.gep(cursor, [taken], source_etype=kind_of_number), b.block)
    step.add_incoming(integer(0), before)
    step.add_incoming(following, b.block)
    b.cbranch(b.icmp_signed("<", following, steps), body, after)
    b.position_at_end(after)
    b.ret_void()


def _add_choice(
    b: Any, kind: Value, gradients: Sequence[Routine], cursors: Sequence[Value]
) -> tuple[Value, Value]:
    """Call the gradient of that kind; the rows and random numbers it took."""
    joined = b.append_basic_block("joined")
    blocks = [b.append_basic_block("gradient") for _ in gradients]
    choice = b.switch(kind, blocks[0])
    for number, (block, routine) in enumerate(zip(blocks, gradients, strict=True)):
        if number:
            choice.add_case(number, block)
        b.position_at_end(block)
        b.call(routine.function, cursors)
        b.branch(joined)
    b.position_at_end(joined)
    rows, drawn = b.phi(INTEGER), b.phi(INTEGER)
    for block, routine in zip(blocks, gradients, strict=True):
        rows.add_incoming(integer(routine.rows), block)
        drawn.add_incoming(integer(routine.drawn), block)
    return rows, drawn


def _add_scalars(code: Code, b: Any, scalars: Sequence[Array], values: Value) -> None:
    """Write the step's numbers where the update reads them."""
    size = code.dtype.itemsize
    for position, scalar in enumerate(scalars):
        value = b.gep(values, [integer(position)], source_etype=code.real)
        place = b.inttoptr(integer(address_of(scalar)), POINTER)
        b.store(b.load(value, typ=code.real, align=size), place, align=size)


def _single(tape: Tape) -> Iterator[Operation]:
    """The operations, those of several pieces piece by piece."""
    for operation in single(tape.operations):
        yield from operation.copies if isinstance(operation, Concatenate) else [operation]


def _lowering(stepper: GradientStepper) -> Lowering:
    return Lowering(stepper.plan.theta.dtype, stepper.plan.index)


def check(stepper: GradientStepper) -> None:
    """Raises Untranslatable if the steps of a stepper hold an operation that only NumPy makes."""
    for tape in (*stepper.gradient_tapes.values(), stepper.update_tape):
        lower = _lowering(stepper)
        for operation in _single(tape):
            lower(operation)


def translated(stepper: GradientStepper) -> tuple[Code, list[Routine]]:
    """The steps of a stepper as code, and the gradients among it: of full batches, then of the
    last of a pass if that is smaller. Raises Untranslatable as `check` does.
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
    """Compiled code, which lives as long as this."""

    def __init__(self, code: Code) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        target = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(),
            features=llvm.get_host_cpu_features().flatten(),
            opt=2,
            jit=True,
        )
        code.module.triple, code.module.data_layout = target.triple, str(target.target_data)
        module = llvm.parse_assembly(str(code.module))
        self.engine = llvm.create_mcjit_compiler(module, target)
        for name, address in code.outside.items():
            self.engine.add_global_mapping(module.get_function(name), address)
        self.engine.finalize_object()
        give_back_memory()  # that translating has taken
        self.kept, self.failures = code.kept, code.failures
        self._run = RUN(self.engine.get_function_address("run"))

    def run(self, steps: int, *pointers_and_stride: int | None) -> None:
        """Make so many steps; see program.add_run. Raises what a call of Python has raised."""
        self._run(steps, *pointers_and_stride)
        if self.failures:
            raise self.failures[0]
