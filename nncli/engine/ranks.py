"""Ranks: the processes that train one network together; without MPI there is only one."""

import zlib
from typing import TypeVar

from nncli.engine.stop import Stop
from nncli.errors import RanksDiffer
from nncli.parts.arrays import Array

Value = TypeVar("Value")
RIDERS = 2  # numbers appended to a message: the stop request and the clock


class Ranks:
    """The only process of a run; `nncli.engine.mpi_ranks` handles several.

    number: of this rank, from 0.  count: of all ranks, a power of two.  place: this rank in words.
    """

    number, count = 0, 1
    place = "rank 0"

    def sum(self, message: Array) -> None:
        """Replace a message by its sum over all ranks; its last RIDERS numbers become 0."""

    def share(self, value: Value) -> Value:
        """Rank 0's value, on every rank."""
        return value

    def gather(self, value: Value) -> list[Value]:
        """Every rank's value, on every rank."""
        return [value]

    def collect(self, value: Value) -> list[Value]:
        """Every rank's value, on rank 0; empty on other ranks."""
        return [value]

    def stop(self, asked: Stop) -> Stop:
        """A Stop that all ranks notice before the same step. asked: this rank's own."""
        return asked

    def abort(self, code: int) -> None:
        """End the processes of all ranks at once."""
        raise SystemExit(code)

    def compare(self, theta: Array, epoch: int) -> None:
        """Raises RanksDiffer, on all ranks, unless all have the same theta, bit by bit."""
        if self.count > 1:
            sums = self.gather((zlib.crc32(theta.data), self.place))
            if odd := [place for crc, place in sums if crc != sums[0][0]]:
                raise RanksDiffer(epoch, odd)


ALONE = Ranks()
