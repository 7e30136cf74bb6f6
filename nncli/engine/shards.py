"""Shards: a batch in parts, and the tree by which their sums are added.

    ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))

Whoever adds, and in whichever place, adds the same two numbers: a rank has neighbouring shards, and
so a branch of the tree. That is why the bits don't depend on the number of ranks.
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
        """Which rows of a batch each has: as many, or one more if it is among the first ones."""
        least, more = divmod(rows, self.total)
        sizes = (least + (shard < more) for shard in range(self.total))
        pieces = [slice(*ends) for ends in pairwise(accumulate(sizes, initial=0))]
        return pieces[self.first : self.first + self.count]

    def most_rows(self, rows: int) -> int:
        """Rows of the largest of all."""
        return -(-rows // self.total)

    @property
    def slots(self) -> int:
        """Sums that wait for their counterpart at most, and the one that is being made."""
        return self.count.bit_length()


def slot_of(place: int) -> int:
    """Where the sum of the shard at this place goes: behind those that wait for theirs.

    >>> [slot_of(place) for place in range(8)]
    [0, 1, 1, 2, 1, 2, 2, 3]
    """
    return place.bit_count()


def additions(place: int) -> list[tuple[int, int]]:
    """The slots (a, b) that become a + b in a, in their order, when that shard is done.

    >>> [additions(place) for place in range(4)]
    [[], [(0, 1)], [], [(1, 2), (0, 1)]]
    """
    pairs = (~place & (place + 1)).bit_length() - 1  # ones at the end of its binary digits
    last = slot_of(place)
    return [(slot - 1, slot) for slot in range(last, last - pairs, -1)]
