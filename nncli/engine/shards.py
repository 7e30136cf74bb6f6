"""Shards: parts of a batch, and the tree in which their gradients are added.

    ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))

A rank has neighbouring shards, and so a branch of this tree: whichever ranks compute it, the same
numbers are added in the same order, and the bits don't depend on the number of ranks.
"""

from itertools import accumulate, pairwise

from nncli.engine.ranks import Ranks
from nncli.frozen import frozen


@frozen
class Shards:
    """The shards of one rank: `count` from `first` on, of `total`."""

    first: int
    count: int
    total: int

    @classmethod
    def of(cls, total: int, ranks: Ranks) -> "Shards":
        count = total // ranks.count
        return cls(ranks.number * count, count, total)

    def pieces(self, rows: int) -> list[slice]:
        """The rows of each of this rank's shards; the first ones have one more if need be."""
        least, more = divmod(rows, self.total)
        sizes = (least + (shard < more) for shard in range(self.total))
        pieces = [slice(*ends) for ends in pairwise(accumulate(sizes, initial=0))]
        return pieces[self.first : self.first + self.count]

    def most_rows(self, rows: int) -> int:
        """The number of rows in the largest shard."""
        return -(-rows // self.total)

    @property
    def slots(self) -> int:
        """The number of buffers for sums: of those that wait for their counterpart, plus one."""
        return self.count.bit_length()


def slot_of(place: int) -> int:
    """The slot for the sum of the shard at this place: the one after those that are waiting.

    >>> [slot_of(place) for place in range(8)]
    [0, 1, 1, 2, 1, 2, 2, 3]
    """
    return place.bit_count()


def additions(place: int) -> list[tuple[int, int]]:
    """The pairs of slots (a, b) to be added into a, in order, once that shard's sum is done.

    >>> [additions(place) for place in range(4)]
    [[], [(0, 1)], [], [(1, 2), (0, 1)]]
    """
    pairs = (~place & (place + 1)).bit_length() - 1  # trailing ones in binary
    last = slot_of(place)
    return [(slot - 1, slot) for slot in range(last, last - pairs, -1)]
