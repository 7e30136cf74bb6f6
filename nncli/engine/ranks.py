"""Ranks: the processes that make the steps of one run together; without MPI there is one."""

import zlib
from typing import TypeVar

from nncli.engine.stop import Stop
from nncli.errors import RanksDiffer
from nncli.parts.arrays import Array

Value = TypeVar("Value")
RIDERS = 2  # numbers behind those that are summed, for what else ranks tell each other at a step


class Ranks:
    """One process alone; `nncli.engine.mpi_ranks` has more of them.

    number: of this one, from 0.  count: how many there are, a power of two.
    place: this one in words.
    """

    number, count = 0, 1
    place = "rank 0"

    def sum(self, message: Array) -> None:
        """Replace the message by its sum over all ranks; its last RIDERS numbers become 0."""

    def share(self, value: Value) -> Value:
        """Rank 0's value."""
        return value

    def gather(self, value: Value) -> list[Value]:
        """Every rank's value, on each."""
        return [value]

    def collect(self, value: Value) -> list[Value]:
        """Every rank's value, on rank 0; nothing on others."""
        return [value]

    def stop(self, asked: Stop) -> Stop:
        """A stop that all ranks notice before the same step; asked: of this one."""
        return asked

    def abort(self, code: int) -> None:
        """End the processes of all ranks, now."""
        raise SystemExit(code)

    def compare(self, theta: Array, epoch: int) -> None:
        """Raises RanksDiffer, on all ranks, unless they have the same bits."""
        if self.count > 1:
            sums = self.gather((zlib.crc32(theta.data), self.place))
            if odd := [place for crc, place in sums if crc != sums[0][0]]:
                raise RanksDiffer(epoch, odd)


ALONE = Ranks()
