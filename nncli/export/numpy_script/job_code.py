"""Job code: the computation of a job as straight-line code, in blocks of folded statements.

Passes are recorded on arrays of zeros, for batches of several sizes, with a name for every array.
"""

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from nncli.engine import passes
from nncli.engine.evaluator import Forward
from nncli.engine.job import Job
from nncli.engine.layout import gradient_of
from nncli.engine.notation import input_symbols, layer_numbers, symbol
from nncli.engine.plan import Plan
from nncli.engine.rows import CODE, Batch, X
from nncli.engine.steppers.update_tape import empty_scalars, record_update
from nncli.engine.tape import Tape
from nncli.engine.workspace import recorded
from nncli.export.numpy_script.expressions import Literals
from nncli.export.numpy_script.folding import fold
from nncli.export.numpy_script.statements import ArrayNames, Recording, Statement, translate
from nncli.frozen import frozen
from nncli.parts.arrays import Array, LayerBuffers

PROBES = (7, 12)  # rows of the batches that are recorded besides the run's own sizes
KEPT = ("z", "a", "dz", "da")  # arrays that have a line of their own even if used once


class Recorder:
    """Records the operations of a job's network and optimizer.

    n_forward, n_penalty: number of operations of the forward pass, at the beginning of a gradient's
    tape, and of the penalties, at its end.  gradients: the names of all gradients.
    """

    def __init__(self, job: Job) -> None:
        self.job, self.network = job, job.network
        self.dtype = np.dtype(job.training.dtype)
        self.start = job.start()
        self.batches = job.batches(self.start)
        buffers = self._plan(PROBES[0]).buffers(PROBES[0])
        self.n_forward = _length(lambda own: passes.forward(self.network, own), buffers)
        self.n_penalty = _length(lambda own: passes.penalty_backward(self.network, own), buffers)
        self.gradients = {
            symbol(self.network, f"{node.name}/{gradient_of(name)}")
            for node, own in zip(self.network.nodes, buffers, strict=True)
            for name in own.grads
        }

    def gradient(self) -> list[Recording]:
        """The forward pass, backward pass and penalties, for batches of several sizes."""
        return [self._gradient(rows) for rows in (*PROBES, *sorted(self.batches.sizes()))]

    def _gradient(self, rows: int) -> Recording:
        plan = self._plan(rows)
        batch = plan.batch(rows)
        names = self._names(batch.inputs, plan.buffers(rows))
        names.add("t", batch.targets)
        if batch.weights is not None:
            names.add("w", batch.weights)
        return Recording(plan.record_gradient(rows).operations, names, rows)

    def evaluation(self) -> list[Recording]:
        """The forward pass of an evaluation, for several numbers of rows."""
        recordings = []
        for rows in PROBES:
            inputs = self._inputs(rows)
            forward = Forward(self.network, np.zeros_like(self.start.theta), inputs)
            [(_, tape, _)] = forward.chunks
            *computed, _ = tape.operations  # the last one copies the outputs
            names = self._names(inputs, forward.workspace.buffers(inputs))
            recordings.append(Recording(computed, names, rows))
        return recordings

    def update(self) -> tuple[Recording, dict[str, Array], list[str]]:
        """(clipping and the optimizer, its initial slots, the names of its scalars)."""
        rows, state = PROBES[0], self.start
        plan = self._plan(rows, state.theta)
        scalars = empty_scalars(self.job)
        names = ArrayNames()
        named = {"theta": plan.trained, "gradient": plan.gradient, **state.slots, **scalars}
        for name, array in named.items():
            names.add(name, array)
        tape = record_update(self.job, plan, state.slots, scalars)
        return Recording(tape.operations, names), state.slots, list(scalars)

    def _plan(self, rows: int, theta: Array | None = None) -> Plan:
        network, dtype = self.network, self.dtype
        targets = np.zeros((rows, network.outputs), dtype)
        weights = None if self.job.train.weights is None else np.zeros(rows, dtype)
        return Plan(
            network,
            np.zeros_like(self.start.theta) if theta is None else theta,
            Batch(self._inputs(rows), targets, weights),
            rows,
            gather=False,
            random=np.random.default_rng(0) if network.is_random else None,
        )

    def _inputs(self, rows: int) -> dict[str, Array]:
        """The input blocks of a batch, filled with 0."""
        x = np.zeros((rows, self.network.inputs), self.dtype)
        others = [name for name in input_symbols(self.network) if name != X]
        return {X: x, **{name: np.zeros(rows, CODE) for name in others}}

    def _names(self, inputs: Mapping[str, Array], buffers: Sequence[LayerBuffers]) -> ArrayNames:
        names = ArrayNames()
        for block, name in input_symbols(self.network).items():
            names.add(name, inputs[block])
        rows = len(inputs[X])
        for own in buffers:  # those of images have more ones, which get no name
            if len(own.ones) == rows:
                names.add("ones", own.ones)
        for node, own in zip(self.network.nodes, buffers, strict=True):
            gradients = {gradient_of(name): gradient for name, gradient in own.grads.items()}
            arrays = {**own.params, **own.state, **gradients, **own.saved, "a": own.y, "da": own.dy}
            for name, array in arrays.items():
                if array is not None:
                    names.add(symbol(self.network, f"{node.name}/{name}"), array)
        return names


def _length(work: Callable[[list[LayerBuffers]], None], buffers: list[LayerBuffers]) -> int:
    """The number of operations that `work` records."""
    tape = Tape()
    work(recorded(buffers, tape))
    return len(tape.operations)


@frozen
class Block:
    """Statements in order, without branches."""

    statements: Sequence[Statement] = ()

    @cached_property
    def inputs(self) -> set[str]:
        """The names that are read before they are assigned."""
        found: set[str] = set()
        written: set[str] = set()
        for statement in self.statements:
            found.update(name for name in statement.reads if name not in written)
            written.add(statement.target)
        return found

    @cached_property
    def writes(self) -> list[str]:
        """The names that are assigned, in the order of their last assignment."""
        last = dict.fromkeys(reversed([statement.target for statement in self.statements]))
        return list(reversed(last))


class JobCode:
    """The blocks of a training step and of an evaluation.

    forward, backward, penalty: of a training step.  predict: of an evaluation.
    has_training_mode: whether forward differs from predict, as dropout makes it.
    update: clipping and the optimizer; empty for one without updates, such as lbfgs.
    loss_input: what the loss is computed from: the output's scores or its activations.
    returned: the results of the forward pass that the loss and the backward pass need.
    layer_state: the layers' arrays that a training step changes.
    slots: the optimizer's initial slots.
    scalars: the names of the numbers that each update gets.
    """

    def __init__(self, job: Job) -> None:
        self.job, self.network = job, job.network
        self.literals = Literals(np.dtype(job.training.dtype), (job.network.outputs,))
        self.loss_input = symbol(self.network, f"output/{'z' if self.network.is_matched else 'a'}")
        self.layer_state = {
            symbol(self.network, f"{node.name}/{name}")
            for node in self.network.nodes
            for name in node.layer.state_shapes(node.input_shape)
        }
        recorder = Recorder(job)
        self.batches = recorder.batches
        self._read_gradient(recorder)
        self.slots: dict[str, Array] = {}
        self.scalars: list[str] = []
        self.update = Block()
        if job.optimizer.has_update:
            self._read_update(recorder)

    def _read_gradient(self, recorder: Recorder) -> None:
        statements = translate(recorder.gradient(), self.literals)
        begin, end = recorder.n_forward, len(statements) - recorder.n_penalty
        forward, backward = statements[:begin], statements[begin:end]
        predict = translate(recorder.evaluation(), self.literals)
        self.has_training_mode = _texts(predict) != _texts(forward)
        self.predict = self._fold(predict, {self.loss_input})
        self.penalty = self._fold(statements[end:], recorder.gradients)
        self.backward = self._fold(backward, {*recorder.gradients, *self.penalty.inputs})
        needed = {*self.backward.inputs, *self.penalty.inputs, self.loss_input}
        self.forward = self._fold(forward, needed)
        self.returned = [name for name in self.forward.writes if name in needed]

    def _fold(self, statements: Sequence[Statement], kept: Iterable[str]) -> Block:
        numbers = layer_numbers(self.network).values()
        always = {f"{name}{number}" for name in KEPT for number in numbers}
        return Block(fold(statements, {*kept, *always}, self.literals, self.layer_state))

    def _read_update(self, recorder: Recorder) -> None:
        recording, self.slots, self.scalars = recorder.update()
        literals = replace(self.literals, scalars=tuple(self.scalars))
        statements = translate([recording], literals)
        self.update = Block(fold(statements, (), literals, {"theta", *self.slots}))


def _texts(statements: Sequence[Statement]) -> list[str]:
    return [f"{each.target} = {ast.unparse(each.value)}" for each in statements]
