"""Passes: a network's forward, backward and update as folded statements."""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from nncli.engine.job import Job
from nncli.engine.notation import symbol
from nncli.export.numpy_script.folding import fold
from nncli.export.numpy_script.literals import LiteralWriter
from nncli.export.numpy_script.recordings import Recorder
from nncli.export.numpy_script.statements import Statement, read
from nncli.parts.arrays import Array
from nncli.parts.optimizers import Lbfgs

KEPT = ("z", "a", "dz", "da")  # what has a line of its own even where it is used once


@dataclass(frozen=True)
class Pass:
    """Statements in order."""

    statements: Sequence[Statement]

    @cached_property
    def inputs(self) -> set[str]:
        """Names that are read before they are written."""
        found: set[str] = set()
        written: set[str] = set()
        for statement in self.statements:
            found.update(name for name in statement.reads if name not in written)
            written.add(statement.target)
        return found

    @cached_property
    def writes(self) -> list[str]:
        """Names in the order of their last writing."""
        last = dict.fromkeys(reversed([statement.target for statement in self.statements]))
        return list(reversed(last))


class Passes:
    """The passes of a job's network.

    forward, backward, penalty: of a training step.  predict: of an evaluation.
    evaluates_alike: whether forward and predict are the same.
    update: clipping and the optimizer; empty for lbfgs, which is scipy's.
    result: what the loss is computed from: the output's scores or its activations.
    handed_on: what the loss and the backward pass need of the forward pass.
    state: arrays that a training pass moves.  slots: the optimizer's, as they start.
    scalars: the numbers that an update is told at each step.
    """

    def __init__(self, job: Job) -> None:
        self.job, self.network = job, job.network
        self.speller = LiteralWriter(np.dtype(job.training.dtype), (job.network.outputs,))
        tensor = "z" if self.network.is_matched else "a"
        self.result = symbol(self.network, f"output/{tensor}")
        self.state = {
            symbol(self.network, f"{node.name}/{name}")
            for node in self.network.nodes
            for name in node.layer.state_shapes(node.input_shape)
        }
        recorder = Recorder(job)
        self._read_gradient(recorder)
        self.slots: dict[str, Array] = {}
        self.scalars: list[str] = []
        self.update = Pass(())
        if not isinstance(job.optimizer, Lbfgs):
            self._read_update(recorder)

    def _read_gradient(self, recorder: Recorder) -> None:
        statements = read(recorder.gradient(), self.speller)
        end = len(statements) - recorder.behind
        forward, backward = statements[: recorder.ahead], statements[recorder.ahead : end]
        predict = read(recorder.evaluation(), self.speller)
        self.evaluates_alike = _texts(predict) == _texts(forward)
        self.predict = self._fold(predict, {self.result})
        self.penalty = self._fold(statements[end:], recorder.gradients)
        self.backward = self._fold(backward, {*recorder.gradients, *self.penalty.inputs})
        needed = {*self.backward.inputs, *self.penalty.inputs, self.result}
        self.forward = self._fold(forward, needed)
        self.handed_on = [name for name in self.forward.writes if name in needed]

    def _fold(self, statements: Sequence[Statement], kept: Iterable[str]) -> Pass:
        numbers = range(1, len(self.network.nodes) + 1)
        always = {f"{name}{number}" for name in KEPT for number in numbers}
        return Pass(fold(statements, {*kept, *always}, self.speller, self.state))

    def _read_update(self, recorder: Recorder) -> None:
        recording, self.slots, self.scalars = recorder.update()
        speller = replace(self.speller, scalars=tuple(self.scalars))
        statements = read([recording], speller)
        self.update = Pass(fold(statements, (), speller, {"theta", *self.slots}))


def _texts(statements: Sequence[Statement]) -> list[str]:
    return [f"{each.target} = {ast.unparse(each.value)}" for each in statements]
