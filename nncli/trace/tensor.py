"""Tensor: one array of a step, its formula, and the cells in which it is shown."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Literal

import numpy as np

from nncli.engine.notation import written
from nncli.frozen import frozen
from nncli.parts.arrays import Array
from nncli.trace.arithmetic import MAX_TERMS, Index, Written, arithmetic, linked, unflattened

MAX_SHOWN = 12  # rows or columns, up to which all are shown
ENDS = 3  # of more, so many from either end
GAP = "..."
Phase = Literal["forward", "backward", "update"]


@frozen
class Operand:
    """The symbol and the values of a {name} in a formula."""

    symbol: str
    values: Array


Operands = Mapping[str, Operand]


@frozen
class TracedTensor:
    """One array of a step.

    name: `hidden_1/dW`.  symbol: `dW1`.  formula: `dW1 = x^T dz1`; empty if it has none.
    template, operands: the right-hand side with {names}; empty if numbers can't be filled in.
    meaning: what it is and, for a gradient, how the chain rule leads to it, a line each.
    noise: where `values` is only rounding error; None if nowhere.
    """

    name: str
    phase: Phase
    symbol: str
    values: Array
    formula: str = ""
    template: str = ""
    operands: Operands = field(default_factory=dict)
    meaning: Sequence[str] = ()
    noise: Array | None = None

    @property
    def shown(self) -> Array:
        """The values, with 0 in place of rounding noise."""
        return self.values if self.noise is None else np.where(self.noise, 0, self.values)

    @property
    def arrays(self) -> dict[str, Array]:
        """The operands' values by {name}."""
        return {name: operand.values for name, operand in self.operands.items()}

    def arithmetic(self, index: Index, write: Written = written, most: int = MAX_TERMS) -> str:
        """The formula with the numbers of one element: `1*1 + 2*1 + (-1)*1 + 0`."""
        return arithmetic(self.template, self.arrays, index, write, most)

    def linked(self, index: Index) -> str:
        """The same, with the operand and index of each number."""
        return linked(self.template, self.arrays, index, written)


def computed(
    name: str, phase: Phase, own: str, values: Array, template: str, operands: Operands
) -> TracedTensor:
    """A tensor with its formula; an arrow instead of = if its old value is an operand."""
    if not template:
        return TracedTensor(name, phase, own, values)
    used = {key: it.symbol for key, it in operands.items() if f"{{{key}}}" in template}
    sign = "<-" if own in used.values() else "="
    formula = f"{own} {sign} {template.format(**used)}"
    return TracedTensor(name, phase, own, values, formula, template if used else "", operands)


Cell = Callable[[TracedTensor, Index], str]


def number(tensor: TracedTensor, index: Index) -> str:
    """The value at an index, as text."""
    return written(float(tensor.shown[index]))


def cells(tensor: TracedTensor, cell: Cell = number) -> list[list[str]]:
    """The cells that are shown, row by row; a vector is one row, a scalar one cell.

    cell: returns the text at an index.
    """
    return [
        [gap if index is None else cell(tensor, index) for index in row]
        for row in _shown_indices(tensor)
        for gap in [GAP if any(row) or tensor.values.ndim != 4 else ""]  # between two images
    ]


def shown_indices(tensor: TracedTensor) -> list[Index]:
    """The indices of the cells that are shown."""
    return [index for row in _shown_indices(tensor) for index in row if index is not None]


def _shown_indices(tensor: TracedTensor) -> list[list[Index | None]]:
    """The indices row by row; None where the middle of a long axis is left out.

    Images are shown line by line, for each row and channel; kernels for each channel and filter.
    Each row of other arrays with several axes is flattened.
    """
    shape = tensor.values.shape
    if len(shape) == 4:
        return [*_shown_images(tensor)]
    flat = shape if len(shape) <= 2 else (shape[0], math.prod(shape[1:]))
    rows, columns = (1, 1, *flat)[-2:]
    left_out = 2 - len(flat)  # axes that the grid has and the array hasn't
    return [
        [
            None if row is None or column is None else unflattened((row, column)[left_out:], shape)
            for column in across
        ]
        for across in [_shown(columns)]
        for row in _shown(rows)
    ]


def is_kernel(tensor: TracedTensor) -> bool:
    """Whether the axes are (line, place, channel, filter), not (row, line, place, channel)."""
    own = [part for part in tensor.name.split("/") if part in ("W", "dW")]
    return bool(own) and tensor.values.ndim == 4


def _shown_images(tensor: TracedTensor) -> Iterator[list[Index | None]]:
    """The lines of each image that is shown, with an empty line between images."""
    one, two, three, four = tensor.values.shape
    if is_kernel(tensor):
        images = [(c, f) for f in _few(four) for c in _few(three)]
        high, wide = one, two
    else:
        images = [(r, c) for r in _few(one) for c in _few(four)]
        high, wide = two, three
    for number, (first, last) in enumerate(images):
        if number:
            yield [None] * len(_shown(wide))
        for line in _shown(high):
            yield [
                None
                if line is None or place is None
                else (line, place, first, last)
                if is_kernel(tensor)
                else (first, line, place, last)
                for place in _shown(wide)
            ]


def _few(count: int) -> range:
    """The first indices of an axis."""
    return range(min(count, ENDS))


def _shown(count: int) -> list[int | None]:
    """The indices of an axis that are shown: 0, 1, 2, None, 97, 98, 99 of 100."""
    if count <= MAX_SHOWN:
        return list(range(count))
    return [*range(ENDS), None, *range(count - ENDS, count)]
