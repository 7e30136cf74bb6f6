"""Evaluator: outputs, loss and metrics of one set of rows at fixed parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from nncli.engine import passes
from nncli.engine.cost import chunk_rows
from nncli.engine.network import Network
from nncli.engine.operations import Copy, Opaque
from nncli.engine.rows import Inputs, StoredRows
from nncli.engine.tape import Tape
from nncli.engine.workspace import Workspace, recorded
from nncli.parts.arrays import Array, LayerBuffers
from nncli.parts.metrics import Metric


@dataclass(frozen=True)
class EvaluationSet:
    """Rows to evaluate on.

    x: (rows, inputs), the one that may lie on disk, and targets: (rows, outputs), in the training
    dtype.
    truth: what metrics compare with, class indices (rows,) or numbers (rows, targets).
    weights: (rows,), in the training dtype: how much each row counts in the loss; None: all alike.
    The loss is sum_i w_i l_i / rows (rss: sum_i w_i l_i). Whoever makes them gives them mean 1
    over the training rows, so the learning rate keeps its meaning. Metrics don't see them.
    """

    x: Inputs
    targets: Array
    truth: Array
    weights: Array | None = None

    def __len__(self) -> int:
        return len(self.x)


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
        self, network: Network, theta: Array, x: Inputs, workspace: Workspace | None = None
    ) -> None:
        self.network, self.x = network, x
        self.workspace = workspace or workspace_for(network, theta, len(x))
        chunk = self.workspace.rows
        self.outputs = np.empty((len(x), network.outputs), theta.dtype)
        self._shared: dict[int, tuple[Tape, LayerBuffers]] = {}
        self.chunks = [
            self._record(slice(start, min(start + chunk, len(x))))
            for start in range(0, len(x), chunk)
        ]

    def _record(self, chosen: slice) -> tuple[slice, Tape, LayerBuffers]:
        if isinstance(self.x, np.ndarray):
            tape, last = self._forward(self.x[chosen])
        else:
            tape, last = self._read_and_forward(self.x, chosen)
        tape.add(Copy(last.y, self.outputs[chosen]))
        return chosen, tape, last

    def _forward(self, x: Array) -> tuple[Tape, LayerBuffers]:
        tape, buffers = Tape(), self.workspace.buffers(x)
        passes.forward(self.network, recorded(buffers, tape))
        return tape, buffers[-1]

    def _read_and_forward(self, x: StoredRows, chosen: slice) -> tuple[Tape, LayerBuffers]:
        """Chunks of one size share their buffers, and so what is recorded on them."""
        rows, inputs = chosen.stop - chosen.start, self.network.inputs
        buffer = self.workspace.array("x", (rows, inputs), (self.workspace.rows, inputs))
        if rows not in self._shared:
            self._shared[rows] = self._forward(buffer)
        tape, last = self._shared[rows]
        return Tape([Opaque(_read, (x, chosen, buffer), buffer)]) + tape, last

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
        self.forward = Forward(network, theta, rows.x, workspace)

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


def _read(x: StoredRows, chosen: slice, out: Array) -> None:
    np.copyto(out, x[chosen])
