"""Plan: the gradient of a batch as one recorded tape.

Everything a step touches is allocated here, once; gather, forward, backward and penalty are
written down in that order and replayed.
"""

from collections.abc import Iterator

import numpy as np

from nncli.engine import passes
from nncli.engine.network import Network
from nncli.engine.tape import Tape
from nncli.engine.workspace import Workspace, recorded
from nncli.parts.arrays import Array, Values


class Plan:
    """Steps of one network on one training set.

    x: (rows, inputs), targets: (rows, outputs), both in the dtype of theta, (layout.size,).
    batch_rows: rows of a step at the most. gather: whether a step picks its rows by `index`;
    otherwise it takes the first rows in place, without a copy.
    """

    def __init__(
        self,
        network: Network,
        theta: Array,
        x: Array,
        targets: Array,
        batch_rows: int,
        *,
        gather: bool,
        random: np.random.Generator | None = None,
    ) -> None:
        self.network, self.theta, self.x, self.targets = network, theta, x, targets
        self.gather = gather
        self.trained = theta[: network.layout.trainable]
        self.gradient = np.zeros_like(self.trained)
        self.workspace = Workspace(network, batch_rows, theta, self.gradient, random)
        self.index = np.zeros(batch_rows, dtype=np.intp)
        self._values: dict[int, list[Values]] = {}

    def batch(self, rows: int) -> tuple[Array, Array]:
        """Inputs and targets of a step of `rows` rows: buffers, or the data itself."""
        if not self.gather:
            return self.x[:rows], self.targets[:rows]
        wide = self.workspace
        x_shape, t_shape = (rows, self.x.shape[1]), (rows, self.targets.shape[1])
        return (
            wide.buffer("x", x_shape, (wide.rows, x_shape[1])),
            wide.buffer("targets", t_shape, (wide.rows, t_shape[1])),
        )

    def values(self, rows: int) -> list[Values]:
        """The named buffers of a step of `rows` rows, layer by layer."""
        if rows not in self._values:
            self._values[rows] = self.workspace.values(self.batch(rows)[0])
        return self._values[rows]

    def record_gradient(self, rows: int) -> Tape:
        """Gather, forward, backward and penalty of a step of `rows` rows, as one tape."""
        tape = Tape()
        x, targets = self.batch(rows)
        if self.gather:
            index = self.index[:rows]
            # mode "clip" is the one that writes to out directly; indices are always in range
            tape.add(self.x.take, index, 0, x, "clip")
            tape.add(self.targets.take, index, 0, targets, "clip")
        values = recorded(self.values(rows), tape)
        largest = (self.workspace.rows, targets.shape[1])
        scratch = self.workspace.buffer("loss", targets.shape, largest)
        passes.forward(self.network, values)
        passes.backward(self.network, values, tape.wrap(targets), tape.wrap(scratch))
        passes.penalty_backward(self.network, values)
        return tape

    def arrays(self, rows: int) -> Iterator[tuple[str, Array]]:
        """Every array of a step of `rows` rows, by its name in a trace, in order of computation."""
        values = list(zip(self.network.nodes, self.values(rows), strict=True))
        yield "input", self.batch(rows)[0]
        for node, v in values:
            if "z" in v.saved:
                yield f"{node.name}/z", v.saved["z"]
            yield f"{node.name}/a", v.y
        for node, v in reversed(values):
            if v.dy is not None and not (v is values[-1][1] and self.network.is_matched):
                yield f"{node.name}/da", v.dy
            if "dz" in v.saved:
                yield f"{node.name}/dz", v.saved["dz"]
            for name, gradient in v.grads.items():
                yield f"{node.name}/d{name}", gradient

    def loss(self, rows: int) -> float:
        """The objective of the batch last passed forward: data loss plus penalty."""
        targets = self.batch(rows)[1]
        total = passes.data_loss(self.network, self.values(rows)[-1], targets)
        return total * self.network.loss.factor(*targets.shape) + self.network.penalty(
            self.workspace.tensors
        )
