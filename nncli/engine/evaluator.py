"""Evaluator: outputs, loss and metrics of one set of rows at fixed parameters."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field

import numpy as np

from nncli.engine import passes
from nncli.engine.arena import Arena
from nncli.engine.cost import chunk_rows, is_kept
from nncli.engine.network import Network
from nncli.engine.operations import Copy, Opaque
from nncli.engine.ranks import ALONE, Ranks
from nncli.engine.rows import Batch, InputBlock, Inputs, X, is_in_memory
from nncli.engine.tape import Tape
from nncli.engine.workspace import Workspace, recorded
from nncli.frozen import frozen
from nncli.parts.arrays import Array, LayerBuffers, evenly_spaced
from nncli.parts.metrics import Metric
from nncli.parts.metrics.class_predictions import ClassPredictions


@frozen
class EvaluationSet(Batch):
    """Rows to evaluate on. inputs (which may be on disk), targets, weights: as in Batch.

    truth: what metrics compare with: class indices (rows,) or numbers (rows, targets). The loss is
    sum_i w_i l_i / rows (rss: sum_i w_i l_i). The weights have mean 1 over the training rows, so
    that the learning rate keeps its meaning. Metrics ignore them.
    """

    truth: Array = field(kw_only=True)

    def at(self, index: Array) -> "EvaluationSet":
        rows = super().at(index)
        return EvaluationSet(rows.inputs, rows.targets, rows.weights, truth=self.truth[index])

    def sampled(self, most: int) -> "EvaluationSet":
        """At most `most` rows, evenly spaced; itself if it has no more."""
        return self if len(self) <= most else self.at(evenly_spaced(len(self), most))


@frozen
class Score:
    """The objective (weighted data loss plus penalty), and the unweighted metrics by name."""

    loss: float
    metrics: dict[str, float]


def workspace_for(
    network: Network, theta: Array, rows: int, arena: Arena | None = None
) -> Workspace:
    """Buffers for the forward pass of so many rows, a chunk at a time. arena: as in Workspace."""
    return Workspace(network, min(rows, chunk_rows(network.widest)), theta, arena=arena)


Chunk = tuple[slice, Tape, LayerBuffers]
ChunkTotal = tuple[int, int, float]  # (first row, end, sum of the loss)


class Forward:
    """The forward pass of one set of inputs, in chunks that share one set of buffers.

    Inputs in memory are read in place; those on disk are read a chunk at a time into one buffer.
    workspace: the buffers; several passes that don't run at the same time may share one.
    keeps: whether `outputs` holds all outputs afterwards; otherwise only the chunk last computed
    has them, in its buffers.
    ranks: this rank computes its own chunks only.
    """

    def __init__(
        self,
        network: Network,
        theta: Array,
        inputs: Inputs,
        workspace: Workspace | None = None,
        *,
        keeps: bool = True,
        ranks: Ranks = ALONE,
    ) -> None:
        self.ranks = ranks
        self.network, self.inputs, self.keeps, self.rows = network, inputs, keeps, len(inputs[X])
        self.workspace = workspace or workspace_for(network, theta, self.rows)
        self.outputs = np.empty((self.rows if keeps else 0, network.outputs), theta.dtype)
        self._shared: dict[int, tuple[Tape, LayerBuffers]] = {}
        self._recorded = [self._record(chosen) for chosen in self._pieces()] if keeps else []

    def _pieces(self) -> Iterator[slice]:
        count, chunk = self.rows, self.workspace.rows
        first, step = self.ranks.number * chunk, self.ranks.count * chunk
        return (slice(start, min(start + chunk, count)) for start in range(first, count, step))

    @property
    def chunks(self) -> Iterable[Chunk]:
        """(its rows, the tape that computes them, the output layer's buffers) of each chunk."""
        return self._recorded if self.keeps else map(self._record, self._pieces())

    def _record(self, chosen: slice) -> Chunk:
        if self.keeps and is_in_memory(self.inputs):
            tape, last = self._forward({name: b[chosen] for name, b in self.inputs.items()})
        else:
            tape, last = self._read_and_forward(chosen)
        if self.keeps:
            tape.add(Copy(last.y, self.outputs[chosen]))
        return chosen, tape, last

    def _forward(self, inputs: Mapping[str, Array]) -> tuple[Tape, LayerBuffers]:
        tape, buffers = Tape(), self.workspace.buffers(inputs)
        passes.forward(self.network, recorded(buffers, tape))
        return tape, buffers[-1]

    def _read_and_forward(self, chosen: slice) -> tuple[Tape, LayerBuffers]:
        """Record a chunk; chunks of one size share buffers, and the pass recorded on them."""
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
        """Fill and return `outputs`, (rows, outputs); only if it `keeps` them."""
        for _, tape, _ in self.chunks:
            tape()
        return self.outputs


class Evaluator:
    """Scores one set of rows. workspace, keeps, ranks: as in Forward.

    By default outputs are kept, unless they are large and every metric can be computed from
    `ClassPredictions`.
    """

    def __init__(
        self,
        network: Network,
        theta: Array,
        rows: EvaluationSet,
        decode: Callable[[Array], Array],
        metrics: Mapping[str, Metric],
        workspace: Workspace | None = None,
        *,
        keeps: bool | None = None,
        ranks: Ranks = ALONE,
    ) -> None:
        self.ranks = ranks
        self.network, self.rows, self.decode, self.metrics = network, rows, decode, metrics
        if keeps is None:
            are_classes = rows.truth.ndim == 1
            needs_all = not all(metric.takes_class_predictions for metric in metrics.values())
            keeps = is_kept(len(rows), network.outputs, theta.itemsize)
            keeps = keeps or needs_all or not are_classes
        self.forward = Forward(network, theta, rows.inputs, workspace, keeps=keeps, ranks=ranks)
        self.class_predictions = None
        if not keeps:
            self.class_predictions = ClassPredictions.empty(len(rows), network.outputs, theta.dtype)

    @property
    def outputs(self) -> Array:
        """(rows, outputs) of the last run."""
        return self.forward.outputs

    def run(self) -> float:
        """Fill `outputs` and return the objective; of several ranks, only rank 0's is the total."""
        targets, weights, totals = self.rows.targets, self.rows.weights, list[ChunkTotal]()
        for chosen, tape, last in self.forward.chunks:
            tape()
            own = None if weights is None else weights[chosen]
            loss = passes.data_loss(self.network, last, targets[chosen], own)
            totals.append((chosen.start, chosen.stop, loss))
            if self.class_predictions is not None:
                self.class_predictions.note(chosen, self.decode(last.y), self.rows.truth[chosen])
        total = 0.0
        for _, _, loss in sorted(self._collected(totals)):
            total += loss
        factor = self.network.loss.factor(*targets.shape)
        return total * factor + self.network.penalty(self.forward.workspace.tensors)

    def _collected(self, totals: list[ChunkTotal]) -> list[ChunkTotal]:
        """All ranks' chunk totals, on rank 0, which also receives their outputs or predictions."""
        if self.ranks.count == 1:
            return totals
        few = self.class_predictions
        kept = [self.outputs] if few is None else [few.predicted, few.true_probability]
        parts = [[array[start:stop] for array in kept] for start, stop, _ in totals]
        collected: list[ChunkTotal] = []
        for others, theirs in self.ranks.collect((totals, parts)):
            collected += others
            for (start, stop, _), part in zip(others, theirs, strict=True):
                for array, piece in zip(kept, part, strict=True):
                    array[start:stop] = piece
        return collected

    def score(self) -> Score:
        """The objective and every metric; one that isn't finite raises no warning."""
        with np.errstate(all="ignore"):
            loss = self.run()
            if self.ranks.number:
                return self.ranks.share(Score(loss, {}))
            truth = self.rows.truth
            predictions = self.class_predictions or self.decode(self.outputs)
            metrics = {name: metric(predictions, truth) for name, metric in self.metrics.items()}
        return self.ranks.share(Score(loss, metrics))


def _read(block: InputBlock, chosen: slice, out: Array) -> None:
    np.copyto(out, block[chosen])
