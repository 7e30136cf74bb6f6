"""Evaluator: outputs, loss and metrics of one set of rows at fixed parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from nncli.engine import passes
from nncli.engine.cost import chunk_rows
from nncli.engine.network import Network
from nncli.engine.operations import Copy, Opaque
from nncli.engine.rows import Batch, InputBlock, Inputs, X, is_in_memory
from nncli.engine.tape import Tape
from nncli.engine.workspace import Workspace, recorded
from nncli.parts.arrays import Array, LayerBuffers
from nncli.parts.metrics import Metric


@dataclass(frozen=True)
class EvaluationSet(Batch):
    """Rows to evaluate on; inputs, which may lie on disk, targets and weights as in Batch.

    truth: what metrics compare with, class indices (rows,) or numbers (rows, targets).
    The loss is sum_i w_i l_i / rows (rss: sum_i w_i l_i). Whoever makes the weights gives them
    mean 1 over the training rows, so the learning rate keeps its meaning. Metrics don't see them.
    """

    truth: Array = field(kw_only=True)

    def at(self, index: Array) -> "EvaluationSet":
        rows = super().at(index)
        return EvaluationSet(rows.inputs, rows.targets, rows.weights, truth=self.truth[index])


@dataclass(frozen=True)
class Score:
    """The objective (data loss, weighted, plus penalty) and the unweighted metrics, by name."""

    loss: float
    metrics: dict[str, float]


def workspace_for(network: Network, theta: Array, rows: int) -> Workspace:
    """Buffers to pass so many rows forward, a chunk at a time."""
    return Workspace(network, min(rows, chunk_rows(network.widest)), theta)


class Forward:
    """Outputs of one set of inputs, in chunks that share one set of buffers.

    Inputs in memory are read where they are; those on disk, a chunk at a time, into one buffer.
    workspace: the buffers, by default its own; several that don't run at the same time may share.
    chunks: (which rows, the tape that computes them, the output layer's buffers) of each.
    """

    def __init__(
        self, network: Network, theta: Array, inputs: Inputs, workspace: Workspace | None = None
    ) -> None:
        self.network, self.inputs, count = network, inputs, len(inputs[X])
        self.workspace = workspace or workspace_for(network, theta, count)
        chunk = self.workspace.rows
        self.outputs = np.empty((count, network.outputs), theta.dtype)
        self._shared: dict[int, tuple[Tape, LayerBuffers]] = {}
        self.chunks = [
            self._record(slice(start, min(start + chunk, count)))
            for start in range(0, count, chunk)
        ]

    def _record(self, chosen: slice) -> tuple[slice, Tape, LayerBuffers]:
        if is_in_memory(self.inputs):
            tape, last = self._forward({name: b[chosen] for name, b in self.inputs.items()})
        else:
            tape, last = self._read_and_forward(chosen)
        tape.add(Copy(last.y, self.outputs[chosen]))
        return chosen, tape, last

    def _forward(self, inputs: Mapping[str, Array]) -> tuple[Tape, LayerBuffers]:
        tape, buffers = Tape(), self.workspace.buffers(inputs)
        passes.forward(self.network, recorded(buffers, tape))
        return tape, buffers[-1]

    def _read_and_forward(self, chosen: slice) -> tuple[Tape, LayerBuffers]:
        """Chunks of one size share their buffers, and so what is recorded on them."""
        reading, rows, chunk = Tape(), chosen.stop - chosen.start, {}
        for name, block in self.inputs.items():
            place = f"input/{name}", rows, block.shape[1:], block.dtype
            chunk[name] = self.workspace.of_rows(*place)
            reading.add(Opaque(_read, (block, chosen, chunk[name]), chunk[name]))
        if rows not in self._shared:
            self._shared[rows] = self._forward(chunk)
        tape, last = self._shared[rows]
        return reading + tape, last

    def __call__(self) -> Array:
        """Fill `outputs`, (rows, outputs), and return them."""
        for _, tape, _ in self.chunks:
            tape()
        return self.outputs


class Evaluator:
    """Scores one set of rows; workspace: as in Forward."""

    def __init__(
        self,
        network: Network,
        theta: Array,
        rows: EvaluationSet,
        decode: Callable[[Array], Array],
        metrics: Mapping[str, Metric],
        workspace: Workspace | None = None,
    ) -> None:
        self.network, self.rows, self.decode, self.metrics = network, rows, decode, metrics
        self.forward = Forward(network, theta, rows.inputs, workspace)

    @property
    def outputs(self) -> Array:
        """(rows, outputs) of the last run."""
        return self.forward.outputs

    def run(self) -> float:
        """Fill `outputs` and return the objective."""
        total, targets, weights = 0.0, self.rows.targets, self.rows.weights
        for chosen, tape, last in self.forward.chunks:
            tape()
            own = None if weights is None else weights[chosen]
            total += passes.data_loss(self.network, last, targets[chosen], own)
        factor = self.network.loss.factor(*self.outputs.shape)
        return total * factor + self.network.penalty(self.forward.workspace.tensors)

    def score(self) -> Score:
        """The objective and every metric; what isn't finite shows in them, not as a warning."""
        with np.errstate(all="ignore"):
            loss = self.run()
            predictions, truth = self.decode(self.outputs), self.rows.truth
            metrics = {name: metric(predictions, truth) for name, metric in self.metrics.items()}
        return Score(loss, metrics)


def _read(block: InputBlock, chosen: slice, out: Array) -> None:
    np.copyto(out, block[chosen])
