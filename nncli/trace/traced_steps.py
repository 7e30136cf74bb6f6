"""Traced steps: the content of a trace, whether shown as text, Markdown, HTML or JSON."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nncli.artifacts.loaded_network import LoadedNetwork
from nncli.assembly.build import Built
from nncli.data.fitted_formulas import formulas_in_words
from nncli.engine.job import Job
from nncli.engine.network import Node
from nncli.engine.threads import limited
from nncli.errors import UserError
from nncli.frozen import frozen
from nncli.trace.propagation import Propagation
from nncli.trace.record import RecordedStep, record
from nncli.trace.rounding_noise import without_noise
from nncli.trace.tensor import TracedTensor
from nncli.trace.update import update


@frozen
class TracedStep:
    """One step: its number, epoch, rows of the table (counted from 0) and tensors."""

    number: int
    epoch: int
    rows: tuple[int, ...]
    loss: float
    tensors: tuple[TracedTensor, ...]

    def to_json(self) -> dict[str, Any]:
        """The step as a JSON object, with every number of every tensor."""
        return {
            "step": self.number,
            "epoch": self.epoch,
            "rows": list(self.rows),
            "loss": self.loss,
            "tensors": [
                {
                    "name": tensor.name,
                    "phase": tensor.phase,
                    "symbol": tensor.symbol,
                    "shape": list(tensor.values.shape),
                    "formula": tensor.formula,
                    "meaning": list(tensor.meaning),
                    "values": tensor.values.tolist(),
                }
                for tensor in self.tensors
            ],
        }


@frozen
class TracedLayer:
    """A layer to be drawn: `hidden_1`, dense, relu, 3 -> 2."""

    name: str
    kind: str
    activation: str
    inputs: int
    outputs: int


@frozen
class Trace:
    """Steps of one network.

    inputs, outputs: the names of the input features and of the output units.
    loss: its name and reduction.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    layers: tuple[TracedLayer, ...]
    loss: str
    optimizer: str
    steps: tuple[TracedStep, ...]

    def to_json(self) -> dict[str, Any]:
        """The JSON object of one step; for several steps, an object with their list."""
        if len(self.steps) == 1:
            return self.steps[0].to_json()
        return {"steps": [step.to_json() for step in self.steps]}


def trace(
    loaded: LoadedNetwork,
    count: int = 1,
    rows: Sequence[int] | None = None,
    *,
    has_input_gradient: bool = False,
) -> Trace:
    """Trace the next `count` training steps of a config or run.

    rows: of the table, counted from 0, as the batch of every step; None: the batches of training.
    has_input_gradient: whether d(loss)/d(x) is included.
    Raises UserError for a row that doesn't exist, and if the inputs have no gradient.
    """
    built, job = loaded.built, loaded.built.job
    numbers = built.rows.train
    if rows is not None:
        numbers = np.asarray(rows)
        job = _on_rows(built, numbers)
    with limited(job.training), np.errstate(all="ignore"):
        recorded = record(job, loaded.state, count)
        if has_input_gradient and recorded[0].input_gradient is None:
            raise UserError(f"--input-gradient: {_no_input_gradient(job)}")
        steps = tuple(
            _traced(built, job, step, numbers, has_input_gradient=has_input_gradient)
            for step in recorded
        )
    is_one_unit = job.network.outputs == 1
    learnt = built.table.targets if built.table.classes else built.preprocessing.learnt_targets
    outputs = learnt if is_one_unit else built.table.classes or learnt
    return Trace(
        name=built.experiment.name,
        inputs=tuple(built.preprocessing.inputs),
        outputs=tuple(outputs),
        layers=tuple(map(_layer, job.network.nodes)),
        loss=f"{job.network.loss.title}: {job.network.loss.reduction}",
        optimizer=job.optimizer.name,
        steps=steps,
    )


def _no_input_gradient(job: Job) -> str:
    if job.network.embedding is not None:
        return "inputs that are categories with vectors of their own have none"
    return "the first layer has nothing that learns, so the way back ends before the inputs"


def _layer(node: Node) -> TracedLayer:
    function = getattr(node.layer, "activation", None) or getattr(node.layer, "function", None)
    name = function.name if function else ""
    return TracedLayer(node.name, node.layer.name, name, node.inputs, node.outputs)


def _on_rows(built: Built, rows: Any) -> Job:
    """The job whose every batch is these rows of the table."""
    last = len(built.table) - 1
    for row in rows.tolist():
        if not 0 <= row <= last:
            raise UserError(f"--rows {row}: expected rows from 0 to {last}")
    chosen = built.model.evaluation_set(built.table, rows, built.row_weights)
    training = replace(built.job.training, batch_size="full", sampling="shuffle")
    return replace(built.job, train=chosen, training=training)


def _traced(
    built: Built, job: Job, step: RecordedStep, numbers: Any, *, has_input_gradient: bool
) -> TracedStep:
    passes = Propagation(job.network, step)
    into_inputs = passes.input_gradient() if has_input_gradient else ()
    back = [*passes.backward(), *into_inputs]
    forward = [_with_formulas(tensor, built) for tensor in passes.forward()]
    tensors = [*forward, *back, *update(job, step, passes.operands)]
    rows = tuple(numbers[step.indices].tolist())
    return TracedStep(step.number, step.epoch, rows, step.loss, tuple(without_noise(tensors)))


def _with_formulas(tensor: TracedTensor, built: Built) -> TracedTensor:
    """Add the formulas of derived inputs to the tensor `input`; others are left as they are."""
    if tensor.name != "input":
        return tensor
    said = formulas_in_words(built.preprocessing.derived)
    return replace(tensor, meaning=[*tensor.meaning, *said])
