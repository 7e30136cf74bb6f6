"""Optimizer state: the values of an optimizer's slots before the first step, given in a config."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Annotated, Any

from nncli.constraints import Count, Finite, Length, NonNegative
from nncli.frozen import frozen

Numbers = Annotated[list[Finite | Annotated[list[Finite], Length(1)]], Length(1)]
Squares = Annotated[list[NonNegative | Annotated[list[NonNegative], Length(1)]], Length(1)]
HOW = "one number for all, or numbers by tensor, as output/W"


@frozen
class InitialState:
    """The slots before the first step, by the names that a trace shows."""

    def slots(self) -> dict[str, Any]:
        """By slot: one number for all elements, or numbers by tensor."""
        names = [each.name for each in fields(self) if each.name != "step"]
        return {name: getattr(self, name) for name in names}

    def given(self) -> Iterator[tuple[str, str, Any]]:
        """(slot, tensor, numbers) for each tensor whose numbers are written out."""
        for slot, numbers in self.slots().items():
            if isinstance(numbers, Mapping):
                yield from ((slot, tensor, own) for tensor, own in numbers.items())


@frozen
class InitialVelocity(InitialState):
    """The velocity before the first step."""

    velocity: Annotated[Finite | dict[str, Numbers], f"v: {HOW}"] = 0.0


@frozen
class InitialSquares(InitialState):
    """The sum or mean of squared gradients before the first step."""

    squares: Annotated[NonNegative | dict[str, Squares], f"s: {HOW}"] = 0.0


@frozen
class InitialMoments(InitialState):
    """The running means of g and g^2 before the first step here, and how many steps made them."""

    m: Annotated[Finite | dict[str, Numbers], f"mean of g: {HOW}"] = 0.0
    s: Annotated[NonNegative | dict[str, Squares], f"mean of g^2: {HOW}"] = 0.0
    step: Annotated[Count, "steps made before, which the corrections count"] = 0
