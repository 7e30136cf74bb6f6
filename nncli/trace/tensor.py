"""Tensor: one array of a step, with the formula it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from nncli.engine.notation import written
from nncli.parts.arrays import Array
from nncli.trace.arithmetic import MOST_TERMS, Index, Written, arithmetic

Phase = Literal["forward", "backward", "update"]


@dataclass(frozen=True)
class Operand:
    """What stands behind a {name} of a formula."""

    symbol: str
    values: Array


Operands = Mapping[str, Operand]


@dataclass(frozen=True)
class Tensor:
    """One array of a step.

    name: `hidden_1/dW`.  symbol: `dW1`.  formula: `dW1 = x^T dz1`; empty where it is given.
    template, operands: the right-hand side, of {names}; empty if it can't be put in numbers.
    """

    name: str
    phase: Phase
    symbol: str
    values: Array
    formula: str = ""
    template: str = ""
    operands: Operands = field(default_factory=dict)

    def arithmetic(self, index: Index, write: Written = written, most: int = MOST_TERMS) -> str:
        """The formula with the numbers of one element: `1*1 + 2*1 + (-1)*1 + 0`."""
        values = {name: operand.values for name, operand in self.operands.items()}
        return arithmetic(self.template, values, index, write, most)


def computed(
    name: str, phase: Phase, own: str, values: Array, template: str, operands: Operands
) -> Tensor:
    """A tensor with its formula; an arrow says that what it was before is in it."""
    if not template:
        return Tensor(name, phase, own, values)
    used = {key: it.symbol for key, it in operands.items() if f"{{{key}}}" in template}
    sign = "<-" if own in used.values() else "="
    formula = f"{own} {sign} {template.format(**used)}"
    return Tensor(name, phase, own, values, formula, template if used else "", operands)
