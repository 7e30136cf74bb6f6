"""Recordings: the tapes of a job, with a name for every array they work on."""

from collections.abc import Callable, Sequence

import numpy as np

from nncli.engine import passes
from nncli.engine.batches import Batches
from nncli.engine.evaluator import Forward
from nncli.engine.job import Job
from nncli.engine.notation import symbol
from nncli.engine.plan import Plan
from nncli.engine.steppers.gradient import empty_scalars, record_update
from nncli.engine.tape import Tape
from nncli.engine.workspace import recorded
from nncli.export.numpy_script.array_names import Names
from nncli.export.numpy_script.literals import type_name
from nncli.export.numpy_script.statements import Recording
from nncli.parts.arrays import Array, LayerBuffers

PROBES = (7, 12)  # rows of batches that are recorded besides the run's own sizes


class Recorder:
    """Records what a job's network does, on arrays that hold nothing.

    ahead, behind: how many calls of a gradient's tape are its forward pass, and its penalties.
    gradients: the names of all gradients.
    """

    def __init__(self, job: Job) -> None:
        self.job, self.network = job, job.network
        self.dtype = np.dtype(job.training.dtype)
        values = self._plan(PROBES[0]).values(PROBES[0])
        self.ahead = _length(lambda v: passes.forward(self.network, v), values)
        self.behind = _length(lambda v: passes.penalty_backward(self.network, v), values)
        self.gradients = {
            symbol(self.network, f"{node.name}/d{name}")
            for node, v in zip(self.network.nodes, values, strict=True)
            for name in v.grads
        }

    def gradient(self) -> list[Recording]:
        """Forward, backward and penalties, for batches of several sizes."""
        job = self.job
        random = np.random.default_rng(0)  # sizes are asked for, and no draw
        batches = Batches(len(job.train), job.batch_rows, job.training.sampling, random)
        return [self._gradient(rows) for rows in (*PROBES, *sorted(batches.sizes()))]

    def _gradient(self, rows: int) -> Recording:
        plan = self._plan(rows)
        x, targets, weights = plan.batch(rows)
        names = self._names(x, plan.values(rows), plan.workspace.uniform)
        names.add("t", targets)
        if weights is not None:
            names.add("w", weights)
        return Recording(plan.record_gradient(rows).calls, names, rows)

    def evaluation(self) -> list[Recording]:
        """The forward pass of an evaluation, for several numbers of rows."""
        recordings = []
        theta = np.zeros(self.network.layout.size, self.dtype)
        for rows in PROBES:
            x = np.zeros((rows, self.network.inputs), self.dtype)
            forward = Forward(self.network, theta, x)
            [(_, tape, _)] = forward.chunks
            *calls, _ = tape.calls  # the last one hands out the outputs
            names = self._names(x, forward.workspace.values(x), None)
            recordings.append(Recording(calls, names, rows))
        return recordings

    def update(self) -> tuple[Recording, dict[str, Array], list[str]]:
        """Clipping and the optimizer; its slots as they start, and its scalars."""
        job, rows, state = self.job, PROBES[0], self.job.start()
        plan = self._plan(rows, state.theta)
        scalars = empty_scalars(job)
        names = Names()
        named = {"theta": plan.trained, "gradient": plan.gradient, **state.slots, **scalars}
        for name, array in named.items():
            names.add(name, array)
        calls = record_update(job, plan, state.slots, scalars).calls
        return Recording(calls, names), state.slots, list(scalars)

    def _plan(self, rows: int, theta: Array | None = None) -> Plan:
        network, dtype = self.network, self.dtype
        return Plan(
            network,
            np.zeros(network.layout.size, dtype) if theta is None else theta,
            np.zeros((rows, network.inputs), dtype),
            np.zeros((rows, network.outputs), dtype),
            rows,
            gather=False,
            random=np.random.default_rng(0) if network.is_random else None,
            weights=None if self.job.train.weights is None else np.zeros(rows, dtype),
        )

    def _names(
        self, x: Array, values: Sequence[LayerBuffers], uniform: Callable[[Array], None] | None
    ) -> Names:
        dtype = "" if self.dtype == np.float64 else f", {type_name(self.dtype)}"
        names = Names({uniform: f"dropout.random(_0{dtype})"} if uniform else None)
        names.add("x", x)
        names.add("ones", values[0].ones)
        for node, v in zip(self.network.nodes, values, strict=True):
            gradients = {f"d{name}": gradient for name, gradient in v.grads.items()}
            arrays = {**v.params, **v.state, **gradients, **v.saved, "a": v.y, "da": v.dy}
            for name, array in arrays.items():
                if array is not None:
                    names.add(symbol(self.network, f"{node.name}/{name}"), array)
        return names


def _length(work: Callable[[list[LayerBuffers]], None], values: list[LayerBuffers]) -> int:
    """How many calls a part of a tape has."""
    tape = Tape()
    work(recorded(values, tape))
    return len(tape.calls)
