"""Dimensions of a search space: what one of its values may be, as number, text and YAML node."""

import math
from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property

from nncli.config.nodes import Node
from nncli.config.sweep import Range
from nncli.frozen import frozen


@frozen
class Condition:
    """A dimension that is there only where a choice has fallen on one option."""

    choice: str
    option: int


@frozen
class Numbers:
    """Numbers of a range.

    name: its own in the space.  column: the dotted key that it sets, which dimensions of several
    options may share.  where: its place in the config.
    """

    name: str
    column: str
    where: str
    range: Range
    condition: Condition | None = None

    @cached_property
    def count(self) -> int | None:
        """How many values there are; None: a continuum."""
        low, high = Decimal(repr(self.range.low)), Decimal(repr(self.range.high))
        if self.range.step is None:
            return int(high - low) + 1 if self.range.is_whole else None
        return int((high - low) / Decimal(repr(self.range.step))) + 1

    def value(self, place: int) -> int | float:
        """low + place * step: 0.3, not 0.30000000000000004."""
        step = Decimal(repr(self.range.step or 1))
        value = Decimal(repr(self.range.low)) + place * step
        return self._number(value)

    def place(self, value: int | float) -> int:
        """Which of the `count` values it is."""
        return round((value - self.range.low) / (self.range.step or 1))

    def at(self, unit: float) -> int | float:
        """The value that a share of the range, 0 <= unit < 1, stands for."""
        low, high = self.range.low, self.range.high
        if self.range.log:
            half = 0.5 if self.range.is_whole else 0.0
            bottom, top = math.log(low - half), math.log(high + half)
            value = math.exp(bottom + unit * (top - bottom))
        elif self.count is not None:
            return self.value(min(int(unit * self.count), self.count - 1))
        else:
            value = low + unit * (high - low)
        if self.range.is_whole:
            value = round(value)
        return self._number(min(max(value, low), high))

    def _number(self, value: float | Decimal) -> int | float:
        return int(value) if self.range.is_whole else float(value)

    def __contains__(self, value: object) -> bool:
        """Whether the range has a number."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if self.range.is_whole and not isinstance(value, int):
            return False
        if not self.range.low <= value <= self.range.high:
            return False
        return self.range.step is None or self.value(self.place(value)) == value

    def text(self, value: int | float) -> str:
        """A value as it stands in a table, from which it is read back to the bit."""
        return repr(value)

    def read(self, text: str) -> int | float:
        """The value of such a text. Raises ValueError if the range has none such."""
        value = int(text) if self.range.is_whole else float(text)
        if value not in self:
            raise ValueError(f"{text} isn't in the range of {self.column}")
        return value

    def node(self, value: int | float) -> Node:
        """The value as a part of the config."""
        return Node(value, self.where, text=repr(value))


@frozen
class Choice:
    """One of several options. labels: what each is called in a table."""

    name: str
    column: str
    where: str
    options: Sequence[Node]
    labels: Sequence[str]
    condition: Condition | None = None

    @property
    def count(self) -> int:
        """How many options there are."""
        return len(self.options)

    def value(self, place: int) -> int:
        """An option is known by its place."""
        return place

    def place(self, value: int | float) -> int:
        """The same the other way round."""
        return int(value)

    def at(self, unit: float) -> int:
        """The option that a share of them, 0 <= unit < 1, stands for."""
        return min(int(unit * self.count), self.count - 1)

    def __contains__(self, value: object) -> bool:
        """Whether there is an option at a place."""
        return isinstance(value, int) and 0 <= value < self.count

    def text(self, value: int | float) -> str:
        """An option as it stands in a table."""
        return self.labels[int(value)]

    def read(self, text: str) -> int:
        """The option of such a text. Raises ValueError if there is none."""
        if text not in self.labels:
            raise ValueError(f"{text} is none of the choices of {self.column}")
        return self.labels.index(text)

    def node(self, value: int | float) -> Node:
        """The option as it is written."""
        return self.options[int(value)]


Dimension = Numbers | Choice
