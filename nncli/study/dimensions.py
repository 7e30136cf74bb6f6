"""Dimensions of a search space: their values as number, text and YAML node."""

import math
from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property

from nncli.config.nodes import Node
from nncli.config.sweep_keys import Range
from nncli.frozen import frozen


@frozen
class Condition:
    """A dimension is active only where `choice` takes the option of this index."""

    choice: str
    option: int


@frozen
class Numeric:
    """A numeric dimension.

    name: unique in the space.  column: the dotted key that it sets; inner dimensions of several
    options may share it.  where: its place in the config.
    """

    name: str
    column: str
    where: str
    range: Range
    condition: Condition | None = None

    @cached_property
    def count(self) -> int | None:
        """The number of values; None if continuous."""
        low, high = Decimal(repr(self.range.low)), Decimal(repr(self.range.high))
        if self.range.step is None:
            return int(high - low) + 1 if self.range.is_whole else None
        return int((high - low) / Decimal(repr(self.range.step))) + 1

    def value(self, index: int) -> int | float:
        """low + index * step, in decimal: 0.3, not 0.30000000000000004."""
        step = Decimal(repr(self.range.step or 1))
        value = Decimal(repr(self.range.low)) + index * step
        return self._number(value)

    def index_of(self, value: int | float) -> int:
        """The index of a value among the `count` values."""
        return round((value - self.range.low) / (self.range.step or 1))

    def from_unit(self, unit: float) -> int | float:
        """Map 0 <= unit < 1 to a value of the range."""
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
        """Whether a number is in the range, and on its grid if it has a step."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if self.range.is_whole and not isinstance(value, int):
            return False
        if not self.range.low <= value <= self.range.high:
            return False
        return self.range.step is None or self.value(self.index_of(value)) == value

    def text(self, value: int | float) -> str:
        """A value as a table cell; `read` restores the same bits."""
        return repr(value)

    def read(self, text: str) -> int | float:
        """The value of a cell. Raises ValueError if it is not in the range."""
        value = int(text) if self.range.is_whole else float(text)
        if value not in self:
            raise ValueError(f"{text} isn't in the range of {self.column}")
        return value

    def node(self, value: int | float) -> Node:
        """The value as a YAML node."""
        return Node(value, self.where, text=repr(value))


@frozen
class Choice:
    """A categorical dimension; a value is the index of an option. labels: of the options."""

    name: str
    column: str
    where: str
    options: Sequence[Node]
    labels: Sequence[str]
    condition: Condition | None = None

    @property
    def count(self) -> int:
        """The number of options."""
        return len(self.options)

    def value(self, index: int) -> int:
        """The value of an option: its index."""
        return index

    def index_of(self, value: int | float) -> int:
        """The index of a value: itself."""
        return int(value)

    def from_unit(self, unit: float) -> int:
        """Map 0 <= unit < 1 to an option."""
        return min(int(unit * self.count), self.count - 1)

    def __contains__(self, value: object) -> bool:
        """Whether an index is that of an option."""
        return isinstance(value, int) and 0 <= value < self.count

    def text(self, value: int | float) -> str:
        """An option's label, as in a table cell."""
        return self.labels[int(value)]

    def read(self, text: str) -> int:
        """The option with a label. Raises ValueError if there is none."""
        if text not in self.labels:
            raise ValueError(f"{text} is none of the choices of {self.column}")
        return self.labels.index(text)

    def node(self, value: int | float) -> Node:
        """The option's YAML node."""
        return self.options[int(value)]


Dimension = Numeric | Choice
