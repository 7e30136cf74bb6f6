"""Worked: the arithmetic behind numbers of a trace, a line each."""

from nncli.trace.arithmetic import Index
from nncli.trace.tensor import TracedTensor, number, shown_indices
from nncli.trace.traced_steps import TracedStep
from nncli.trace.worksheet import Worksheet


def first(tensor: TracedTensor) -> list[str]:
    """The arithmetic of a tensor's first number; in an update, only of new parameters."""
    is_shown = tensor.phase != "update" or tensor.name.endswith("/after")
    return _worked(tensor, (0,) * tensor.values.ndim) if is_shown and tensor.values.size else []


def each_blank(worksheet: Worksheet, step: TracedStep, tensor: TracedTensor) -> list[str]:
    """The arithmetic of every blank of a tensor, with the number of the blank in front."""
    return [
        f"#{asked} {line}"
        for index in shown_indices(tensor)
        if (asked := worksheet.number_at(step, tensor, index))
        for line in _worked(tensor, index) or [f"{tensor.symbol} = {number(tensor, index)}"]
    ]


def _worked(tensor: TracedTensor, index: Index) -> list[str]:
    """`z1[0,0] = 1*1 + 2*1 + 0 = 3`; empty if nothing is computed."""
    if not tensor.template:
        return []
    sums, value = tensor.arithmetic(index), number(tensor, index)
    if sums == value:
        return []
    place = f"[{','.join(map(str, index))}]" if index else ""
    return [f"{tensor.symbol}{place} = {sums} = {value}"]
