"""Sharded plan: the gradient of a batch as the sum of its shards' gradients, on one tape."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from nncli.engine import passes
from nncli.engine.job import Job
from nncli.engine.layout import gradient_of
from nncli.engine.operations import AllReduce, Copy, Draw, Elementwise, Gather
from nncli.engine.plan import Plan, first_infinite
from nncli.engine.ranks import RIDERS, Ranks
from nncli.engine.rows import Batch
from nncli.engine.shards import Shards, additions, slot_of
from nncli.engine.state import TrainState, stream
from nncli.engine.tape import Tape, constant
from nncli.engine.workspace import Workspace, recorded
from nncli.errors import NncliError
from nncli.frozen import frozen
from nncli.parts.arrays import Array, LayerBuffers

IN_TURN = "shards take their turns in the same arrays: look at a job `of_whole_batches`"
Piece = Callable[[Tape, slice], Batch]  # records the gather of a shard's rows, and returns them


@frozen
class ShardDraw:
    """Draws the random numbers of a shard from a stream that depends on seed, step and shard only.

    number: the position of this draw among those of the step.
    """

    seed: int
    shard: int
    number: int
    state: TrainState

    def __call__(self, out: Array) -> None:
        self.at(self.state.step, out)

    def at(self, step: int, out: Array) -> None:
        """Fill `out` with the draws after `step` completed steps."""
        dtype: Any = out.dtype
        stream("dropout", self.seed, step, self.shard, self.number).random(out=out, dtype=dtype)


def shard_draws(tape: Tape) -> list[tuple[ShardDraw, int]]:
    """Each draw of a tape in order, with the count of its numbers."""
    return [
        (operation.fill, operation.target.size)
        for operation in tape.operations
        if isinstance(operation, Draw) and isinstance(operation.fill, ShardDraw)
    ]


@frozen
class _Shard:
    """A shard's part of a step."""

    tape: Tape
    batch: Batch
    buffers: list[LayerBuffers]


class ShardedPlan(Plan):
    """Steps whose batches are cut into shards; this rank computes the gradients of its own shards.

    Each shard's result is one message: [gradient | state | riders]. Running statistics are state:
    every shard updates them from the same old values, and the new ones are the mean over shards.
    """

    def __init__(self, job: Job, state: TrainState, ranks: Ranks, *, gather: bool) -> None:
        self.shards, self.ranks = Shards.of(job.training.shards, ranks), ranks
        self.state, self.seed = state, job.seeds.dropout
        random = state.dropout if job.network.is_random else None  # not used by shards' draws
        rows = job.batch_rows
        super().__init__(job.network, state.theta, job.train, rows, gather=gather, random=random)
        layout, dtype = job.network.layout, state.theta.dtype
        self.statistics = state.theta[layout.parameters :]
        self.before = np.zeros_like(self.statistics)
        size = layout.trainable + self.statistics.size + RIDERS
        self.messages = [np.zeros(size, dtype) for _ in range(self.shards.slots)]
        self.gradient = self.messages[0][: layout.trainable]
        most = self.shards.most_rows(rows)
        self.workspace = Workspace(job.network, most, state.theta, self.gradient, random)
        self._shards: dict[int, list[_Shard]] = {}

    def _first_rows(self, data: Batch, rows: int) -> Batch:
        """The part of the first batch that belongs to this rank."""
        pieces = self.shards.pieces(rows)
        return data.each(lambda _, source: source[pieces[0].start : pieces[-1].stop])

    def record_gradient(self, rows: int) -> Tape:
        return self._record(rows, self._gathered if self.gather else self._in_place)

    def record_passes(self, batch: Batch) -> Tape:
        def piece(_: Tape, chosen: slice) -> Batch:
            return batch.each(lambda _, each: each[chosen])

        return self._record(len(batch), piece)

    def _gathered(self, tape: Tape, chosen: slice) -> Batch:
        shard = self.batch(chosen.stop - chosen.start)
        for source, out in zip(self.data.arrays(), shard.arrays(), strict=True):
            tape.add(Gather(source, self.index[chosen], 0, out))
        return shard

    def _in_place(self, _: Tape, chosen: slice) -> Batch:
        first = self.shards.pieces(len(self.index))[0].start
        return self.data.each(lambda _, source: source[chosen.start - first : chosen.stop - first])

    def _record(self, rows: int, piece: Piece) -> Tape:
        """Record the gradient, summed over shards and ranks, then that of the penalty."""
        tape, whole, self._shards[rows] = Tape(), self.messages[0], []
        self._record_copy(tape, self.statistics, self.before)
        for place, chosen in enumerate(self.shards.pieces(rows)):
            tape += self._record_shard(place, chosen, rows, piece)
            for slot, other in additions(place):
                target, addend = (self.messages[each][:-RIDERS] for each in (slot, other))
                tape.add(Elementwise(np.add, (target, addend), target))
        if self.ranks.count > 1:
            tape.add(AllReduce(self.ranks.sum, whole))
        self._record_copy(tape, self._statistics_in(whole), self.statistics)
        buffers = self.workspace.buffers(self.batch(0).inputs)
        passes.penalty_backward(self.network, recorded(buffers, tape))
        return tape

    def _record_shard(self, place: int, chosen: slice, rows: int, piece: Piece) -> Tape:
        tape, message, size = Tape(), self.messages[slot_of(place)], chosen.stop - chosen.start
        if not size:
            tape.add(Copy(constant(0.0, message.dtype), message[:-RIDERS]))
            return tape
        if place:
            self._record_copy(tape, self.before, self.statistics)
        batch = piece(tape, chosen)
        workspace = self.workspace.with_gradient(message[: self.trained.size])
        buffers = recorded(workspace.buffers(batch.inputs), tape)
        self._record_data_passes(tape, buffers, batch, rows)
        if self.statistics.size:
            share = constant(size / rows, message.dtype)
            moved = self._statistics_in(message)
            tape.add(Elementwise(np.multiply, (self.statistics, share), moved))
        tape = self._with_own_draws(tape, self.shards.first + place)
        self._shards[rows].append(_Shard(tape, batch, workspace.buffers(batch.inputs)))
        return tape

    def first_infinite(self, rows: int, gradient: Tape) -> str | None:
        """The same name on every rank: from the first rank that finds one, else from the sum."""
        before, found = self.statistics.copy(), None
        for shard in self._shards[rows]:
            shard.tape()
            found = found or first_infinite(self._named(shard.batch, shard.buffers))
        np.copyto(self.statistics, before)
        gradient()
        sums = ((gradient_of(name), each) for name, each in self.workspace.gradients.items())
        return next(filter(None, self.ranks.gather(found)), None) or first_infinite(sums)

    def arrays(self, rows: int) -> Iterator[tuple[str, Array]]:
        raise NncliError(IN_TURN)

    def loss(self, rows: int) -> float:
        raise NncliError(IN_TURN)

    def _with_own_draws(self, tape: Tape, shard: int) -> Tape:
        """The tape with every draw replaced by one from the shard's own stream."""
        operations, number = [], 0
        for operation in tape.operations:
            if isinstance(operation, Draw):
                draw = ShardDraw(self.seed, shard, number, self.state)
                operation, number = replace(operation, fill=draw), number + 1
            operations.append(operation)
        return Tape(operations)

    def _statistics_in(self, message: Array) -> Array:
        return message[self.trained.size : -RIDERS]

    def _record_copy(self, tape: Tape, source: Array, target: Array) -> None:
        if target.size:
            tape.add(Copy(source, target))
