"""Plan: the gradient of a batch as one recorded tape.

Everything a step touches is allocated here, once; gather, forward, backward and penalty are
written down in that order and replayed.
"""

from collections.abc import Iterator

import numpy as np

from nncli.engine import passes
from nncli.engine.job import Job
from nncli.engine.network import Network
from nncli.engine.operations import Gather
from nncli.engine.rows import Inputs
from nncli.engine.state import TrainState
from nncli.engine.tape import Tape
from nncli.engine.workspace import Workspace, recorded
from nncli.parts.arrays import Array, LayerBuffers


class Plan:
    """Steps of one network on one training set.

    x: (rows, inputs), targets: (rows, outputs), weights: (rows,) or None if all rows count alike;
    all in the dtype of theta, (layout.size,).
    batch_rows: rows of a step at the most. gather: whether a step picks its rows by `index`;
    otherwise it takes the first rows in place, without a copy; those of x are read into memory.
    """

    def __init__(
        self,
        network: Network,
        theta: Array,
        x: Inputs,
        targets: Array,
        batch_rows: int,
        *,
        gather: bool,
        random: np.random.Generator | None = None,
        weights: Array | None = None,
    ) -> None:
        self.network, self.theta, self.gather = network, theta, gather
        self.x = x if gather else x[0:batch_rows]
        self.targets, self.weights = targets, weights
        self.trained = theta[: network.layout.trainable]
        self.gradient = np.zeros_like(self.trained)
        self.workspace = Workspace(network, batch_rows, theta, self.gradient, random)
        self.index = np.zeros(batch_rows, dtype=np.intp)
        self._buffers: dict[int, list[LayerBuffers]] = {}

    @classmethod
    def of(cls, job: Job, state: TrainState, *, gather: bool) -> "Plan":
        """The steps of a job, on the theta and the streams of a state."""
        return cls(
            job.network,
            state.theta,
            job.train.x,
            job.train.targets,
            job.batch_rows,
            gather=gather,
            random=state.dropout if job.network.is_random else None,
            weights=job.train.weights,
        )

    def batch(self, rows: int) -> tuple[Array, Array, Array | None]:
        """Inputs, targets and weights of a step of `rows` rows: buffers, or the data itself."""
        x, targets = self._place("x", self.x, rows), self._place("targets", self.targets, rows)
        weights = None if self.weights is None else self._place("weights", self.weights, rows)
        return x, targets, weights

    def _place(self, name: str, source: Inputs, rows: int) -> Array:
        if not self.gather:
            return source[0:rows]
        columns = source.shape[1:]
        return self.workspace.array(name, (rows, *columns), (self.workspace.rows, *columns))

    def buffers(self, rows: int) -> list[LayerBuffers]:
        """The named buffers of a step of `rows` rows, layer by layer."""
        if rows not in self._buffers:
            self._buffers[rows] = self.workspace.buffers(self.batch(rows)[0])
        return self._buffers[rows]

    def record_gradient(self, rows: int) -> Tape:
        """Gather, forward, backward and penalty of a step of `rows` rows, as one tape."""
        tape = Tape()
        if self.gather:
            self._record_gathering(tape, rows)
        return tape + self.record_passes(*self.batch(rows))

    def record_passes(self, x: Array, targets: Array, weights: Array | None) -> Tape:
        """Forward, backward and penalty of the batch that lies in these arrays."""
        tape = Tape()
        buffers = recorded(self.workspace.buffers(x), tape)
        largest = (self.workspace.rows, targets.shape[1])
        scratch = self.workspace.array("loss", targets.shape, largest)
        passes.forward(self.network, buffers)
        passes.backward(
            self.network,
            buffers,
            tape.wrap(targets),
            tape.wrap(scratch),
            None if weights is None else tape.wrap(weights),
        )
        passes.penalty_backward(self.network, buffers)
        return tape

    def _record_gathering(self, tape: Tape, rows: int) -> None:
        index, whole = self.index[:rows], (self.x, self.targets, self.weights)
        for source, out in zip(whole, self.batch(rows), strict=True):
            if source is not None and out is not None:
                tape.add(Gather(source, index, 0, out))

    def arrays(self, rows: int) -> Iterator[tuple[str, Array]]:
        """Every array of a step of `rows` rows, by its name in a trace, in order of computation."""
        placed = list(zip(self.network.nodes, self.buffers(rows), strict=True))
        yield "input", self.batch(rows)[0]
        for node, own in placed:
            if "z" in own.saved:
                yield f"{node.name}/z", own.saved["z"]
            yield f"{node.name}/a", own.y
        for node, own in reversed(placed):
            if own.dy is not None and not (own is placed[-1][1] and self.network.is_matched):
                yield f"{node.name}/da", own.dy
            if "dz" in own.saved:
                yield f"{node.name}/dz", own.saved["dz"]
            for name, gradient in own.grads.items():
                yield f"{node.name}/d{name}", gradient

    def loss(self, rows: int) -> float:
        """The objective of the batch last passed forward: data loss plus penalty."""
        _, targets, weights = self.batch(rows)
        total = passes.data_loss(self.network, self.buffers(rows)[-1], targets, weights)
        return total * self.network.loss.factor(*targets.shape) + self.network.penalty(
            self.workspace.tensors
        )
