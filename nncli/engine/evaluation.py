"""Evaluation: outputs, loss and metrics of one set of rows at fixed parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from nncli.engine import passes
from nncli.engine.network import Network
from nncli.engine.tape import Tape
from nncli.engine.workspace import Workspace, recorded
from nncli.parts.arrays import Array, Values
from nncli.parts.metrics import Metric

CHUNK_VALUES = 2**18  # numbers in the widest buffer of a chunk: 2 MB in float64, inside a cache


@dataclass(frozen=True)
class Scored:
    """Rows to evaluate on.

    x: (rows, inputs) and targets: (rows, outputs), in the training dtype.
    truth: what metrics compare with, class indices (rows,) or numbers (rows, targets).
    """

    x: Array
    targets: Array
    truth: Array

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Score:
    """The objective (data loss plus penalty) and the metrics, by name."""

    loss: float
    metrics: dict[str, float]


class Evaluator:
    """Scores one set of rows, in chunks that share one set of buffers."""

    def __init__(
        self,
        network: Network,
        theta: Array,
        rows: Scored,
        decode: Callable[[Array], Array],
        metrics: Mapping[str, Metric],
    ) -> None:
        self.network, self.rows, self.decode, self.metrics = network, rows, decode, metrics
        widest = max(network.inputs, *(node.outputs for node in network.nodes))
        chunk = min(len(rows), max(CHUNK_VALUES // widest, 1))
        self.workspace = Workspace(network, chunk, theta)
        self.outputs = np.empty((len(rows), network.outputs), theta.dtype)
        self._chunks = [
            self._record(slice(start, min(start + chunk, len(rows))))
            for start in range(0, len(rows), chunk)
        ]

    def _record(self, chosen: slice) -> tuple[slice, Tape, Values]:
        values = self.workspace.values(self.rows.x[chosen])
        tape = Tape()
        passes.forward(self.network, recorded(values, tape))
        tape.add(np.copyto, self.outputs[chosen], values[-1].y)
        return chosen, tape, values[-1]

    def run(self) -> float:
        """Fill `outputs` and return the objective."""
        total = 0.0
        for chosen, tape, last in self._chunks:
            tape()
            total += passes.data_loss(self.network, last, self.rows.targets[chosen])
        factor = self.network.loss.factor(*self.outputs.shape)
        return total * factor + self.network.penalty(self.workspace.tensors)

    def score(self) -> Score:
        """The objective and every metric; what isn't finite shows in them, not as a warning."""
        with np.errstate(all="ignore"):
            loss = self.run()
            predictions, truth = self.decode(self.outputs), self.rows.truth
            metrics = {name: metric(predictions, truth) for name, metric in self.metrics.items()}
        return Score(loss, metrics)
