"""MPI ranks: the processes that `mpiexec` started, which add up their gradients.

Each sum is a recursive halving followed by a recursive doubling, neighbours first: at each level a
rank sends the half that its partner keeps, and adds to the half that it keeps itself. Every number
is thus added in the order of the tree in `shards`, and the bits are the same for any number of
ranks, unlike those of MPI's own Allreduce.
"""

import os
import socket
import time
from typing import Any

import numpy as np

from nncli.engine.ranks import RIDERS, Ranks, Value
from nncli.engine.stop import Stop
from nncli.parts.arrays import Array

WHOLE = 4096  # numbers up to which whole messages are exchanged: latency costs more


class MpiRanks(Ranks):
    """The ranks of an MPI communicator.

    is_stopped, clock: from the last message: whether any rank asked to stop, and rank 0's time, so
    that all ranks decide alike.
    """

    def __init__(self, world: Any) -> None:
        self.world, self.number, self.count = world, world.Get_rank(), world.Get_size()
        self.place = f"rank {self.number} ({socket.gethostname()}, process {os.getpid()})"
        self.asked, self.began = Stop(), time.perf_counter()
        self.is_stopped, self.clock = False, 0.0
        self.received = np.zeros(0)
        self.partners = [self.number ^ (1 << level) for level in range(self.count.bit_length() - 1)]

    def sum(self, message: Array) -> None:
        message[-1] = self.asked.requested
        message[-2] = 0.0 if self.number else time.perf_counter() - self.began
        if self.received.size < message.size or self.received.dtype != message.dtype:
            self.received = np.empty_like(message)
        if message.size <= WHOLE:
            self._exchange(message)
        else:
            self._halve_and_double(message)
        self.is_stopped, self.clock = bool(message[-1]), float(message[-2])
        message[-RIDERS:] = 0.0

    def _exchange(self, message: Array) -> None:
        """Exchange the whole message with one partner per level, and add it."""
        received = self.received[: message.size]
        for partner in self.partners:
            self.world.Sendrecv(message, partner, recvbuf=received, source=partner)
            np.add(message, received, out=message)

    def _halve_and_double(self, message: Array) -> None:
        """Add a half, a quarter, an eighth ... of the numbers, then collect the others' sums."""
        start, end, halves = 0, message.size, []
        for partner in self.partners:
            middle = (start + end) // 2
            own, other = slice(start, middle), slice(middle, end)
            if partner < self.number:
                own, other = other, own
            halves.append((partner, own, other))
            received = self.received[own]
            self.world.Sendrecv(message[other], partner, recvbuf=received, source=partner)
            np.add(message[own], received, out=message[own])
            start, end = own.start, own.stop
        for partner, own, other in reversed(halves):
            self.world.Sendrecv(message[own], partner, recvbuf=message[other], source=partner)

    def share(self, value: Value) -> Value:
        shared: Value = self.world.bcast(value, 0)
        return shared

    def gather(self, value: Value) -> list[Value]:
        gathered: list[Value] = self.world.allgather(value)
        return gathered

    def collect(self, value: Value) -> list[Value]:
        return self.world.gather(value) or []

    def stop(self, asked: Stop) -> Stop:
        self.asked = asked
        return AgreedStop(self)

    def abort(self, code: int) -> None:
        self.world.Abort(code)


class AgreedStop(Stop):
    """A Stop that follows the last message; its clock is rank 0's."""

    def __init__(self, ranks: MpiRanks) -> None:
        self.ranks = ranks

    @property
    def requested(self) -> bool:
        return self.ranks.is_stopped

    @requested.setter
    def requested(self, value: bool) -> None:
        self.ranks.asked.requested = value

    def now(self) -> float:
        return self.ranks.clock
