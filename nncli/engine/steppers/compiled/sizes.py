"""Sizes: the sizes and strides that a kernel is called with, or that are written out in it.

Compiling takes its time for each instruction that is written, so that one kernel does for all
shapes it can: sizes and strides are its arguments.
"""

from collections.abc import Sequence

from nncli.frozen import frozen

LITTLE_WORK = 1024  # numbers, each time one is computed, of a step whose sizes are written out


@frozen
class Argument:
    """A size that a call brings; number: which of them."""

    number: int


Size = int | Argument


class Sizes:
    """The sizes and strides of one call, each an argument of its own; but 0 and 1 are written out,
    and so is everything where there is little to do, for arguments take their time.

    work: numbers that are computed.  values: what the call passes, in order.
    """

    def __init__(self, work: int) -> None:
        self.is_literal = work <= LITTLE_WORK
        self.values: list[int] = []

    def __call__(self, value: int) -> Size:
        return value if value in (0, 1) else self.argument(value)

    def of(self, values: Sequence[int]) -> tuple[Size, ...]:
        """Each of them."""
        return tuple(map(self, values))

    def argument(self, value: int) -> Size:
        """An argument, whatever the value."""
        if self.is_literal:
            return value
        self.values.append(value)
        return Argument(len(self.values) - 1)
