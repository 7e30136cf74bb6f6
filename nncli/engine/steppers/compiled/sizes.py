"""Sizes: sizes and strides, as arguments of a kernel or as constants in its code.

Compile time grows with the number of instructions, so sizes and strides are arguments: one kernel
then serves many shapes.
"""

from collections.abc import Sequence

from nncli.frozen import frozen

LITTLE_WORK = 1024  # computed numbers up to which all sizes are constants


@frozen
class Argument:
    """A size that a call passes. number: its index among the call's sizes."""

    number: int


Size = int | Argument


class Sizes:
    """The sizes and strides of one call. 0 and 1 are constants; all are if there is little to
    compute, because arguments take time too.

    work: the count of computed numbers.  values: the arguments, in order.
    """

    def __init__(self, work: int) -> None:
        self.is_literal = work <= LITTLE_WORK
        self.values: list[int] = []

    def __call__(self, value: int) -> Size:
        return value if value in (0, 1) else self.argument(value)

    def of(self, values: Sequence[int]) -> tuple[Size, ...]:
        """Several sizes."""
        return tuple(map(self, values))

    def argument(self, value: int) -> Size:
        """An argument, also for 0 and 1."""
        if self.is_literal:
            return value
        self.values.append(value)
        return Argument(len(self.values) - 1)
