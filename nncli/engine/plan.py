"""Plan: the gradient of a batch as one recorded tape.

Every array that a step uses is allocated here, once; gather, forward, backward and penalty are
recorded in this order, and replayed at every step.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from nncli.engine import passes
from nncli.engine.job import Job
from nncli.engine.layout import gradient_of
from nncli.engine.network import Network
from nncli.engine.operations import Gather
from nncli.engine.rows import Batch, X
from nncli.engine.state import TrainState
from nncli.engine.tape import Tape
from nncli.engine.workspace import Workspace, arena_for, recorded
from nncli.parts.arrays import Array, LayerBuffers


class Plan:
    """Records the gradient steps of one network on one training set.

    data: all rows.  theta: (layout.size,) parameters.  batch_rows: the maximum number of rows in a
    step.
    gather: whether a step copies the rows that `index` names; otherwise it uses the first rows in
    place (inputs on disk are read into memory once).
    arena: memory that holds nothing between two steps.
    """

    def __init__(
        self,
        network: Network,
        theta: Array,
        data: Batch,
        batch_rows: int,
        *,
        gather: bool,
        random: np.random.Generator | None = None,
    ) -> None:
        self.network, self.theta, self.gather = network, theta, gather
        self.data = data if gather else self._first_rows(data, batch_rows)
        self.trained = theta[: network.layout.trainable]
        self.gradient = np.zeros_like(self.trained)
        self.arena = arena_for(network, batch_rows, theta.dtype, gather=gather)
        self.workspace = Workspace(network, batch_rows, theta, self.gradient, random, self.arena)
        self.index = np.zeros(batch_rows, dtype=np.intp)
        self._buffers: dict[int, list[LayerBuffers]] = {}

    @classmethod
    def of(cls, job: Job, state: TrainState, *, gather: bool) -> "Plan":
        """The plan of a job, on the theta and the random streams of a state."""
        return cls(
            job.network,
            state.theta,
            job.train,
            job.batch_rows,
            gather=gather,
            random=state.dropout if job.network.is_random else None,
        )

    def _first_rows(self, data: Batch, rows: int) -> Batch:
        return data.each(lambda _, source: source[0:rows])

    def batch(self, rows: int) -> Batch:
        """The batch of a step of `rows` rows: the arrays it gathers into, or the data itself."""
        if not self.gather:
            return self.data.each(lambda _, source: source[0:rows])
        return self.data.each(
            lambda name, source: self.workspace.of_rows(name, rows, source.shape[1:], source.dtype)
        )

    def buffers(self, rows: int) -> list[LayerBuffers]:
        """The buffers of a step of `rows` rows, layer by layer."""
        if rows not in self._buffers:
            self._buffers[rows] = self.workspace.buffers(self.batch(rows).inputs)
        return self._buffers[rows]

    def record_gradient(self, rows: int) -> Tape:
        """Record gather, forward, backward and penalty of a step of `rows` rows."""
        tape = Tape()
        if self.gather:
            self._record_gathering(tape, rows)
        return tape + self.record_passes(self.batch(rows))

    def record_passes(self, batch: Batch) -> Tape:
        """Record forward, backward and penalty of a batch that is in these arrays already."""
        tape = Tape()
        buffers = recorded(self.workspace.buffers(batch.inputs), tape)
        self._record_data_passes(tape, buffers, batch, len(batch))
        passes.penalty_backward(self.network, buffers)
        return tape

    def _record_data_passes(
        self, tape: Tape, buffers: Sequence[LayerBuffers], batch: Batch, of_rows: int
    ) -> None:
        """Record forward and backward. of_rows: the number of rows that the loss averages over."""
        targets, weights = batch.targets, batch.weights
        scratch = self.workspace.of_rows("loss", len(batch), targets.shape[1:])
        passes.forward(self.network, buffers)
        passes.backward(
            self.network,
            buffers,
            tape.wrap(targets),
            tape.wrap(scratch),
            None if weights is None else tape.wrap(weights),
            of_rows,
        )

    def _record_gathering(self, tape: Tape, rows: int) -> None:
        index = self.index[:rows]
        for source, out in zip(self.data.arrays(), self.batch(rows).arrays(), strict=True):
            tape.add(Gather(source, index, 0, out))

    def arrays(self, rows: int) -> Iterator[tuple[str, Array]]:
        """Yields (name as in a trace, array) of a step of `rows` rows, in order of computation."""
        return self._named(self.batch(rows), self.buffers(rows))

    def first_infinite(self, rows: int, gradient: Tape) -> str | None:
        """Compute a step's gradient; the name of the first array that isn't finite, else None."""
        gradient()
        return first_infinite(self.arrays(rows))

    def _named(self, batch: Batch, buffers: Sequence[LayerBuffers]) -> Iterator[tuple[str, Array]]:
        placed = list(zip(self.network.nodes, buffers, strict=True))
        for name, block in batch.inputs.items():
            yield "input" if name == X else f"input/{name}", block
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
                yield f"{node.name}/{gradient_of(name)}", gradient

    def loss(self, rows: int) -> float:
        """The objective (data loss plus penalty) of the batch of the last forward pass."""
        batch, network = self.batch(rows), self.network
        last = self.buffers(rows)[-1]
        total = passes.data_loss(network, last, batch.targets, batch.weights)
        penalty = network.penalty(self.workspace.tensors)
        return total * network.loss.factor(*batch.targets.shape) + penalty


def first_infinite(arrays: Iterable[tuple[str, Array]]) -> str | None:
    """The name of the first array that isn't finite; None if all are."""
    return next((name for name, array in arrays if not np.isfinite(array).all()), None)
